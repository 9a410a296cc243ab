"""Whether a value fits a JSON schema."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.script.schema import misfit

TREE = {
    "$defs": {
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["id"]}
    },
    "$ref": "#/$defs/Node",
}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1, {"type": "integer"}),
        (1.0, {"type": "integer"}),
        (None, {"type": ["string", "null"]}),
        (None, {"type": "STRING", "nullable": True}),
        ("a", {"enum": ["a", "b"]}),
        ("a", {"anyOf": [{"type": "integer"}, {"const": "a"}]}),
        ([1, "x"], {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
        ({"id": 1, "next": {"id": 2}}, TREE),
        ({"more": 1}, {"type": "object", "properties": {}}),
        ("x", {"pattern": "(?<bad"}),
        ("x", {"some-keyword": True}),
        (5, True),
    ],
)
def test_a_value_fits(value: Any, schema: Any) -> None:
    assert misfit(value, schema) is None


@pytest.mark.parametrize(
    ("value", "schema", "what"),
    [
        (True, {"type": "integer"}, "$ should be integer"),
        (1.5, {"type": "integer"}, "$ should be integer"),
        ("c", {"enum": ["a", "b"]}, "one of"),
        (1, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "anyOf"),
        ({"id": 1, "next": {}}, TREE, "$.next.id is missing"),
        ({"more": 1}, {"properties": {}, "additionalProperties": False}, "$.more isn't in the schema"),
        ([1], {"items": {"type": "string"}}, "$[0] should be string"),
        ([], {"minItems": 1}, "too few"),
        (3, {"maximum": 2}, "maximum"),
        ("abc", {"maxLength": 2}, "too long"),
        ("abc", {"pattern": "^x"}, "match"),
    ],
)
def test_a_value_that_does_not_fit_says_where(value: Any, schema: Any, what: str) -> None:
    assert what in str(misfit(value, schema))
