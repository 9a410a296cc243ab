"""Cassettes of 1, 100 and 10,000 interactions: opening one, and finding in it what answers a request.

Each recorder reads what it wrote itself of the same JSON requests and answers. The requests that are asked
for are spread over the cassette, which is opened anew for each round.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.recorders import cassette, recorders
from benchmarks.rounds import Contest, Prepared, timed

_SIZES = (1, 100, 10_000)
_ASKED = 10  # how many requests, at most, of one opened cassette
_OPENED = {1: 20, 100: 5}  # how many times in a round
_ROUNDS = {10_000: 3}  # vcrpy looks through the whole cassette, for seconds

_URL = "https://api.openai.com/v1/chat/completions"
_TYPE = "application/json"


def contests() -> Iterator[Contest]:
    with TemporaryDirectory() as folder:
        for size in _SIZES:
            for what, prepare, items in (
                ("load", _prepare_load, 1),
                ("find", _prepare_find, min(size, _ASKED)),
            ):
                sides = {
                    side: partial(timed, prepare, side, size, Path(folder, f"{side}-{size}.yaml"))
                    for side in recorders()
                }
                count = items * _OPENED.get(size, 1)
                title = f"cassette of {size:,}, {what}"
                yield Contest(title, count, sides, unit="ms", rounds=_ROUNDS.get(size))


def _prepare_load(side: str, size: int, path: Path) -> Prepared:
    _write_once(side, size, path)

    def load() -> None:
        for _ in range(_OPENED.get(size, 1)):
            with cassette(side, path, "none"):
                pass

    return load


def _prepare_find(side: str, size: int, path: Path) -> Prepared:
    _write_once(side, size, path)
    with ExitStack() as stack:
        opened = [stack.enter_context(cassette(side, path, "none")) for _ in range(_OPENED.get(size, 1))]
    asks = _ASKS[side]([_request(number) for number in _spread(size)])
    return lambda: [ask(one) for one in opened for ask in asks]


def _spread(size: int) -> range:
    """Numbers of interactions, up to the last one."""
    step = max(size // _ASKED, 1)
    return range(step - 1, size, step)


# Finding, by what each recorder's patches of the HTTP libraries call.

Ask = Callable[[Any], object]


def _ask_unspool(bodies: list[bytes]) -> list[Ask]:
    from unspool.cassette.model import Request

    requests = [Request("POST", _URL, (("content-type", _TYPE),), body) for body in bodies]
    return [lambda opened, request=request: opened.ask(request) for request in requests]


def _ask_vcrpy(bodies: list[bytes]) -> list[Ask]:
    from vcr.request import Request

    def ask(request: Any, opened: Any) -> object:
        assert opened.can_play_response_for(request)
        return opened.play_response(request)

    return [partial(ask, Request("POST", _URL, body, {"content-type": _TYPE})) for body in bodies]


def _ask_cassetter(bodies: list[bytes]) -> list[Ask]:
    headers = {"content-type": [_TYPE]}
    return [lambda opened, body=body: opened.match("POST", _URL, headers, body) for body in bodies]


_ASKS: dict[str, Callable[[list[bytes]], list[Ask]]] = {
    "unspool": _ask_unspool,
    "vcrpy": _ask_vcrpy,
    "cassetter": _ask_cassetter,
}


# Writing


def _write_once(side: str, size: int, path: Path) -> None:
    if not path.exists():
        _WRITERS[side]([(_request(number), _answer(number)) for number in range(size)], path)


def _write_unspool(bodies: list[tuple[bytes, bytes]], path: Path) -> None:
    from unspool import Cassette
    from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline

    headers = (("content-type", _TYPE),)
    Cassette.of(
        [
            Interaction(
                Request("POST", _URL, headers, asked),
                Response(200, "OK", headers, answer, Timeline((NetworkChunk(len(answer), 0.5),), 0.5, 1e9)),
            )
            for asked, answer in bodies
        ]
    ).save(path)


def _write_vcrpy(bodies: list[tuple[bytes, bytes]], path: Path) -> None:
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.request import Request
    from vcr.serializers import yamlserializer

    headers = {"content-type": [_TYPE]}
    requests = [Request("POST", _URL, asked, {"content-type": _TYPE}) for asked, _ in bodies]
    status = {"code": 200, "message": "OK"}
    responses = [{"status": status, "headers": headers, "body": {"string": answer}} for _, answer in bodies]
    FilesystemPersister.save_cassette(path, {"requests": requests, "responses": responses}, yamlserializer)


def _write_cassetter(bodies: list[tuple[bytes, bytes]], path: Path) -> None:
    headers = {"content-type": [_TYPE]}
    with cassette("cassetter", path, "all") as opened:
        for asked, answer in bodies:
            opened.record("POST", _URL, headers, asked, 200, headers, answer)


_WRITERS: dict[str, Callable[[list[tuple[bytes, bytes]], Path], None]] = {
    "unspool": _write_unspool,
    "vcrpy": _write_vcrpy,
    "cassetter": _write_cassetter,
}


def _request(number: int) -> bytes:
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
