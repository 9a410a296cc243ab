"""Records the cassettes of `tests/test_recorded.py`: `python record.py`; it takes pytest's options.

With keys of your own you would run `pytest --unspool-record=rewrite`, and have the providers themselves
recorded. So that this example needs none, a model on this machine stands in for both: it speaks as their
APIs do, and what it says stands in SCRIPT. `tests/conftest.py` has it recorded under the providers' names.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True)
class Says:
    """What the model says in one turn; the connection may be lost then."""

    text: str
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    is_lost: bool = False


SCRIPT = {
    "What's the weather in Paris, and what time is it there?": [
        Says("Let me look. ", calls=(("get_weather", {"city": "Paris"}), ("get_time", {"city": "Paris"}))),
        Says("It's 18 degrees and sunny in Paris, and 9:41 in the morning. ☀️"),
    ],
    "Is it warmer in Oslo?": [
        Says("", calls=(("get_weather", {"city": "Oslo"}),)),
        Says("No, in Oslo it's 4 degrees, and it rains."),
    ],
    "Tell me about the sea.": [
        Says("The sea is wide, and nobody has seen all of it, for it never holds still.")
    ],
    "Tell me about the desert.": [Says("The desert is dry, and the wind", is_lost=True)],
}


def next_turn(messages: list[dict[str, Any]]) -> Says:
    """By the last question of the user's, and how many turns the model has had since."""
    texts = [_text(message) for message in messages]
    asked = max(index for index, text in enumerate(texts) if text in SCRIPT)
    turns = sum(message["role"] == "assistant" for message in messages[asked:])
    return SCRIPT[texts[asked]][turns]


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _json_pieces(arguments: dict[str, Any]) -> list[str]:
    return re.findall(r".{1,7}", json.dumps(arguments))


# OpenAI: a chunk for each piece, told apart by their deltas


def openai_stream(says: Says, asked: dict[str, Any]) -> Iterator[bytes]:
    head = {
        "id": "chatcmpl-CfPq7Vb1Zx",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": f"{asked['model']}-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_51db84afab",
    }
    for delta, reason in _openai_deltas(says):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        yield _data({**head, "choices": [choice]})
    if not says.is_lost:
        if asked.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 96, "completion_tokens": 24, "total_tokens": 120}
            yield _data({**head, "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"


def _openai_deltas(says: Says) -> Iterator[tuple[dict[str, Any], str | None]]:
    yield {"role": "assistant", "content": "" if says.text else None, "refusal": None}, None
    for word in _words(says.text):
        yield {"content": word}, None
    for index, (name, arguments) in enumerate(says.calls):
        function = {"name": name, "arguments": ""}
        call = {"index": index, "id": f"call_{index}Ab3kX{name}", "type": "function", "function": function}
        yield {"tool_calls": [call]}, None
        for piece in _json_pieces(arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, None
    if not says.is_lost:
        yield {}, "tool_calls" if says.calls else "stop"


# Anthropic: named events, a block for the text and one for each call


def anthropic_stream(says: Says, asked: dict[str, Any]) -> Iterator[bytes]:
    message = {
        "id": "msg_01Xy7QpVb1Zk",
        "type": "message",
        "role": "assistant",
        "model": f"{asked['model']}-20251001",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 410, "output_tokens": 1},
    }
    yield _event("message_start", message=message)
    yield _event("ping")
    blocks = [*_anthropic_text(says), *_anthropic_calls(says)]
    for index, (block, deltas) in enumerate(blocks):
        yield _event("content_block_start", index=index, content_block=block)
        yield from (_event("content_block_delta", index=index, delta=delta) for delta in deltas)
        if not says.is_lost:
            yield _event("content_block_stop", index=index)
    if not says.is_lost:
        reason = "tool_use" if says.calls else "end_turn"
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield _event("message_delta", delta=delta, usage={"output_tokens": 24})
        yield _event("message_stop")


def _anthropic_text(says: Says) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    if says.text:
        deltas = [{"type": "text_delta", "text": word} for word in _words(says.text)]
        yield {"type": "text", "text": ""}, deltas


def _anthropic_calls(says: Says) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    for index, (name, arguments) in enumerate(says.calls):
        pieces = ["", *_json_pieces(arguments)]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield {"type": "tool_use", "id": f"toolu_0{index}Ab3kX{name}", "name": name, "input": {}}, deltas


def _data(payload: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(payload, separators=(',', ':'))}\n\n".encode()


def _event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\n".encode() + _data({"type": name, **fields})


# The server: the path begins with the host that it stands in for

STREAMS: dict[str, Callable[[Says, dict[str, Any]], Iterator[bytes]]] = {
    "/api.openai.com/v1/chat/completions": openai_stream,
    "/api.anthropic.com/v1/messages": anthropic_stream,
}


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        says = next_turn(asked["messages"])
        self.send_response_only(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for data in STREAMS[self.path](says, asked):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            time.sleep(0.01)
        if says.is_lost:
            self._reset()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        """With nothing to linger for, closing a socket resets the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, *args: object) -> None: ...


@contextmanager
def serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def main(*arguments: str) -> int:
    with serving() as url:
        os.environ["OPENAI_BASE_URL"] = f"{url}/api.openai.com/v1"
        os.environ["ANTHROPIC_BASE_URL"] = f"{url}/api.anthropic.com"
        return pytest.main(["tests/test_recorded.py", "--unspool-record=rewrite", *arguments])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
