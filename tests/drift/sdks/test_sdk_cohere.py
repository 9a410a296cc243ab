from __future__ import annotations

import pytest
from tests.drift.sdks.streams import events

from unspool.drift.sdks.sdk_cohere import readers

pytest.importorskip("cohere")


def test_a_stream_is_read() -> None:
    body = events(b'{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}}')
    seen = readers()["cohere-v2"](body)
    assert seen.error is None
    assert seen.items[0]["delta"]["message"]["content"]["text"] == "Hi"
