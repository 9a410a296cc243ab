"""Play a script: `use_script` for a block, `ScriptTransport` for one client."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from unspool.cassette.cassette import Cassette
from unspool.cassette.conversation import Conversations
from unspool.cassette.model import Interaction, Request
from unspool.cassette.player import Play
from unspool.clock import Clock, VirtualClock
from unspool.errors import CassetteError, FaultError
from unspool.script.script import Answer, Script
from unspool.script.turns import AnyOrder, Chunks, Pace
from unspool.transports import active
from unspool.transports.breaker import Breaker, BrokenResponse, Met
from unspool.transports.ignored import is_housekeeping
from unspool.transports.in_force import in_force
from unspool.transports.network_guard import LOOPBACK
from unspool.transports.playback import Playback
from unspool.transports.transport import CassetteTransport
from unspool.transports.use_cassette import CassetteContext, around


@dataclass(frozen=True, slots=True)
class _Here:
    """The task or thread that makes the request."""

    thread: threading.Thread
    task: Any

    def is_gone(self) -> bool:
        if self.task is None:
            return not self.thread.is_alive()
        done = getattr(self.task, "done", None)
        if done is not None:
            return bool(done())
        return getattr(self.task.coro, "cr_frame", None) is None  # trio's


def _here() -> _Here:
    return _Here(threading.current_thread(), _task())


def _task() -> Any:
    with suppress(RuntimeError):
        return asyncio.current_task()
    trio = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError):
            return trio.lowlevel.current_task()
    return None


class _Delivery:
    """How far a client has read an answer."""

    def __init__(
        self, interaction: Interaction, progress: Callable[[], int], is_over: Callable[[], bool]
    ) -> None:
        timeline = interaction.response.timeline
        self._pieces = len(timeline.chunks) if timeline else 1
        self._progress = progress
        self._is_over = is_over

    def is_whole(self) -> bool:
        return self._progress() >= self._pieces

    def was_left(self) -> bool:
        """Whether the client has closed the response before its end."""
        return self._is_over() and not self.is_whole()


class ScriptedCassette(Cassette):
    """A script in the place of a cassette: it chooses the answer to each request.

    Args:
        script: the script that answers.
        options: those of `Cassette`: `ignore_hosts`, `ignore_localhost`, `on_miss`, `on_notice`.
    """

    answers_housekeeping = True

    def __init__(self, script: Script, **options: Any) -> None:
        super().__init__(None, record_mode="none", **options)
        self.script = script
        self._chosen: dict[int, tuple[Request, Answer]] = {}
        self._answered: dict[int, Answer] = {}

    @property
    def name(self) -> str:
        return "the script"

    def choose(self, request: Request) -> Answer:
        """Choose the answer to a request, for `ask` to return.

        Raises:
            UnscriptedRequestError: there is none.
        """
        try:
            housekeeping = is_housekeeping(request.uri)
            answer = self.script.sink(request) if housekeeping else self.script.answer(request, _here())
        except CassetteError as error:
            self.missed(error)
            raise
        self._chosen[id(request)] = request, answer
        return answer

    def ask(self, request: Request, *, under_fault: bool = False, by_position: bool = False) -> Interaction:
        del under_fault, by_position
        known = self._chosen.pop(id(request), None)
        answer = known[1] if known is not None and known[0] is request else self.choose(request)
        self._chosen.pop(id(request), None)
        self._answered[id(answer.interaction)] = answer
        return answer.interaction

    def play(self, interaction: Interaction) -> Play:
        play = super().play(interaction)
        answer = self._answered.pop(id(interaction), None)
        if answer is not None and answer.given is not None:
            answer.given.deliveries.append(_Delivery(interaction, lambda: play.pieces, lambda: play.is_over))
        return play

    def give_back(self, interaction: Interaction) -> None:
        """Do nothing: a retry gets the same turn anyway."""


def broken_answer(answer: Answer, request: Request, met: Met) -> BrokenResponse | None:
    """Apply the fault of a turn to its answer; None if it has none, or spares this attempt."""
    fault, asked, ledger = answer.fault, answer.asked, answer.ledger
    if fault is None or asked is None or ledger is None:
        return None
    ledger.requests += 1
    if not fault.hits(asked):
        return None
    met.notes = notes = ledger.notes()
    return BrokenResponse(fault.stage(asked, notes), request, notes, met)


class ScriptBreaker(Breaker):
    """The faults of a script's turns; the fault of a whole test applies to turns without one."""

    def __init__(self, cassette: ScriptedCassette, lend_time: Callable[[], None]) -> None:
        from unspool.faults.fault import NoFault  # noqa: PLC0415 - to be a breaker without its own fault

        super().__init__(NoFault())
        self._cassette = cassette
        self._lend_time = lend_time

    def meet(self, request: Request, conversations: Conversations) -> BrokenResponse | None:
        answer = self._cassette.choose(request)
        if answer.asked is None:
            return None
        if answer.fault is None or answer.ledger is None:
            forced = in_force()
            return None if forced is None else forced.breaker.meet(request, conversations)
        met = Met(answer.asked)
        self.log.append(met)
        broken = broken_answer(answer, request, met)
        if broken is not None:
            self._lend_time()
            if answer.given is not None:
                answer.given.deliveries.append(
                    _Delivery(answer.interaction, lambda: met.pieces, lambda: met.error is not None)
                )
        return broken

    def errors(self) -> list[FaultError]:
        return []  # the script reports them


class ScriptContext:
    """What `use_script` returns: a context manager, sync or async, and a decorator."""

    def __init__(
        self,
        make: Callable[[], Script],
        *,
        clock: Clock | None,
        allowed_hosts: frozenset[str],
        checks: bool = True,
        **options: Any,
    ) -> None:
        self._make = make
        self.checks = checks
        self._clock = clock
        self._allowed_hosts = allowed_hosts
        self._options = options
        self._entered: list[tuple[CassetteContext, Script, ScriptedCassette]] = []

    def __enter__(self) -> Script:
        script = self._make()
        cassette = ScriptedCassette(script, **self._options)
        context = CassetteContext(
            lambda: cassette,
            factor=1.0,
            clock=self._clock or VirtualClock(),
            fault=None,
            freeze_time=False,
            require_all_played=False,
            allowed_hosts=self._allowed_hosts,
        )
        context.__enter__()
        used = active.here()
        if used is not None and used.playback is not None:
            playback = used.playback
            if script.has_time:
                playback.lend_time()
            used.playback = replace(playback, breaker=ScriptBreaker(cassette, playback.lend_time))
        self._entered.append((context, script, cassette))
        return script

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        context, script, cassette = self._entered.pop()
        if not self.checks:
            cassette.misses.clear()
        context.__exit__(kind, error, traceback)
        if error is None and self.checks:
            script.assert_complete()

    async def __aenter__(self) -> Script:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function to get a new script at each call: sync, async, or a generator of either."""
        return around(self._again, function)

    def _again(self) -> ScriptContext:
        return ScriptContext(
            self._make, clock=self._clock, allowed_hosts=self._allowed_hosts, **self._options
        )


def use_script(
    *turns: Any,
    format: str | None = None,  # noqa: A002 - the field's word
    chunks: Chunks = None,
    pace: Pace | float | None = None,
    any_order: AnyOrder = False,
    repeat: float = 1,
    clock: Clock | None = None,
    allowed_hosts: Iterable[str] = LOOPBACK,
    **options: Any,
) -> ScriptContext:
    """Answer every client's model requests from a script: as a context manager or a decorator.

        with use_script(call("get_weather", city="Oslo"), text("Rain.")) as script:
            assert my_agent("Weather in Oslo?") == "Rain."

    It applies to this task or thread and all that these start, also for clients made before, like
    `use_cassette`; no request reaches the network.

    Args:
        turns: the answers, in order; or one `Script`.
        format: the wire format of all requests, if their URLs don't identify it.
        chunks: how texts are cut, unless a turn sets it.
        pace: when pieces arrive, unless a turn sets it.
        any_order: whether turns may be played in any order; each then needs `turn(…, when=…)`.
        repeat: how often the script is played; each conversation then plays it separately.
        clock: the clock of the pauses; by default virtual time, which takes no real time.
        allowed_hosts: what other sockets may connect to: names and addresses; by default this machine.
        options: those of `Cassette` that let requests pass: `ignore_hosts`, `ignore_localhost`; and
            `on_miss`.

    Raises (at the end of the block):
        UnscriptedRequestError: a request got no turn, even if the client swallowed that error.
        UnplayedTurnsError: turns were left over.
        FaultError: a turn's fault found nothing to break.
    """
    make = _maker(turns, format=format, chunks=chunks, pace=pace, any_order=any_order, repeat=repeat)
    return ScriptContext(make, clock=clock, allowed_hosts=frozenset(allowed_hosts), **options)


def _maker(turns: tuple[Any, ...], **options: Any) -> Callable[[], Script]:
    if len(turns) == 1 and isinstance(turns[0], Script):
        given = {name: value for name, value in options.items() if value not in (None, False, 1)}
        if given:
            raise TypeError(f"a Script has its options already, got {', '.join(given)} as well")
        return lambda: cast("Script", turns[0])
    Script(*turns, **options)  # a wrong script fails here, not on entry
    return partial(Script, *turns, **options)


class ScriptTransport(CassetteTransport):
    """A transport that answers model requests from a script:
    `httpx.Client(transport=ScriptTransport(text("Hi")))`.

    For httpx and httpx2, sync and async. If its client is closed without an error, all turns must have been
    played.

    Args:
        turns: the answers, in order; or one `Script`.
        clock: whose time the pauses take; by default virtual time.
        options: those of `Script`.

    Attributes:
        script: the script.
    """

    def __init__(self, *turns: Any, clock: Clock | None = None, **options: Any) -> None:
        defaults: dict[str, Any] = {
            "format": None,
            "chunks": None,
            "pace": None,
            "any_order": False,
            "repeat": 1,
        }
        self.script = _maker(turns, **{**defaults, **options})()
        cassette = ScriptedCassette(self.script)
        breaker = ScriptBreaker(cassette, lambda: None)
        super().__init__(None, Playback(cassette, 1.0, clock or VirtualClock(), breaker=breaker))

    @contextmanager
    def _leaving(self, error: BaseException | None) -> Iterator[None]:
        with super()._leaving(error):
            yield
        if error is None:
            self.script.assert_complete()
