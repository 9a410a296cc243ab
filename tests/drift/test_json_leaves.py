from __future__ import annotations

from collections import Counter

import pytest

from unspool.drift.json_leaves import counted_leaves, json_type, leaves, nodes, shown


def test_leaves_have_one_path_for_all_places_of_a_list() -> None:
    assert list(leaves({"a": [{"b": 1}, {"b": 2}], "c": []})) == [("a[*].b", 1), ("a[*].b", 2), ("c", [])]


def test_values_that_say_nothing_are_not_counted() -> None:
    assert counted_leaves([{"a": None, "b": "", "c": [], "d": 0}]) == {"d": Counter({"0": 1})}


def test_nodes_are_objects_and_lists_too() -> None:
    assert [path for path, _ in nodes({"a": [{"b": 1}]})] == ["a", "a[*]", "a[*].b"]


def test_what_a_model_writes_into_arguments_is_no_field() -> None:
    assert [path for path, _ in nodes({"input": {"city": "Oslo"}})] == ["input"]


def test_equal_numbers_are_shown_alike() -> None:
    assert shown(1.0) == shown(1) == "1"
    assert shown(True) == "true"


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (True, "boolean"), (1.5, "number"), ("", "string"), ([], "array"), ({}, "object")],
)
def test_types_are_those_of_json(value: object, name: str) -> None:
    assert json_type(value) == name
