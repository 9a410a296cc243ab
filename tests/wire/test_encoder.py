"""What encoders refuse, because their format couldn't give it back."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import WireError
from unspool.wire._encoder import refuse_characters, refuse_fields, to_utf8
from unspool.wire.event import WireEvent


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "ping"), ("id", "7"), ("retry", 0), ("headers", {"a": 1}), ("complete", False)],
)
def test_a_field_that_a_format_lacks_is_refused_unless_it_is_empty(name: str, value: Any) -> None:
    refuse_fields(WireEvent(data="x"), "NDJSON", name)
    with pytest.raises(WireError, match=f"NDJSON has no place for an event's {name}, here {value!r}"):
        refuse_fields(WireEvent(**{name: value}), "NDJSON", "data", name)


def test_only_the_named_fields_are_looked_at() -> None:
    refuse_fields(WireEvent(id="7"), "NDJSON", "name", "retry")


def test_each_forbidden_character_is_refused() -> None:
    refuse_characters("plain", "SSE", "id", "\r\n\0")
    for character in "\r\n\0":
        with pytest.raises(WireError, match=r"SSE can't carry .* in an event's id"):
            refuse_characters(f"a{character}b", "SSE", "id", "\r\n\0")


def test_half_a_surrogate_pair_is_no_text() -> None:
    assert to_utf8("é😀") == "é😀".encode()
    with pytest.raises(WireError, match="the character at 1"):
        to_utf8("a\ud83d")
