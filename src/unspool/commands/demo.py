"""`unspool demo`: the package in ten seconds, offline."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator

import httpx

from unspool.builder import stream_chunk_builder
from unspool.client import completion
from unspool.clock import REAL_CLOCK, Clock, VirtualClock
from unspool.errors import InternalServerError
from unspool.fake import FOREVER, FakeStream
from unspool.models import ModelResponse, ModelResponseStream
from unspool.samples import sample_body
from unspool.streaming.wrapper import CustomStreamWrapper

_PIECE = 61  # bytes: a prime, so that cuts fall everywhere: inside words, escapes and line ends
_QUESTION = [{"role": "user", "content": "What's the weather in Paris, and what time is it there?"}]


def run_demo(*, fast: bool = False) -> None:
    """Print the demo. `fast` omits the pauses; so does output that isn't a terminal."""
    clock: Clock = REAL_CLOCK if sys.stdout.isatty() and not fast else VirtualClock()
    openai = _recorded("openai", "gpt-4o-mini", clock)
    _show_rebuilt(openai, _recorded("anthropic", "claude-haiku-4-5", VirtualClock(), quiet=True))
    _show_loop(clock)


def _recorded(provider: str, model: str, clock: Clock, *, quiet: bool = False) -> ModelResponse:
    body = sample_body(f"{provider}/parallel-tools")
    if not quiet:
        _title(f"1  A recorded answer: {len(body):,} bytes that arrive {_PIECE} at a time")
        _write("   ")
    stream = completion(
        model=f"{provider}/{model}",
        messages=_QUESTION,
        stream=True,
        api_key="none-needed",
        transport=httpx.MockTransport(lambda _: _event_stream(body)),
    )
    chunks = []
    for chunk in stream:
        chunks.append(chunk)
        if not quiet:
            _print_chunk(chunk)
            clock.sleep(0.04)
    response = stream_chunk_builder(chunks)
    assert response is not None  # noqa: S101 - there were chunks
    return response


def _event_stream(body: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=_pieces(body))


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


def _print_chunk(chunk: ModelResponseStream) -> None:
    """Print text as it arrives, a bar between chunks; a tool call on its own line."""
    delta = chunk.choices[0].delta
    if delta.content:
        _write(delta.content + _dim("|"))
    for call in delta.tool_calls or ():
        function = call.function
        if function is not None and function.name:
            _write(f"\n   call {call.index}: {function.name} ")
        if function is not None and function.arguments:
            _write(function.arguments + _dim("|"))
    if chunk.choices[0].finish_reason:
        _write(f"\n   finish_reason: {chunk.choices[0].finish_reason}\n")


def _show_rebuilt(openai: ModelResponse, anthropic: ModelResponse) -> None:
    _title("2  Rebuilt by stream_chunk_builder")
    message = openai.choices[0].message
    _write(f"   content: {message.content}\n")
    for call in message.tool_calls or ():
        _write(f"   {call.function.name if call.function else '?'}({_arguments(call)})\n")
    usage = openai.usage
    _write(f"   usage: {usage.prompt_tokens} + {usage.completion_tokens} = {usage.total_tokens} tokens\n")
    same = _calls(openai) == _calls(anthropic)
    _write(f"   The same answer in Anthropic's wire format gives the same calls: {'yes' if same else 'no'}\n")


def _arguments(call: object) -> str:
    function = getattr(call, "function", None)
    return "" if function is None else function.arguments


def _calls(response: ModelResponse) -> list[tuple[str | None, object]]:
    calls = response.choices[0].message.tool_calls or ()
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls if call.function]


def _show_loop(clock: Clock) -> None:
    _title("3  A model that repeats itself forever, and the guard that stops it")
    _write("   ")
    source = FakeStream(["How are you? "], repeat=FOREVER)
    stream = CustomStreamWrapper(source, model="gpt-4o-mini")
    try:
        for chunk in stream:
            _write(chunk.choices[0].delta.content or "")
            clock.sleep(0.01)
    except InternalServerError as error:
        _write(f"\n   {error}\n")
    fate = "was closed" if source.closed else "was left open"
    _write(f"   {source.pulled} chunks were pulled, and the source {fate}.\n")


def _title(text: str) -> None:
    _write(f"\n{_styled('1', text)}\n\n")


def _dim(text: str) -> str:
    return _styled("2", text)


def _styled(code: str, text: str) -> str:
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain else f"\033[{code}m{text}\033[0m"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help="without the pauses between chunks")


def run(options: argparse.Namespace) -> int:
    run_demo(fast=options.fast)
    return 0
