from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.ignore_paths import Gone, Ignored, Wild, drop, format_step, parse_ignore, parse_path


def without(document: Any, path: str) -> Any:
    drop(document, parse_path(path))
    return document


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("user", ("user",)),
        ("$.user", ("user",)),
        ("metadata.trace_id", ("metadata", "trace_id")),
        ("messages[*].id", ("messages", Wild.EVERY, "id")),
        ("messages[0].content", ("messages", 0, "content")),
        ("messages[-1]", ("messages", -1)),
        ("tools[*].function.parameters", ("tools", Wild.EVERY, "function", "parameters")),
        ("metadata.*", ("metadata", Wild.EVERY)),
        ("**.cache_control", (Wild.ANY_DEPTH, "cache_control")),
        ("input.**.id", ("input", Wild.ANY_DEPTH, "id")),
        ("**[0]", (Wild.ANY_DEPTH, 0)),
        ('["a.b"].c', ("a.b", "c")),
        ('$["a.b"]', ("a.b",)),
        ("['a.b']", ("a.b",)),
        (r'["say \"hi\""]', ('say "hi"',)),
        ('["*"]', ("*",)),
        ("[0].x", (0, "x")),
        ("$ref", ("$ref",)),
        ("x-request-id", ("x-request-id",)),
        ("größe", ("größe",)),
    ],
)
def test_a_path_is_read(text: str, path: tuple[Any, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "$.",
        "a..b",
        "a.",
        "a[",
        "a[]",
        "a[b]",
        "a[0",
        "a b",
        "**",
        "a.**",
        "***.a",
        "a*",
        '["a',
        r'["\x"]',
        "a[1:2]",
        "a]",
        ".[0]",
    ],
)
def test_a_malformed_path_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as 'user', 'metadata\.trace_id'.*got "):
        parse_ignore([text])


def test_a_parameter_of_the_query_has_a_question_mark() -> None:
    assert parse_ignore(["?api-version", "user"]) == Ignored((("user",),), frozenset({"api-version"}))


def test_one_text_is_one_path() -> None:
    assert parse_ignore("user") == Ignored((("user",),))


@given(st.lists(st.text() | st.integers(-(10**9) + 1, 10**9 - 1), min_size=1))
def test_steps_survive_being_written_and_read(steps: list[str | int]) -> None:
    text = "".join(format_step(step) for step in steps).removeprefix(".")
    assert parse_path(text) == tuple(steps)


def test_a_key_is_dropped() -> None:
    assert without({"user": "u", "model": "m"}, "user") == {"model": "m"}


def test_a_key_of_every_item_is_dropped() -> None:
    assert without({"messages": [{"id": 1, "a": 2}, {"a": 3}]}, "messages[*].id") == {
        "messages": [{"a": 2}, {"a": 3}]
    }


def test_every_key_of_an_object_is_dropped() -> None:
    assert without({"metadata": {"a": 1, "b": 2}}, "metadata.*") == {"metadata": {}}


def test_an_item_leaves_a_gap() -> None:
    assert without([1, 2, 3], "[1]") == [1, Gone.GONE, 3]


def test_the_last_item_counts_from_the_back() -> None:
    assert without({"messages": ["a", "b"]}, "messages[-1]") == {"messages": ["a", Gone.GONE]}


def test_a_key_is_dropped_at_any_depth() -> None:
    document = {"id": 1, "a": [{"id": 2, "b": {"id": 3, "c": 4}}, "id", 5]}
    assert without(document, "**.id") == {"a": [{"b": {"c": 4}}, "id", 5]}


def test_any_depth_starts_where_it_stands() -> None:
    assert without({"id": 1, "a": {"id": 2, "b": [{"id": 3}]}}, "a.**.id") == {"id": 1, "a": {"b": [{}]}}


@pytest.mark.parametrize(
    "path", ["x", "a.x", "a[0]", "list[7]", "list[-4]", "list.a", "text.a", "number.**.a", "null[*].a"]
)
def test_where_a_path_leads_nowhere_nothing_is_dropped(path: str) -> None:
    document = {"a": {"b": 1}, "list": [1, 2, 3], "text": "t", "number": 4, "null": None}
    assert without(document, path) == {
        "a": {"b": 1},
        "list": [1, 2, 3],
        "text": "t",
        "number": 4,
        "null": None,
    }


def test_a_gap_is_passed_by() -> None:
    assert without(without([{"a": 1}, {"a": 2}], "[0]"), "[*].a") == [Gone.GONE, {}]
