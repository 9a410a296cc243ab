from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unspool.cassette import yaml_text
from unspool.cassette.yaml_text import format_yaml, parse_yaml
from unspool.errors import CassetteFormatError

NASTY = [
    "\r",
    "\n",
    "\r\n",
    "\x85",
    "\u2028",
    "\ufeff",
    "\U0001f600",
    "\0",
    "\x7f",
    "\t",
    " ",
    "  ",
    "é",
    "- ",
    "? ",
    ": ",
    ":",
    "#",
    " #",
    "---",
    "...",
    "%",
    "&a",
    "*a",
    "!",
    "|",
    ">",
    "'",
    '"',
    "\\",
    "{",
    "[",
    ",",
    "`",
    "@",
    "=",
    "<<",
    "0x1",
    "0o7",
    "017",
    "1_000",
    "1e3",
    "1.5",
    ".5",
    "-.inf",
    ".nan",
    "yes",
    "Off",
    "y",
    "null",
    "~",
    "12:30:45",
    "2026-01-01",
    "2026-01-01 00:00:00",
    "212@128.9 3*70@400",
    "data: {}",
    "text",
]
TEXTS = st.text() | st.sampled_from(NASTY) | st.lists(st.sampled_from(NASTY), max_size=8).map("".join)
SCALARS = (
    TEXTS
    | st.binary()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.none()
)
DATA = st.dictionaries(
    TEXTS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
    ),
    max_size=4,
)


def safely_loaded(text: str) -> Any:
    return yaml.load(text, yaml.CSafeLoader)


@given(DATA)
def test_what_is_formatted_is_parsed_as_it_was(data: dict[str, Any]) -> None:
    assert parse_yaml(format_yaml(data)) == data


@given(DATA)
def test_pyyaml_reads_what_is_formatted(data: dict[str, Any]) -> None:
    assert safely_loaded(format_yaml(data)) == data


@given(DATA)
def test_what_pyyaml_writes_is_parsed(data: dict[str, Any]) -> None:
    assert parse_yaml(yaml.dump(data, Dumper=yaml.CSafeDumper)) == data
