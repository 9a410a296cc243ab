from __future__ import annotations

import pytest
from tests.drift.sdks.streams import events

from unspool.drift.sdks.sdk_groq import readers

pytest.importorskip("groq")


def test_a_stream_is_read() -> None:
    body = events(
        b'{"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",'
        b' "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]}',
        b"[DONE]",
    )
    seen = readers()["openai-chat"](body)
    assert seen.error is None
    assert seen.items[0]["choices"][0]["delta"]["content"] == "Hi"
