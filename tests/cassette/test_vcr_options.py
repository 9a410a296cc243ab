"""Options of a `vcr_config` are translated, or refused with what to use instead."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.cassette.vcr_options import REFUSED, translated
from unspool.errors import CassetteError


def given(options: dict[str, Any], path: str | None = "a.yaml", record_mode: str | None = None) -> Any:
    return translated(options, path=path, record_mode=record_mode, match_on=("method",), hooks=(None, None))


@pytest.mark.parametrize("name", REFUSED)
def test_what_means_nothing_here_is_refused_with_what_to_use(name: str) -> None:
    with pytest.raises(CassetteError) as raised:
        given({name: "x"})
    assert str(raised.value) == f"the option {name} of vcrpy isn't supported: {REFUSED[name]}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("filter_header", "filter_headers"), ("record_mod", "record_mode"), ("persistr", "persister")],
)
def test_a_misspelt_name_is_refused_with_the_likeliest(name: str, hint: str) -> None:
    with pytest.raises(TypeError, match=f"{name!r}; did you mean {hint!r}"):
        given({name: "x"})


def test_record_is_short_for_record_mode_and_only_one_is_given() -> None:
    assert given({"record": "once"})[0] == "once"
    assert given({}, record_mode="all")[0] == "all"
    with pytest.raises(CassetteError, match="got both"):
        given({"record": "once"}, record_mode="all")


def test_additional_matchers_are_added() -> None:
    assert given({"additional_matchers": ["uri"]})[1] == ("method", "uri")
    assert given({})[1] == ("method",)


@pytest.mark.parametrize(("serializer", "path"), [("yaml", "a.yaml"), ("json", "a.JSON"), ("json", None)])
def test_a_serializer_that_the_name_agrees_with_is_accepted(serializer: str, path: str | None) -> None:
    given({"serializer": serializer}, path)


@pytest.mark.parametrize(("serializer", "path"), [("json", "a.yaml"), ("yaml", "a.json")])
def test_any_other_is_refused(serializer: str, path: str) -> None:
    with pytest.raises(CassetteError, match="the file's name says how it's written"):
        given({"serializer": serializer}, path)


def test_responses_are_decoded_where_that_is_asked_for() -> None:
    assert [given(one)[2].decodes for one in ({}, {"decode_compressed_response": True})] == [False, True]
