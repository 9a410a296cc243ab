"""What the figures are meant to be: the table that opens RESULTS.md.

It's made of the rows of the other tables, so that it says what they say, whichever run each is from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from benchmarks.serving import LATENESS, RATE, READY

Figures = Mapping[tuple[str, str], float]
"""By contest and side: seconds, bytes, or chunks a second."""


class Aim(NamedTuple):
    """One figure that is meant to be at most, or at least, a number.

    Attributes:
        what: what is measured.
        limit: the number.
        unit: what it's in; `times` for a ratio.
        of: computes the figure.
        contest: whose sides to name where one of them is faster.
        ours: our side of that contest.
        at_least: whether more is better.
        why: what stands in the way where the aim is missed.
    """

    what: str
    limit: float
    unit: str
    of: Callable[[Figures], float]
    contest: str
    ours: str = "unspool"
    at_least: bool = False
    why: str = ""


def _times(contest: str, other: str, ours: str = "unspool") -> Callable[[Figures], float]:
    """How many times the other side's figure ours is."""
    return lambda figures: figures[contest, ours] / figures[contest, other]


def _figure(contest: str, side: str = "unspool", scale: float = 1.0) -> Callable[[Figures], float]:
    return lambda figures: figures[contest, side] * scale


def _above(contest: str, side: str, base: str) -> Callable[[Figures], float]:
    """Milliseconds more than another side."""
    return lambda figures: (figures[contest, side] - figures[contest, base]) * 1e3


_MS, _MB = 1e3, 1e-6
_TEST, _SCRIPT = "pytest, a test that replays", "pytest, a test with a script"
SUITE = "pytest, a suite of 300 tests"
_SPREAD = {
    "sync": (
        "no single part: httpx's own steps for each of 100 pieces are a quarter, reading the file is a fifth,"
        " opening and closing the block a seventh, and finding the recording and making a response the rest"
    ),
    "async": "as for sync, and a turn of the event loop for each of 100 pieces, as with a socket",
}
_BLOCK = (
    "a third is making the cassette, a third putting vcrpy's stubs in place and taking them away; the rest"
    " is the guard and the save that finds nothing to write"
)
_RECORDS = "three quarters are checking the fields of each record and making objects of them, in Python"
_LINES = "half is reading the lines, in Python; most of the rest as for JSON"
_READING = (
    "reading 20 chunks through the wrapper takes five times as long as making the stream, a third of it"
    " making pydantic's objects"
)
_SUITE = (
    "imports until the first cassette is open (that row is above 1, too), and seven fixtures for each test"
)
_MEMORY = (
    "a recording's body is in memory as recorded and, while secrets are searched by their names, in lower"
    " case (a binary one in the journal, too); a replay's is there as the file's bytes and as its text"
)
_COPIES = (
    "each chunk is three records of the caller's own, of a call five, which are made anew; in async streams,"
    " several coroutines for each chunk and the look at the current task"
)
_READS = (
    "each chunk's fields are compared, because a caller may have changed them; calls are joined by fragment"
)
_STAGES = "an event object and two generators for each event, and three records for its chunk"


def _aims() -> Iterator[Aim]:
    for how in ("sync", "async"):
        title = f"replay, 100 events, httpx, {how}"
        yield Aim(title, 1.0, "times cassetter", _times(title, "cassetter"), title, why=_SPREAD[how])
    title = "a block that asks nothing"
    yield Aim(title, 0.1, "ms", _figure(title, scale=_MS), title, why=_BLOCK)
    yield Aim(
        "a test with the marker",
        1.0,
        "times cassetter",
        _times(_TEST, "cassetter's plugin", "unspool's plugin"),
        _TEST,
        "unspool's plugin",
        why="seven fixtures that a project can override are set up for each test",
    )
    yield Aim(
        "a test with stream_wrapper, over an empty one",
        0.3,
        "ms",
        _above(_SCRIPT, "stream_wrapper", "no stream"),
        _SCRIPT,
        "stream_wrapper",
        why=_READING,
    )
    title = "import, pytest plugin"
    yield Aim(
        "plugin start-up", 1.6, "ms", _figure(title, scale=_MS), title, why="nine modules, and a dataclass"
    )
    for size, most, json in (
        (1, 0.18, "half is opening the block, see above"),
        (100, 2.0, _RECORDS),
    ):
        title = f"cassette of {size}, JSON, load"
        yield Aim(title, most, "ms", _figure(title, scale=_MS), title, why=json)
        title = f"cassette of {size}, load"
        yield Aim(f"{title}, YAML", 0.5, "times cassetter", _times(title, "cassetter"), title, why=_LINES)
    title = "cassette of 1, find"
    yield Aim(title, 0.03, "ms", _figure(title, scale=_MS), title, why="the search for secrets, and the body")
    for kind in ("text", "binary"):
        for what in ("recorded and saved", "replayed"):
            title = f"memory, 100 MB {what}, {kind}"
            yield Aim(title, 150, "MB", _figure(title, scale=_MB), title, why=_MEMORY)
    for how in ("sync", "async"):
        title = f"recording, 1,000 chunks at once, httpx, {how}"
        yield Aim(
            title, 1.05, "times live", _times(title, "live"), title, why="each chunk is journalled, redacted"
        )
    best = f"{SUITE}, YAML"
    yield Aim(
        best,
        1.0,
        "times cassetter",
        _times(best, "cassetter's plugin", "unspool's plugin"),
        best,
        "unspool's plugin",
        why=_SUITE,
    )
    yield from _core()
    yield from _server()


def _core() -> Iterator[Aim]:
    for kind in ("text", "tool calls", "reasoning"):
        for how, least in (("sync", 100), ("async", 50)):
            title = f"wrapper, {kind}, {how}"
            yield Aim(
                title, least, "times litellm", _times(title, "litellm"), title, at_least=True, why=_COPIES
            )
        title = f"builder, {kind}"
        yield Aim(title, 50, "times litellm", _times(title, "litellm"), title, at_least=True, why=_READS)
    title, least_one = "SSE bytes to chunks", "from_json alone"
    yield Aim(
        title, 3, "times from_json", lambda figures: 1 / _times(title, least_one)(figures), title, why=_STAGES
    )
    imported, base = "from unspool import CustomStreamWrapper", "from pydantic import BaseModel"
    yield Aim(
        "import to CustomStreamWrapper",
        1.5,
        "times pydantic",
        _times("import", base, imported),
        "import",
        imported,
        why="a sixth is making pydantic's models; then `typing`, the providers' table",
    )
    title = "memory, a stream without an end"
    yield Aim(title, 80, "MB", _figure(title, "10,000,000 chunks", _MB), title, "10,000,000 chunks")


def _server() -> Iterator[Aim]:
    ours = "unspool serve"
    for peer, least in (("aimock", 3.0), ("uvicorn", 1.0)):
        of = _times(RATE, ours, peer)
        yield Aim(f"streams a second, {RATE}", least, f"times {peer}", of, RATE, ours, at_least=True)
    yield Aim(READY, 300, "ms", _figure(READY, ours, _MS), READY, ours)
    yield Aim(LATENESS, 5, "ms", _figure(LATENESS, ours, _MS), LATENESS, ours)


def table(text: str) -> str:
    """The aims, beside what the rows of some tables reach."""
    figures = dict(_rows(text))
    lines = [
        "| what | aim | reached | faster than we are | what stands in the way |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    return "\n".join([*lines, *(_line(aim, figures) for aim in _aims())])


def _line(aim: Aim, figures: Figures) -> str:
    bound = f"{'≥' if aim.at_least else '≤'} {aim.limit:g} {aim.unit}"
    try:
        reached = aim.of(figures)
    except KeyError:
        return f"| {aim.what} | {bound} | not measured |  |  |"
    is_met = reached >= aim.limit if aim.at_least else reached <= aim.limit
    shown = f"{reached:.3g}" if reached < 100 else f"{reached:,.0f}"
    return f"| {aim.what} | {bound} | {shown} | {_faster(aim, figures)} | {'' if is_met else aim.why} |"


def _faster(aim: Aim, figures: Figures) -> str:
    """The peers whose figure is better than ours."""
    sides = {side: figure for (contest, side), figure in figures.items() if contest == aim.contest}
    mine = sides.pop(aim.ours, 0.0)
    is_rate = "litellm" in aim.unit or "from_json" in aim.unit
    better = [side for side, figure in sides.items() if (figure > mine if is_rate else figure < mine)]
    return ", ".join(side for side in better if not side.startswith(_NO_PEERS))


_NO_PEERS = ("live", "no stream", "unspool", "import", "from ", "1,000,000")
_SCALES = {"ms": 1e-3, "MB": 1e6, "chunks/s": 1.0}


def _rows(text: str) -> Iterator[tuple[tuple[str, str], float]]:
    """The figures in tables of results."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        number, _, unit = cells[2].partition(" ") if len(cells) > 4 else ("", "", "")
        if unit in _SCALES:
            yield (cells[0], cells[1]), float(number.replace(",", "")) * _SCALES[unit]
