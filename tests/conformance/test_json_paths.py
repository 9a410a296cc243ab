"""The checks of paths can fail: what their tables say, and what they look for."""

from __future__ import annotations

import pytest
from tests.conformance.json_paths import Entry, Table, leaves, values_at
from tests.conformance.runs import Run
from tests.conformance.test_paths import Landed

from unspool.models import ModelResponseStream


def test_scalars_and_what_is_empty_are_leaves() -> None:
    said = {"a": [{"b": 1}, {"b": None}], "c": {}, "d": []}
    assert list(leaves(said)) == [("a[].b", 1), ("a[].b", None), ("c", {}), ("d", [])]


@pytest.mark.parametrize(
    ("key", "path", "below"),
    [
        ("end:usage.tokens", "end:usage.tokens", ""),
        ("end:usage.tokens", "end:usage.tokens.input", None),
        ("end:usage.tokens", "start:usage.tokens", None),
        ("*:type", "start:type", ""),
        ("*:type", "start:delta.type", None),
        ("done *:item.**", "done call:item.id", ".id"),
        ("done *:item.**", "start call:item.id", None),
        (":a[].b", ":a[].b", ""),
        (":a[].b", ":a.b", None),
        (":arguments.{}", ":arguments.city", ""),
        (":arguments.{}", ":arguments.city.name", None),
        (":usage.**", ":usage", ""),
        (":usage.**", ":usage.a[].b", ".a[].b"),
        (":usage.**", ":usages", None),
    ],
)
def test_a_key_is_that_of_some_paths(key: str, path: str, below: str | None) -> None:
    assert Entry(key, "=").below(path) == below


@pytest.mark.parametrize(
    ("event", "key"),
    [("", ":id"), ("type", "done:id"), ("type item.type", "done call:id"), ("type other.type", "done:id")],
)
def test_an_event_is_named_by_what_stands_at_some_paths(event: str, key: str) -> None:
    assert Table(event, []).key({"type": "done", "item": {"type": "call"}}, "id") == key


@pytest.mark.parametrize(
    ("landing", "landings"),
    [
        ("=", ["usage.a[].b"]),
        ("usage", ["usage"]),
        ("kept.usage.**", ["kept.usage.a[].b"]),
        (".**", ["a[].b"]),
        ("here | there.**", ["here", "there.a[].b"]),
    ],
)
def test_a_landing_goes_on_as_the_path_does(landing: str, landings: list[str]) -> None:
    assert Entry(":usage.**", landing).landings("usage.a[].b", ".a[].b") == landings


def test_values_are_found_in_all_holders() -> None:
    assert values_at([{"a": [{"b": 1}, {"b": 2}]}, {"a": []}, {"a": [{"b": 3}]}], "a[].b") == [1, 2, 3]


CHUNKS = [
    ModelResponseStream(id="c-1", choices=[{"delta": {"content": text}, "finish_reason": None}])
    for text in ("Low ", "tide.")
] + [ModelResponseStream(id="c-1", choices=[{"delta": {}, "finish_reason": "end_turn"}], usage={"tokens": 3})]
TEXT = "choices[].delta.content"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "c-1"),
        (TEXT, "tide."),
        (TEXT, "w tid"),
        ("choices[].finish_reason", "end_turn"),
        ("usage.tokens", 3),
        ("usage.other", 0),
        (TEXT, None),
    ],
)
def test_a_value_is_found_as_it_is_or_as_a_part_or_in_openais_words(path: str, value: object) -> None:
    assert Landed(Run(CHUNKS)).has(path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [("id", "c-2"), (TEXT, "High"), ("usage.tokens", 4), ("citations[]", "a"), (TEXT, False)],
)
def test_a_value_that_is_not_there_is_missed(path: str, value: object) -> None:
    assert not Landed(Run(CHUNKS)).has(path, value)
