"""One SDK, one way, one scenario: live, recorded, and replayed three times over with the server stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.loopback import Answer, Loopback, serve
from tests.sdks.adapters import Call
from tests.sdks.compare import (
    EXACT,
    TOLERANCE,
    differences,
    held_back,
    kept,
    kind_of,
    lateness,
    lateness_of_items,
    middle,
    undated,
    worst,
)
from tests.sdks.rows import Row
from tests.sdks.runs import Run, run
from tests.sdks.scenarios import Scenario
from tests.sdks.watching import Now

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction
from unspool.clock import REAL_CLOCK, Clock, VirtualClock
from unspool.errors import CassetteError
from unspool.transports.replay import Timing
from unspool.transports.use_cassette import use_cassette

QUICK = 0.1
"""How long a quick trial's pauses are, as part of what they are."""

TRIES = 3
"""How often a replay on the real clock is tried: a busy machine may wake anybody late."""


@dataclass
class Verdict:
    """What came of a scenario.

    Attributes:
        differs: what isn't as it should be, in words; empty if all is well.
        late: the median and the worst deviation on the real clock, in milliseconds.
        requests: how many the SDK made.
        error: the class of what it raised.
        reads_on: whether it read its last answer to the end, rather than to what it takes for one.
    """

    scenario: str
    differs: list[str] = field(default_factory=list)
    late: tuple[float, float] | None = None
    requests: int = 0
    error: str | None = None
    reads_on: bool | None = None


class Trial:
    """A row's SDK in one scenario, with a cassette in a folder.

    Args:
        pace: how many times the scenario's pauses the server makes.
    """

    def __init__(self, row: Row, scenario: Scenario, folder: Path, *, pace: float = 1.0) -> None:
        self._row, self._scenario, self._pace = row, scenario, pace
        self._path = folder / f"{row}-{scenario}.yaml"
        self._url = ""

    def live(self) -> Run:
        with self._server() as server:
            return self._seen_by(server, self._run(server.url))

    def recorded(self) -> Run:
        self._path.unlink(missing_ok=True)
        with self._server() as server, use_cassette(self._path, record_mode="once"):
            self._url = server.url
            return self._seen_by(server, self._run(server.url))

    def replayed(self, timing: Timing, clock: Clock = REAL_CLOCK) -> Run:
        """By now the server has been stopped."""
        done = Run()
        try:
            with use_cassette(self._path, record_mode="none", timing=timing, clock=clock):
                done = self._run(self._url, clock.monotonic)
        except CassetteError as error:
            done.error = f"{type(error).__name__}: {error}"
        return done

    @property
    def interactions(self) -> list[Interaction]:
        return Cassette.load(self._path).interactions

    def _server(self) -> AbstractContextManager[Loopback]:
        form, scenario = self._row.form, self._scenario
        path = form.streams_at if scenario.streaming else form.answers_at
        return serve({path: [self._paced(answer) for answer in scenario.answers(form)]})

    def _paced(self, answer: Answer) -> Answer:
        return replace(
            answer, pieces=[one * self._pace if isinstance(one, float) else one for one in answer.pieces]
        )

    def _run(self, url: str, now: Now = time.monotonic) -> Run:
        call = Call(url, self._scenario.streaming, self._scenario.patience)
        return run(self._row.adapter, call, leave_after=self._scenario.leave_after, now=now)

    def _seen_by(self, server: Loopback, done: Run) -> Run:
        if self._scenario.leave_after is not None:
            done.server_saw_it_leave = server.client_left.wait(1)
        return done


def judge(row: Row, scenario: Scenario, folder: Path, *, quick: bool = False) -> Verdict:
    """Record and replay, and say what differs.

    Args:
        quick: with short pauses, and without what a busy machine could spoil: without the comparison to an
            unrecorded run, whose network may join other pieces, and without the real clock.
    """
    trial = Trial(row, scenario, folder, pace=QUICK if quick else 1.0)
    recorded = trial.recorded()
    live = recorded if quick else trial.live()
    verdict = Verdict(str(scenario), requests=len(recorded.exchanges))
    verdict.error = None if recorded.error is None else kind_of(recorded.error)
    if recorded.exchanges:
        verdict.reads_on = recorded.exchanges[-1].ended_at is not None
    verdict.differs += _told({"recording": list(_recording(live, recorded, trial.interactions))})
    verdict.differs += _told(dict(_replays(trial, recorded, verdict, tries=0 if quick else TRIES)))
    return verdict


def _recording(live: Run, recorded: Run, interactions: Sequence[Interaction]) -> Iterator[str]:
    yield from differences(undated(live), undated(recorded))
    if held_back(live, recorded):
        yield "items come all at once"
    if live.server_saw_it_leave and not recorded.server_saw_it_leave:
        yield "the server isn't left"
    if recorded.exchanges:
        yield from kept(recorded, interactions)


def _replays(trial: Trial, recorded: Run, verdict: Verdict, *, tries: int) -> Iterator[tuple[str, list[str]]]:
    interactions = trial.interactions
    yield "instant", list(differences(recorded, trial.replayed("instant")))
    virtual = trial.replayed("recorded", VirtualClock())
    yield "virtual time", [*differences(recorded, virtual), *_off(lateness(virtual, interactions), EXACT)]
    if tries:
        real, late = _in_real_time(trial, recorded, interactions, tries)
        verdict.late = (round(middle(late) * 1000, 2), round(worst(late) * 1000, 2))
        at_once = ["items come all at once"] if held_back(recorded, real) else _off(late, TOLERANCE)
        yield "real time", [*differences(recorded, real), *at_once]


def _in_real_time(
    trial: Trial, recorded: Run, interactions: Sequence[Interaction], tries: int
) -> tuple[Run, list[float]]:
    """The best of so many tries, with its deviations."""
    found: list[tuple[Run, list[float]]] = []
    for _ in range(tries):
        real = trial.replayed("recorded")
        late = lateness(real, interactions) if real.exchanges else lateness_of_items(recorded, real)
        found.append((real, late))
        if worst(late) <= TOLERANCE:
            break
    return min(found, key=lambda one: worst(one[1]))


def _off(late: Sequence[float], tolerance: float) -> list[str]:
    return [f"off by {worst(late) * 1000:.1f} ms"] if worst(late) > tolerance else []


def _told(stages: dict[str, list[str]]) -> list[str]:
    """What was found at each stage; what all replays have in common is said once."""
    said: dict[str, list[str]] = {}
    for stage, words in stages.items():
        for word in dict.fromkeys(words):
            said.setdefault(word, []).append(stage)
    everywhere = len(stages) if len(stages) > 1 else 0
    return [f"{'replay' if len(at) == everywhere else ', '.join(at)}: {word}" for word, at in said.items()]
