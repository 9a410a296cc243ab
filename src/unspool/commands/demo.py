"""`unspool demo`: the package in ten seconds, offline, on a screen of 80 by 24."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from unspool.cassette.boundaries import pieces
from unspool.cassette.model import Interaction
from unspool.cassette.store import load
from unspool.clock import REAL_CLOCK, Clock, VirtualClock
from unspool.commands.picture import plot, wrapped
from unspool.commands.terminal import make_console, paint
from unspool.errors import InternalServerError, ProviderError
from unspool.fake import FOREVER, FakeStream
from unspool.faults import ErrorEvent
from unspool.models import ModelResponseStream
from unspool.pipeline import Chain
from unspool.providers import pipeline_for
from unspool.reading.time_line import time_line_of
from unspool.samples import sample_path
from unspool.streaming.wrapper import CustomStreamWrapper

_SAMPLE = "openai/parallel-tools"
_FORMAT = "openai-chat"
_TOKENS = 12
_EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"It rains in Oslo. \xe2\x98\x94"}}]}\n\n'
_MARGIN = "   "


def run_demo(*, fast: bool = False) -> None:
    """Print the demo. `fast` omits the pauses; so does output that isn't a terminal."""
    console = make_console()
    clock: Clock = REAL_CLOCK if console.is_terminal and not fast else VirtualClock()
    recorded = load(sample_path(_SAMPLE)).interactions[0]
    _play(recorded, console, clock)
    _cut_character(console)
    clock.sleep(1.5)
    _error(recorded, console)
    clock.sleep(1.5)
    _loop(console, clock)
    paint(console, Text("\nAnd now:  unspool show FILE   or   unspool --help", "bold"))


def _title(console: Console, number: int, words: str) -> None:
    paint(console, Text.assemble(("" if number == 1 else "\n") + f"{number}  ", words, style="bold"))


def _play(recorded: Interaction, console: Console, clock: Clock) -> None:
    """Print a recorded stream at its own pace, with its time line under it."""
    _title(console, 1, "A recorded stream, at its own pace, without a network")
    pipeline = pipeline_for(_FORMAT)
    sys.stdout.write(_MARGIN)
    now = 0.0
    for at, data in pieces(recorded.response):
        clock.sleep(at - now)
        now = at
        for words in _texts(pipeline, data):
            paint(console, Text(words, "words"), end="")
            sys.stdout.flush()
    paint(console, Text())
    line = time_line_of(recorded.response)
    if line is not None:
        for row in plot(line, console.width):
            paint(console, row)


def _texts(pipeline: Chain, data: bytes) -> Iterator[str]:
    chunks: Iterator[ModelResponseStream] = iter(pipeline.feed(data))
    for chunk in chunks:
        for choice in chunk.choices:
            if choice.delta.content:
                yield choice.delta.content


def _cut_character(console: Console) -> None:
    """Cut a character in two, as a network does, and read it."""
    _title(console, 2, "The network cuts a character in two: E2 98 and 94 of ☔ arrive apart")
    place = _EVENT.index("☔".encode()) + 2
    halves = _EVENT[:place], _EVENT[place:]
    naive = "".join(half.decode("utf-8", "replace") for half in halves)
    pipeline = pipeline_for(_FORMAT)
    healed = "".join(words for half in halves for words in _texts(pipeline, half))
    said = json.loads(naive.removeprefix("data: "))["choices"][0]["delta"]["content"]
    _row(console, "decoded apart", said, "wrong")
    _row(console, "unspool", healed, "words")


def _row(console: Console, who: str, words: str, style: str) -> None:
    label = who.ljust(16)
    for line in wrapped(words, console.width - len(_MARGIN) - len(label)):
        paint(console, Text.assemble(_MARGIN, (label, "context"), (line, style)))
        label = " " * len(label)


def _error(recorded: Interaction, console: Console) -> None:
    """Break the stream by an error event; a naive client reads on as if nothing had happened."""
    _title(console, 3, f"The provider sends an error after token {_TOKENS}")
    broken = ErrorEvent(after=_TOKENS).apply(recorded)
    _row(console, "a naive client", f"{_naive(broken.response.body)} (and exits with 0)", "words")
    pipeline = pipeline_for(_FORMAT)
    try:
        for data in (data for _, data in pieces(broken.response)):
            list(pipeline.feed(data))
    except ProviderError as error:
        said = f"{type(error).__name__}: {error.message.partition(': ')[2]}"
        _row(console, "unspool", said, "wrong")


def _naive(body: bytes) -> str:
    """Read a stream as many a client does: by lines, the text only."""
    said = []
    for line in body.decode().splitlines():
        if line.startswith("data: {"):
            choices = json.loads(line.removeprefix("data: ")).get("choices") or [{}]
            said.append((choices[0].get("delta") or {}).get("content") or "")
    return "".join(said)


def _loop(console: Console, clock: Clock) -> None:
    """Let a model repeat itself until the guard stops it; count instead of printing it all."""
    _title(console, 4, "A model that says the same thing forever, and the guard that stops it")
    is_live = console.is_terminal and clock is REAL_CLOCK
    source, count = FakeStream(["How are you? "], repeat=FOREVER), 0
    stream = CustomStreamWrapper(source, model="gpt-4o-mini")
    try:
        for count, _ in enumerate(stream, start=1):
            if is_live:
                sys.stdout.write(f"\r{_MARGIN}{'the model':<16}How are you?  {count} times")
                sys.stdout.flush()
            clock.sleep(0.02)
    except InternalServerError as error:
        sys.stdout.write("\r" if is_live else "")
        _row(console, "the model", f"How are you?  {count} times", "words")
        _row(console, "unspool", str(error).partition(": ")[2], "wrong")
    fate = "closed" if source.closed else "left open"
    _row(console, "", f"{source.pulled} chunks were pulled, and the source was {fate}.", "context")


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help="without the pauses between chunks")


def run(options: argparse.Namespace) -> int:
    sys.stdout.flush()
    run_demo(fast=options.fast)
    return 0
