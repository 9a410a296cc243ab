from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.excerpts import Absent
from unspool.cassette.ignore_paths import parse_ignore
from unspool.cassette.match import PARTS
from unspool.cassette.model import Request
from unspool.cassette.unequal import unequal

ABSENT = Absent.ABSENT


def request(document: Any) -> Request:
    return Request(
        "POST", "https://h/", (("content-type", "application/json"),), json.dumps(document).encode()
    )


def places(recorded: Any, came: Any, *ignore: str) -> list[tuple[str, Any, Any]]:
    return list(unequal("body", request(recorded), request(came), parse_ignore(ignore)))


@pytest.mark.parametrize(
    ("recorded", "came", "place"),
    [
        ({"a": 1}, {"a": 2}, ("body.a", 1, 2)),
        ({"a": 1}, {"a": "1"}, ("body.a", 1, "1")),
        ({"a": 1}, {"a": True}, ("body.a", 1, True)),
        ({"a": 0}, {"a": False}, ("body.a", 0, False)),
        ({"a": None}, {}, ("body.a", None, ABSENT)),
        ({}, {"a": None}, ("body.a", ABSENT, None)),
        ({"a": {}}, {"a": []}, ("body.a", {}, [])),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ("body.a[0].b", 1, 2)),
        ({"a": [1]}, {"a": [1, 2]}, ("body.a[1]", ABSENT, 2)),
        ({"a": [1, 2]}, {"a": [1]}, ("body.a[1]", 2, ABSENT)),
        ({"a.b": {"c d": 1}}, {"a.b": {"c d": 2}}, ('body["a.b"]["c d"]', 1, 2)),
        ([1], [2], ("body[0]", 1, 2)),
        (1, 2, ("body", 1, 2)),
    ],
)
def test_the_place_is_a_path(recorded: Any, came: Any, place: tuple[str, Any, Any]) -> None:
    assert places(recorded, came) == [place]


def test_places_come_in_the_order_of_the_recording() -> None:
    found = places({"b": 1, "a": 1, "c": 1}, {"a": 2, "d": 2, "b": 2})
    assert [where for where, _, _ in found] == ["body.b", "body.a", "body.c", "body.d"]


def test_equal_bodies_differ_nowhere() -> None:
    assert places({"a": [1, {"b": float("nan")}]}, {"a": [1.0, {"b": float("nan")}]}) == []


def test_ignored_fields_are_passed_over() -> None:
    assert places({"id": 1, "a": 1}, {"a": 2}, "id") == [("body.a", 1, 2)]


def test_items_beside_an_ignored_one_keep_their_indexes() -> None:
    assert places(["now", "a", "b"], ["then", "a", "c"], "[0]") == [("body[2]", "b", "c")]


def test_an_index_is_that_of_the_request_that_came() -> None:
    assert places(["old", "x", "a"], ["b", "y"], "[-1]") == [
        ("body[0]", "old", "b"),
        ("body[1]", "x", ABSENT),
    ]


def test_bodies_of_two_kinds_differ_as_a_whole() -> None:
    recorded = Request("POST", "https://h/", (), b"some text")
    ((where, old, new),) = unequal("body", recorded, request({"a": 1}), parse_ignore([]))
    assert (where, old.kind, new.kind) == ("body", "text", "JSON")


@pytest.mark.parametrize(
    ("recorded", "came", "place"),
    [
        ("?alt=sse", "?alt=json", ("query.alt", "sse", "json")),
        ("?alt=sse", "", ("query.alt", "sse", ABSENT)),
        ("", "?alt=", ("query.alt", ABSENT, "")),
        ("?a=1", "?a=1&a=2", ("query.a", "1", ["1", "2"])),
    ],
)
def test_the_place_in_a_query_is_a_parameter(recorded: str, came: str, place: tuple[str, Any, Any]) -> None:
    one, other = (Request("GET", f"https://h/{query}") for query in (recorded, came))
    assert list(unequal("query", one, other, parse_ignore(["?x"]))) == [place]


def test_the_place_among_headers_is_a_name() -> None:
    one, other = (
        Request("GET", "https://h/", (("Accept", "a"),)),
        Request("GET", "https://h/", (("accept", "b"),)),
    )
    assert list(unequal("headers", one, other, parse_ignore([]))) == [("headers.accept", "a", "b")]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("method", ("method", "GET", "PUT")),
        ("scheme", ("scheme", "https", "http")),
        ("host", ("host", "a", "b")),
        ("port", ("port", 443, 80)),
        ("path", ("path", "/x", "/y")),
        ("raw_body", ("raw_body", b"1", b"2")),
    ],
)
def test_any_other_part_differs_as_a_whole(part: str, place: tuple[str, Any, Any]) -> None:
    one, other = Request("GET", "https://a/x", (), b"1"), Request("PUT", "http://b/y", (), b"2")
    assert list(unequal(part, one, other, parse_ignore([]))) == [place]


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, 1.5, float("nan"), "", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab*."), inner, max_size=3),
    max_leaves=8,
)
IGNORED = st.lists(
    st.sampled_from(["a", "**.b", "a[*]", "[0]", "[-1]", "a[-1].b", "**[1]", '["*"]', "a.*"]), max_size=2
)


@given(VALUES, VALUES, IGNORED)
def test_requests_differ_somewhere_if_and_only_if_their_keys_do(
    one: Any, other: Any, ignore: list[str]
) -> None:
    ignored = parse_ignore(ignore)
    keys = [PARTS["body"](request(value), ignored) for value in (one, other)]
    assert (places(one, other, *ignore) == []) == (keys[0] == keys[1])


@given(VALUES, VALUES)
def test_a_place_can_be_ignored_by_its_own_path(one: Any, other: Any) -> None:
    found = [where.removeprefix("body").removeprefix(".") for where, _, _ in places(one, other)]
    if "" not in found:
        assert places(one, other, *found) == []
