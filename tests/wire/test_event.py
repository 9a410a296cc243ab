"""The value that decoders emit."""

from __future__ import annotations

from unspool.wire.event import WireEvent, message


def test_the_quick_way_makes_the_same_event() -> None:
    assert message("text", "7") == WireEvent(data="text", id="7")


def test_events_share_no_headers() -> None:
    assert message("", "").headers is not message("", "").headers
