from __future__ import annotations

import pytest
from tests.drift.sdks.streams import events

from unspool.drift.sdks.sdk_genai import as_events, readers


def test_an_arrays_elements_become_events() -> None:
    assert as_events(b'[{"a": 1}, {"b": 2}]') == events(b'{"a": 1}', b'{"b": 2}')
    assert as_events(b'{"a": 1}') == events(b'{"a": 1}')


def test_a_stream_is_read_with_the_wires_names() -> None:
    pytest.importorskip("google.genai")
    body = events(b'{"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}')
    seen = readers()["gemini-generate"](body)
    assert seen.error is None
    assert seen.items[0]["candidates"][0]["finishReason"] == "STOP"
