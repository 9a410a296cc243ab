from __future__ import annotations

import pytest

from unspool.drift.sdks.sdk_ollama import readers

pytest.importorskip("ollama")


def test_a_stream_is_read() -> None:
    body = b'{"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": true}\n'
    seen = readers()["ollama-ndjson"](body)
    assert seen.error is None
    assert seen.items[0]["message"]["content"] == "Hi"
