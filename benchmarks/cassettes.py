"""Cassettes of 1, 100 and 10,000 interactions, in YAML and JSON: opening one, finding what answers a request.

Each recorder reads what it wrote itself of the same JSON requests and answers. The requests that are asked
for are spread over the cassette, which is opened anew for each round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.chats import TYPE, URL, request, write_once
from benchmarks.recorders import cassette, recorders
from benchmarks.rounds import Contest, Prepared, timed

_SIZES = (1, 100, 10_000)
_JSON_SIZES = (1, 100)
_WRITE_JSON = {"unspool", "cassetter"}  # by the file's name; the other files are YAML
_ASKED = 10  # how many requests, at most, of one opened cassette
_OPENED = {1: 20, 100: 5}  # how many times in a round
_ROUNDS = {10_000: 3}  # vcrpy looks through the whole cassette, for seconds


def contests() -> Iterator[Contest]:
    with TemporaryDirectory() as folder:
        for size in _JSON_SIZES:
            sides = {
                side: partial(timed, _prepare_load, side, size, Path(folder, f"{side}-{size}.json"))
                for side in recorders()
                if side in _WRITE_JSON
            }
            count = _OPENED.get(size, 1)
            yield Contest(f"cassette of {size:,}, JSON, load", count, sides, unit="ms")
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
    write_once(side, size, path)

    def load() -> None:
        for _ in range(_OPENED.get(size, 1)):
            with cassette(side, path, "none"):
                pass

    return load


def _prepare_find(side: str, size: int, path: Path) -> Prepared:
    write_once(side, size, path)
    with ExitStack() as stack:
        opened = [stack.enter_context(cassette(side, path, "none")) for _ in range(_OPENED.get(size, 1))]
    asked = [request(number) for number in _spread(size)]
    return partial(_find, _ASK[side], opened, asked)


def _find(ask: Callable[[Any, bytes], object], opened: list[Any], asked: list[bytes]) -> None:
    for one in opened:
        for body in asked:
            if not ask(one, body):
                raise LookupError(f"found no answer in {one!r}")


def _spread(size: int) -> range:
    """Numbers of interactions, up to the last one."""
    step = max(size // _ASKED, 1)
    return range(step - 1, size, step)


# Finding, by what each recorder's patches of the HTTP libraries call.


def _ask_unspool(opened: Any, body: bytes) -> object:
    from unspool.cassette.model import Request

    return opened.ask(Request("POST", URL, (("content-type", TYPE),), body))


def _ask_vcrpy(opened: Any, body: bytes) -> object:
    from vcr.request import Request

    request = Request("POST", URL, body, {"content-type": TYPE})
    return opened.can_play_response_for(request) and opened.play_response(request)


def _ask_cassetter(opened: Any, body: bytes) -> object:
    return opened.match("POST", URL, {"content-type": [TYPE]}, body)


_ASK: dict[str, Callable[[Any, bytes], object]] = {
    "unspool": _ask_unspool,
    "vcrpy": _ask_vcrpy,
    "cassetter": _ask_cassetter,
}
