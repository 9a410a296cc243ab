"""What the run found, as tables of Markdown, for the terminal and for `docs/sdks.md`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.sdks.rows import Row
from tests.sdks.scenarios import SCENARIOS


@dataclass(frozen=True)
class Found:
    """A row, and what its worker said of it."""

    row: Row
    said: dict[str, Any]

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        verdicts: list[dict[str, Any]] = self.said["verdicts"]
        return verdicts

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs anywhere."""
        return not any(verdict["differs"] for verdict in self.verdicts)

    @property
    def name(self) -> str:
        """The SDK with its version, and whose model it's asked for."""
        name = f"{self.row.distribution} {self.said['version']}"
        return f"{name}, `{self.row.route}/…`" if self.row.route else name

    @property
    def library(self) -> str:
        return " over ".join(f"{name} {version}" for name, version in self.said["libraries"].items())


_INTRO = """\
# SDKs, recorded and replayed

Each SDK is asked for the same small answer by a program that knows nothing of cassettes: three times over,
from a server on this machine, unrecorded, then recorded by `use_cassette`, then replayed with the server
stopped. Written by `python -m tests.sdks --write`, which makes a virtual environment for each SDK."""

_COMPARED = """\
## What is compared

The recorded run with the unrecorded one, and three replays with the recorded run: `timing="instant"`,
`timing="recorded"` in virtual time, and the same on the real clock. ✓ stands for all of this being equal:

- what the SDK hands out: each item, dumped; and what it raises: classes and texts, down to the HTTP library's
  exception, and after which item;
- what the HTTP library hands to the SDK: status, headers and HTTP version, and the bytes in the same pieces,
  each piece a chunk of the network's;
- the requests: their number, their order, their bodies, and that the cassette has them in that order;
- the times of headers, pieces and end: in virtual time exactly those in the cassette (a tenth of a
  millisecond), on the real clock within 5 ms. A machine that does other things meanwhile wakes everybody
  late, so a replay on the real clock that fails is repeated, twice at most. The last column has the median
  and the worst deviation of the row.

The server's own date isn't compared between the unrecorded and the recorded run, nor are the ids and times
that LiteLLM makes up itself."""

_SCENARIOS = """\
| scenario | what the server does |
| --- | --- |
| gaps | sends each event by itself, 20 to 50 ms after the one before |
| reset | resets the connection in the middle |
| cut off | closes it in the middle, without the last HTTP chunk |
| stall | sends nothing more; the client's read timeout is 0.3 s |
| gzip | compresses, and flushes after each event |
| split characters | cuts its chunks inside UTF-8 characters |
| early hang-up | goes on, but the client leaves after two items; the server must notice, recording or not |
| 429, retried | refuses once, with `retry-after`; the SDK's own retries are on |
| no stream | sends one JSON body |"""

_DID = """\
## What the SDKs did

Their own behaviour, the same live and replayed: the exception that reached the program, the requests that
the 429 took, and whether a whole stream was read to its last byte or left at its last event."""


def table(found: Iterable[Found]) -> str:
    """A row per SDK and way, a column per scenario."""
    heads = ["SDK", "way", "HTTP library", *(scenario.title for scenario in SCENARIOS), "real clock, ms"]
    return markdown(heads, ([*_first(one), *map(_cell, one.verdicts), _lateness(one)] for one in found))


def _first(one: Found) -> list[str]:
    return [one.name, one.row.way, one.library]


def _cell(verdict: dict[str, Any]) -> str:
    return "; ".join(verdict["differs"]).replace("|", "\\|").replace("\n", " ") or "✓"


def _lateness(one: Found) -> str:
    late = [verdict["late"] for verdict in one.verdicts if verdict["late"]]
    return f"{median(mid for mid, _ in late):.1f}, {max(most for _, most in late):.1f}"


def behaviour(found: Iterable[Found]) -> str:
    """What the SDKs made of it all."""
    heads = ["SDK", "way", "reset", "cut off", "stall", "429", "a whole stream is"]
    return markdown(heads, ([one.name, _way(one), *_did(one)] for one in found))


def _way(one: Found) -> str:
    below = one.row.libraries[-1]
    return f"{one.row.way}, aiohttp" if below == "aiohttp" else one.row.way


def _did(one: Found) -> list[str]:
    of = {verdict["scenario"]: verdict for verdict in one.verdicts}
    broken = [of[name]["error"] or "nothing" for name in ("reset", "cut", "stall")]
    retried = of["retry"]
    outcome = f", then {retried['error']}" if retried["error"] else ""
    count = f"{retried['requests']} requests" if retried["requests"] != 1 else "1 request"
    left = {True: "read to its end", False: "left at its last event", None: ""}[of["gaps"]["reads_on"]]
    return [*broken, (count if retried["requests"] else "") + outcome, left]


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(found: Sequence[Found]) -> str:
    """The whole of `docs/sdks.md`."""
    ran = f"This run: Python {platform.python_version()} on {platform.system()}."
    parts = (_INTRO, ran, table(found), _COMPARED, _SCENARIOS, _DID, behaviour(found))
    return "\n\n".join(parts) + "\n"
