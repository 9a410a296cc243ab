"""Faults over real streams: each does exactly what it says, where the stream has a place for it."""

from __future__ import annotations

import pytest
from tests.conformance.corpus import RecordedStream
from tests.faults.checking import interaction, verdict
from tests.faults.raw import events_of
from tests.faults.test_exactness import CHECKS

_LARGE = 40_000
"""Bytes; a larger body shows nothing that a smaller one doesn't, and takes long."""


def test_faults_do_what_they_say(stream: RecordedStream) -> None:
    body = stream.body
    if len(body) > _LARGE:
        pytest.skip(f"more than {_LARGE} bytes")
    try:
        events = events_of(body)
    except (AssertionError, UnicodeDecodeError, ValueError, IndexError):
        pytest.skip("isn't well formed to begin with")
    if len(events) < 3:
        pytest.skip("too short")
    answer = interaction(stream.pieces_as_recorded() or stream.pieces_at_random())
    for fault, check in CHECKS:
        verdict(stream.wire_format, answer, fault, check)
