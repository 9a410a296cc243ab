"""A value inside a JSON text is changed, and nothing else in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.faults.json_text import rewritten

TEXT = '{ "a" : 1.50,  "b": [1e3 , "\\u00e9"], "c":{"d" :null} }'


@pytest.mark.parametrize(
    ("text", "new", "expected"),
    [
        (TEXT, {"a": 1.5, "b": [1e3, "é"], "c": {"d": None}}, TEXT),
        (TEXT, {"a": 1.5, "b": [1e3, "é"]}, '{ "a" : 1.50,  "b": [1e3 , "\\u00e9"] }'),
        (TEXT, {"b": [1e3, "é"], "c": {"d": None}}, '{ "b": [1e3 , "\\u00e9"],  "c":{"d" :null} }'),
        (TEXT, {"a": 1.5, "b": [1e3], "c": {"d": 2}}, '{ "a" : 1.50,  "b": [1e3],  "c":{"d" :2} }'),
        ('{"a":1}', {"a": 1, "b": "é"}, '{"a":1,"b":"\\u00e9"}'),
        ('{"a":"ü"}', {"a": "é"}, '{"a":"é"}'),
        ('{"a": 1}', {}, "{}"),
        ("[1, 2]", [1, 2, 3], "[1, 2, 3]"),
        ("[1]", [1, 2], "[1,2]"),
        ("[1, 2]", [], "[]"),
        (" [ ] ", [1], " [1] "),
        ("1", True, "true"),
        ("1.0", 1, "1"),
        ("NaN", float("nan"), "NaN"),
        ('{"a":1,"a":2}', {"a": 2}, '{"a":1,"a":2}'),
    ],
)
def test_what_stays_equal_stays_as_it_was_written(text: str, new: Any, expected: str) -> None:
    assert rewritten(text, new) == expected


@pytest.mark.parametrize(
    "text", ["", "{", "[1", '{"a"}', '{"a":}', '{"a":1 "b":2}', "{a:1}", "1 2", "nope", "[,]"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are the parser's
        rewritten(text, {})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, VALUES, st.sampled_from([None, 1]), st.booleans())
def test_the_text_says_the_new_value_whatever_it_said(
    old: Any, new: Any, indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps(old, indent=indent, ensure_ascii=is_ascii)
    assert json.loads(rewritten(text, new)) == new
    assert rewritten(text, old) == text
