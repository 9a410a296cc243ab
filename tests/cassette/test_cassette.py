from __future__ import annotations

import pytest

from unspool.cassette.cassette import RecordMode, parse_record_mode


def test_by_default_a_cassette_is_recorded_once() -> None:
    assert parse_record_mode(None, {}) is RecordMode.ONCE


def test_under_ci_nothing_is_recorded_by_default() -> None:
    assert parse_record_mode(None, {"CI": "true"}) is RecordMode.NONE


def test_an_empty_ci_variable_is_none() -> None:
    assert parse_record_mode(None, {"CI": ""}) is RecordMode.ONCE


@pytest.mark.parametrize("mode", list(RecordMode))
def test_a_mode_goes_by_its_name_under_ci_too(mode: RecordMode) -> None:
    assert parse_record_mode(mode.value, {"CI": "true"}) is mode


def test_an_unknown_mode_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="'none', 'once', 'new_episodes', 'all', 'rewrite'; got 'sometimes'"):
        parse_record_mode("sometimes", {})
