"""A scripted turn of 100 chunks, read by the OpenAI SDK: from a script, and the same bytes from memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.peers import is_installed
from benchmarks.rounds import Contest, Prepared, timed

_CHUNKS = 100
_TURNS = 20  # in a round
_WORDS = " ".join(["rain"] * _CHUNKS)
_MESSAGES: Any = [{"role": "user", "content": "Weather?"}]


def contests() -> Iterator[Contest]:
    if is_installed("openai"):
        sides = {name: partial(timed, _prepare, name) for name in ("from a script", "from memory")}
        yield Contest(f"a turn of {_CHUNKS} chunks, the OpenAI SDK", _TURNS, sides, unit="ms")


def _prepare(name: str) -> Prepared:
    import httpx2 as httpx
    import openai

    from unspool import ScriptTransport, VirtualClock

    def client(transport: Any) -> openai.OpenAI:
        return openai.OpenAI(api_key="none", http_client=openai.DefaultHttpxClient(transport=transport))

    if name == "from a script":
        scripted = client(ScriptTransport(*[_WORDS] * _TURNS, clock=VirtualClock()))
        return lambda: _read(scripted)
    with httpx.Client(transport=ScriptTransport(_WORDS)) as sender:
        body = {"model": "gpt-4o", "messages": _MESSAGES, "stream": True}
        url = "https://api.openai.com/v1/chat/completions"
        with sender.stream("POST", url, json=body) as response:
            pieces = list(response.iter_raw())

    def answer(_: Any) -> Any:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=iter(pieces))

    plain = client(httpx.MockTransport(answer))
    return lambda: _read(plain)


def _read(client: Any) -> None:
    for turn in range(_TURNS):
        messages = [{"role": "user", "content": f"Weather {turn}?"}]
        for _ in client.chat.completions.create(model="gpt-4o", messages=messages, stream=True):
            pass
