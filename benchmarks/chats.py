"""Cassettes full of chats, no two alike, each recorder's written by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.recorders import cassette

URL = "https://api.openai.com/v1/chat/completions"
TYPE = "application/json"


def write_once(side: str, size: int, path: Path) -> None:
    """A recorder's cassette of so many chats, if it isn't there yet."""
    if not path.exists():
        _WRITERS[side]([(request(number), _answer(number)) for number in range(size)], path)


def _write_unspool(bodies: list[tuple[bytes, bytes]], path: Path) -> None:
    from unspool import Cassette
    from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline

    headers = (("content-type", TYPE),)
    Cassette.of(
        [
            Interaction(
                Request("POST", URL, headers, asked),
                Response(200, "OK", headers, answer, Timeline((NetworkChunk(len(answer), 0.5),), 0.5, 1e9)),
            )
            for asked, answer in bodies
        ]
    ).save(path)


def _write_vcrpy(bodies: list[tuple[bytes, bytes]], path: Path) -> None:
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.request import Request
    from vcr.serializers import yamlserializer

    headers = {"content-type": [TYPE]}
    requests = [Request("POST", URL, asked, {"content-type": TYPE}) for asked, _ in bodies]
    status = {"code": 200, "message": "OK"}
    responses = [{"status": status, "headers": headers, "body": {"string": answer}} for _, answer in bodies]
    FilesystemPersister.save_cassette(path, {"requests": requests, "responses": responses}, yamlserializer)


def _write_cassetter(bodies: list[tuple[bytes, bytes]], path: Path) -> None:
    headers = {"content-type": [TYPE]}
    with cassette("cassetter", path, "all") as opened:
        for asked, answer in bodies:
            opened.record("POST", URL, headers, asked, 200, headers, answer)


_WRITERS: dict[str, Callable[[list[tuple[bytes, bytes]], Path], None]] = {
    "unspool": _write_unspool,
    "vcrpy": _write_vcrpy,
    "cassetter": _write_cassetter,
}


def request(number: int) -> bytes:
    """A request of a chat with a tool, about a kilobyte."""
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    question = f"What is the weather like in town {number}? " * 3
    return _json(
        model="gpt-4o",
        temperature=0.2,
        messages=[
            {"role": "system", "content": "You are a helpful assistant that answers in few words. " * 5},
            {"role": "user", "content": question},
        ],
        tools=[{"type": "function", "function": {"name": "weather", "parameters": city}}],
    )


def _answer(number: int) -> bytes:
    message = {"role": "assistant", "content": f"It rains in town {number}. " * 20}
    return _json(
        id=f"chatcmpl-{number}",
        object="chat.completion",
        created=1_700_000_000,
        model="gpt-4o",
        choices=[{"index": 0, "message": message, "finish_reason": "stop"}],
        usage={"prompt_tokens": 90, "completion_tokens": 140, "total_tokens": 230},
    )


def _json(**body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
