"""One SDK, one way, one scenario: live, recorded, and replayed three times over with the server stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.loopback import serve
from tests.sdks.adapters import Call
from tests.sdks.compare import (
    EXACT,
    TOLERANCE,
    differences,
    held_back,
    kept,
    lateness,
    lateness_of_items,
    middle,
    worst,
)
from tests.sdks.rows import Row
from tests.sdks.runs import Run, run
from tests.sdks.scenarios import Scenario
from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction
from unspool.clock import REAL_CLOCK, Clock, VirtualClock
from unspool.errors import CassetteError
from unspool.transports.use_cassette import use_cassette

TRIES = 3
"""How often a replay on the real clock is tried: a busy machine may wake anybody late."""


@dataclass
class Verdict:
    """What came of a scenario.

    Attributes:
        differs: what isn't as it should be, in words; empty if all is well.
        late: the median and the worst deviation on the real clock, in milliseconds.
        ends: how each answer ended, as the cassette has it.
        error: what the SDK raised when it was recorded.
    """

    scenario: str
    differs: list[str] = field(default_factory=list)
    late: tuple[float, float] = (0.0, 0.0)
    items: int = 0
    requests: int = 0
    ends: list[str] = field(default_factory=list)
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Trial:
    """A row's SDK in one scenario, with a cassette in a folder."""

    def __init__(self, row: Row, scenario: Scenario, folder: Path) -> None:
        self._row, self._scenario = row, scenario
        self._path = folder / f"{row.slug}-{scenario}.yaml"
        self._url = ""

    def live(self) -> Run:
        with self._server() as server:
            return self._run(server.url)

    def recorded(self) -> Run:
        self._path.unlink(missing_ok=True)
        with self._server() as server, use_cassette(self._path, record_mode="once"):
            self._url = server.url
            return self._run(server.url)

    def replayed(self, timing: Any, clock: Clock = REAL_CLOCK) -> Run:
        with use_cassette(self._path, record_mode="none", timing=timing, clock=clock):
            return self._run(self._url, clock.monotonic)

    @property
    def interactions(self) -> list[Interaction]:
        return Cassette.load(self._path).interactions

    def _server(self) -> Any:
        form, scenario = self._row.form, self._scenario
        path = form.streams_at if scenario.streaming else form.answers_at
        return serve({path: scenario.answers(form)})

    def _run(self, url: str, now: Callable[[], float] = time.monotonic) -> Run:
        call = Call(url, self._scenario.streaming, self._scenario.patience)
        return run(self._row.adapter, call, leave_after=self._scenario.leave_after, now=now)


def judge(row: Row, scenario: Scenario, folder: Path, *, tries: int = TRIES) -> Verdict:
    """Record and replay, and say what differs. Without tries, the real clock is left out."""
    verdict, trial = Verdict(str(scenario)), Trial(row, scenario, folder)
    try:
        live, recorded = trial.live(), trial.recorded()
        verdict.items, verdict.requests = len(recorded.items), len(recorded.exchanges)
        verdict.error = recorded.error
        verdict.ends = [str(one.response.timeline.end) for one in trial.interactions if one.response.timeline]
        verdict.differs += _under("recording", _recording(live, recorded, trial.interactions))
        verdict.differs += _merged(_replays(trial, recorded, verdict, tries))
    except CassetteError as error:
        verdict.differs.append(f"{type(error).__name__}: {error}")
    return verdict


def _recording(live: Run, recorded: Run, interactions: Sequence[Interaction]) -> Iterator[str]:
    yield from differences(live, recorded, server=True)
    if held_back(live, recorded):
        yield "items come all at once"
    if recorded.exchanges:
        yield from kept(recorded, interactions)


def _replays(trial: Trial, recorded: Run, verdict: Verdict, tries: int) -> Iterator[tuple[str, list[str]]]:
    interactions = trial.interactions
    yield "instant", list(differences(recorded, trial.replayed("instant")))
    virtual = trial.replayed("recorded", VirtualClock())
    off = worst(lateness(virtual, interactions))
    inexact = [f"off by {off * 1000:.1f} ms"] if off > EXACT else []
    yield "virtual time", [*differences(recorded, virtual), *inexact]
    if tries:
        yield "real time", _in_real_time(trial, recorded, interactions, verdict, tries)


def _in_real_time(
    trial: Trial, recorded: Run, interactions: Sequence[Interaction], verdict: Verdict, tries: int
) -> list[str]:
    found: list[tuple[float, Run, list[float]]] = []
    for _ in range(tries):
        real = trial.replayed("recorded")
        late = lateness(real, interactions) if real.exchanges else lateness_of_items(recorded, real)
        found.append((worst(late), real, late))
        if found[-1][0] <= TOLERANCE:
            break
    most, real, late = min(found, key=lambda one: one[0])
    verdict.late = (round(middle(late) * 1000, 2), round(most * 1000, 2))
    off = [f"off by {most * 1000:.1f} ms"] if most > TOLERANCE else []
    at_once = ["items come all at once"] if held_back(recorded, real) else off
    return [*differences(recorded, real), *at_once]


def _under(stage: str, words: Iterator[str]) -> list[str]:
    return [f"{stage}: {word}" for word in dict.fromkeys(words)]


def _merged(stages: Iterator[tuple[str, list[str]]]) -> list[str]:
    """What all replays have in common is said once."""
    found = dict(stages)
    said: dict[str, list[str]] = {}
    for stage, words in found.items():
        for word in dict.fromkeys(words):
            said.setdefault(word, []).append(stage)
    everywhere = len(found)
    return [f"{'replay' if len(at) == everywhere else ', '.join(at)}: {word}" for word, at in said.items()]
