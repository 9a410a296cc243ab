from __future__ import annotations

import pytest

from unspool.cassette.changed_body import explain_change
from unspool.cassette.model import NetworkChunk, Response, Timeline

STREAM = (("Content-Type", "text/event-stream; charset=utf-8"),)
BODY = b"data: {}\n\n\ndata: [DONE]\n\n"


def change(recorded: bytes, found: bytes) -> str:
    """What is said of a body that was recorded as one thing and stands there as another."""
    timeline = Timeline(chunks=(NetworkChunk(len(recorded), 0.0),))
    return explain_change(Response(200, "", STREAM, found, timeline)) or ""


@pytest.mark.parametrize(
    ("recorded", "found", "cause"),
    [
        (BODY, BODY.replace(b"\n\n\n", b"\n").rstrip() + b"\n", "removed its blank lines"),
        (BODY, BODY.replace(b"\n\n\n", b"\n\n"), "collapsed its blank lines"),
        (BODY, BODY[:-1], "trimmed its end"),
        (BODY.replace(b"\n", b"\r\n"), BODY, "from CRLF to LF"),
        (BODY, BODY.replace(b"\n", b"\r\n"), "from LF to CRLF"),
        (BODY, BODY.replace(b"{}", b'{"a": 1}'), "someone has edited it"),
    ],
)
def test_the_likeliest_cause_is_named(recorded: bytes, found: bytes, cause: str) -> None:
    assert cause in change(recorded, found)
    assert f"{len(found):,} bytes, {len(recorded):,} were recorded" in change(recorded, found)


def test_a_body_of_its_recorded_size_is_fine() -> None:
    assert change(BODY, BODY) == ""


@pytest.mark.parametrize("timeline", [None, Timeline()])
def test_a_body_without_recorded_sizes_is_fine(timeline: Timeline | None) -> None:
    assert explain_change(Response(200, "", STREAM, BODY, timeline)) is None
