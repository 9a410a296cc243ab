from __future__ import annotations

import pytest

from unspool.wire.framing import FRAMINGS, framing_of, framing_of_type


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"data: 1", "sse"),
        (b"", "sse"),
        (b"  \n", "sse"),
        (b'\n{"a":1}', "ndjson"),
        (b" [1]", "jsonarray"),
        (b"\0\0\0\x10", "aws"),
    ],
)
def test_a_body_tells_its_framing(body: bytes, name: str) -> None:
    assert framing_of(body) == name


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/event-stream; charset=utf-8", "sse"),
        ("Application/X-NDJSON", "ndjson"),
        ("application/jsonl", "ndjson"),
        ("application/vnd.amazon.eventstream", "aws"),
        ("application/json", None),
        ("", None),
    ],
)
def test_a_content_type_tells_its_framing(content_type: str, name: str | None) -> None:
    assert framing_of_type(content_type) == name


@pytest.mark.parametrize("name", FRAMINGS)
def test_a_framing_makes_its_parts_anew(name: str) -> None:
    known = FRAMINGS[name]

    assert known.decoder() is not known.decoder()
    assert known.splitter() is not known.splitter()
