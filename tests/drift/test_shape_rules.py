from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unspool.drift.shape import Shape
from unspool.drift.shape_rules import compare

TEXT = frozenset({"text"})
OLD = Shape(
    200,
    "text/event-stream",
    end="complete",
    kinds=("start", "delta", "stop"),
    fields={("delta", "text"): frozenset({"string"}), ("start", "id"): frozenset({"string"})},
    output=TEXT,
    usage_place="stop",
    finish_place="stop",
    finish_reason="stop",
    has_end_mark=True,
    model="claude-haiku-4-5-20251001",
    chunk_bytes=100.0,
    first_at=0.5,
    ended_at=2.0,
)


def _rules(**changes: Any) -> list[str]:
    return [rule for rule, _, _ in compare(OLD, replace(OLD, **changes))]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"status": 503}, ["status"]),
        ({"media_type": "application/json"}, ["wire-format"]),
        ({"error": "overloaded"}, ["stream-error"]),
        ({"end": "reset"}, ["stream-broken"]),
        ({"has_end_mark": False}, ["end-mark"]),
        ({"usage_place": ""}, ["usage-gone"]),
        ({"usage_place": "start"}, ["usage-moved"]),
        ({"finish_place": ""}, ["finish-gone"]),
        ({"finish_place": "stop before more output"}, ["finish-moved"]),
        ({"finish_reason": "length"}, ["finish-reason"]),
        ({"model": "claude-haiku-4-5"}, ["model-date"]),
        ({"model": "claude-opus-9"}, ["model"]),
        ({"output": frozenset()}, ["content-gone"]),
        ({"output": frozenset({"text", "calls"})}, ["content-kind"]),
        ({"kinds": ("start", "delta")}, ["event-gone"]),
        ({"kinds": ("start", "news", "delta", "stop")}, ["event-new"]),
        ({"kinds": ("start", "stop", "delta")}, ["event-order"]),
        ({"chunk_bytes": 900.0}, ["chunk-sizes"]),
        ({"chunk_bytes": 130.0}, []),
        ({"ended_at": 20.0}, ["times"]),
        ({"first_at": 1.9}, []),
    ],
)
def test_each_change_has_its_rule(changes: dict[str, Any], rules: list[str]) -> None:
    assert _rules(**changes) == rules


def test_a_response_that_was_cut_has_no_end_to_compare() -> None:
    assert _rules(end="closed", usage_place="", finish_place="", has_end_mark=False) == ["stream-broken"]


def test_fields_are_compared_in_events_that_both_have() -> None:
    fields = {("delta", "text"): frozenset({"array"}), ("other", "new"): frozenset({"string"})}
    found = compare(OLD, replace(OLD, fields=fields))
    assert found == [("field-type", "text", "string, now array")]


def test_a_field_that_may_still_have_its_old_type_is_the_same() -> None:
    fields = {**OLD.fields, ("delta", "text"): frozenset({"string", "array"})}
    assert compare(OLD, replace(OLD, fields=fields)) == []


def test_what_is_inside_a_new_field_is_reported_with_it() -> None:
    fields = {
        **OLD.fields,
        ("start", "cost"): frozenset({"object"}),
        ("start", "cost.total"): frozenset({"number"}),
    }
    assert compare(OLD, replace(OLD, fields=fields)) == [("field-new", "start cost", "object")]
