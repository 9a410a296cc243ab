"""The precedence of settings: command line, marker, project, ini file, default."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_unspool.settings import (
    BLOCKED,
    CI,
    COMMAND_LINE,
    DEFAULT,
    FAULT,
    INI,
    MARKER,
    PROJECT,
    Run,
    resolve,
)

PLACES = (COMMAND_LINE, MARKER, PROJECT, INI)


def resolved(name: str, values: dict[str, Any], **run: Any) -> tuple[Any, str]:
    """Return a setting and its source, given its values by place."""
    layers = {place: {name: values[place]} if place in values else {} for place in PLACES}
    settings = resolve(layers[MARKER], layers[PROJECT], Run(layers[COMMAND_LINE], layers[INI], **run))
    return getattr(settings, name), settings.sources[name]


@pytest.mark.parametrize(
    ("name", "values"),
    [("record_mode", ("all", "once", "rewrite", "new_episodes")), ("timing", (0.1, 0.2, 0.3, 0.4))],
)
@pytest.mark.parametrize("first", range(4))
def test_the_first_place_that_sets_it_takes_precedence(name: str, values: Any, first: int) -> None:
    later = dict(zip(PLACES[first:], values[first:], strict=True))

    assert resolved(name, later) == (values[first], PLACES[first])


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("record_mode", None),
        ("timing", "instant"),
        ("fail_on_unplayed", False),
        ("real_time", False),
        ("ignore_localhost", False),
    ],
)
def test_what_nothing_sets_is_the_default(name: str, default: Any) -> None:
    assert resolved(name, {}) == (default, DEFAULT)


@pytest.mark.parametrize("place", [MARKER, PROJECT])
def test_a_mode_of_none_beside_the_test_cant_be_overridden(place: str) -> None:
    assert resolved("record_mode", {COMMAND_LINE: "all", place: "none"}) == ("none", place)


def test_a_mode_of_none_in_the_ini_file_can_be_overridden() -> None:
    assert resolved("record_mode", {COMMAND_LINE: "all", INI: "none"}) == ("all", COMMAND_LINE)


@pytest.mark.parametrize("reason", [CI, BLOCKED])
def test_nothing_is_recorded_where_that_is_forbidden(reason: str) -> None:
    assert resolved("record_mode", {MARKER: "all"}, forbids_recording=reason) == ("none", reason)


def test_none_on_a_marker_hides_the_project() -> None:
    assert resolved("timing", {MARKER: None, PROJECT: 2.0, INI: 3.0}) == (3.0, INI)
    assert resolved("timing", {MARKER: None, PROJECT: 2.0}) == ("instant", DEFAULT)


def test_a_marker_that_allows_unplayed_interactions_overrides_the_ini_file() -> None:
    assert resolved("fail_on_unplayed", {MARKER: False, INI: True}) == (False, MARKER)
    assert resolved("fail_on_unplayed", {COMMAND_LINE: True, MARKER: False}) == (True, COMMAND_LINE)


def test_under_a_cassettes_own_fault_time_passes_and_nothing_is_recorded() -> None:
    settings = resolve({"fault": object(), "record_mode": "all"}, {}, Run())

    assert (settings.record_mode, settings.timing) == ("none", "recorded")
    assert settings.sources["record_mode"] == FAULT


def test_under_the_tests_fault_time_passes_unless_the_test_or_the_command_line_says_otherwise() -> None:
    assert resolve({}, {}, Run(ini={"timing": 2.0})).at_recorded_times().timing == "recorded"
    assert resolve({"timing": "instant"}, {}, Run()).at_recorded_times().timing == "instant"
    assert resolve({}, {"timing": 0.5}, Run()).at_recorded_times().timing == 0.5
    assert resolve({}, {}, Run({"timing": "instant"})).at_recorded_times().timing == "instant"


def test_a_broken_test_records_nothing() -> None:
    settings = resolve({"record_mode": "all"}, {}, Run()).without_recording()

    assert (settings.record_mode, settings.sources["record_mode"]) == ("none", FAULT)


def test_hosts_add_up() -> None:
    run = Run({"allowed_hosts": ["a"]}, {"ignore_hosts": ["c"]})
    settings = resolve({"allowed_hosts": ["b"], "ignore_hosts": ["d"]}, {}, run)

    assert (settings.allowed_hosts, settings.more_hosts) == ({"b"}, {"a"})
    assert settings.ignore_hosts == {"c", "d"}
    assert resolve({}, {}, run).allowed_hosts is None


def test_other_options_are_the_nearest_ones() -> None:
    settings = resolve(
        {"ignore": ["a"], "name": ("x",), "max_chunks": None}, {"ignore": ["b"], "freeze_time": True}, Run()
    )

    assert settings.options == {"ignore": ["a"], "name": ("x",), "freeze_time": True}
    assert settings.sources["freeze_time"] == PROJECT
    assert "max_chunks" in settings.sources


def test_it_describes_what_isnt_a_default() -> None:
    settings = resolve({"timing": 0.5}, {"ignore": ["a"]}, Run({"record_mode": "all"}))

    assert str(settings) == (
        "record_mode='all' (the command line), timing=0.5 (the marker), ignore=['a'] (unspool_config)"
    )
    assert str(resolve({}, {}, Run())) == ""
