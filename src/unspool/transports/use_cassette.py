"""`use_cassette`: record or replay every client's requests in a block."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, aclosing
from threading import Lock
from typing import Any, ParamSpec, Self, TypeVar

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction
from unspool.clock import REAL_CLOCK, Clock, VirtualClock, lent
from unspool.errors import CassetteError, CassetteNotFoundError, CassetteWarning, FaultError
from unspool.faults.fault import Fault
from unspool.transports import active
from unspool.transports.breaker import Breaker
from unspool.transports.expected import place_of_caller, was_expected
from unspool.transports.freeze_time import frozen_at
from unspool.transports.http_library import mark_failed
from unspool.transports.in_force import in_force
from unspool.transports.intercept import interception
from unspool.transports.network_guard import LOOPBACK, guarded
from unspool.transports.playback import Playback
from unspool.transports.replay import Timing, factor_of, is_retried
from unspool.transports.vcr_stubs import stubbed

P = ParamSpec("P")
R = TypeVar("R")


def use_cassette(
    path: str | os.PathLike[str] | Cassette,
    *,
    timing: Timing = "instant",
    clock: Clock | None = None,
    fault: Fault | None = None,
    freeze_time: bool = False,
    require_all_played: bool = False,
    allowed_hosts: Iterable[str] = LOOPBACK,
    **options: Any,
) -> CassetteContext:
    """Record to a cassette, or replay it: as a context manager or a decorator, sync or async.

        with use_cassette("weather.yaml") as cassette:
            client.chat.completions.create(…)

        @use_cassette("weather.yaml")
        async def test_weather(): …

    It applies to this task or thread and all that these start, also for clients made before; inside it no
    client of httpx, httpx2, requests, urllib3, aiohttp or botocore reaches the network unnoticed.

    Args:
        path: the cassette's file; or a `Cassette`, which keeps its own options.
        timing: `instant`; `recorded`, at the recorded times; or a number that stretches these.
        clock: the clock of the playback. A `VirtualClock` moves the time that the application reads, so that
            a
            minute's stream takes no time and a timeout of 5 seconds fires after 5 (`unspool.virtual_time`);
            it's the default if only a fault takes time. Otherwise the default is real time.
        fault: the fault that breaks the responses; its own pauses count with any timing. Under a fault
            nothing is recorded, in any record mode; its attempts count from the beginning of the block.
        freeze_time: while replaying, `freezegun` stops time at each request's recorded moment.
        require_all_played: whether it's an error if a recording is left over.
        allowed_hosts: what other sockets may connect to: names and addresses; by default this machine.
        options: those of `Cassette`: `record_mode`, `match_on`, `ignore`, ….

    Raises (at the end of the block):
        UnrecordedRequestError: a request had no recording, even if the client swallowed that error.
        FaultError: the fault found nothing to break where it should have, or broke nothing at all, even if
            the client swallowed that error.
        UnplayedInteractionsError: recordings were left over, and all had to be played.
        CassetteWriteError: the recordings can't be written.
    """
    if isinstance(path, Cassette) and options:
        raise TypeError(f"a Cassette has its options already, got {', '.join(options)} as well")
    if fault is not None:
        options["record_mode"] = "none"
    return CassetteContext(
        functools.partial(Cassette, path, **options) if not isinstance(path, Cassette) else lambda: path,
        factor=factor_of(timing),
        clock=clock or (VirtualClock() if fault is not None and not factor_of(timing) else REAL_CLOCK),
        fault=fault,
        freeze_time=freeze_time,
        require_all_played=require_all_played,
        allowed_hosts=frozenset(allowed_hosts),
    )


class CassetteContext:
    """The result of `use_cassette`. Each time it's entered or its function called, it loads the cassette."""

    def __init__(
        self,
        make: Callable[[], Cassette],
        *,
        factor: float,
        clock: Clock,
        fault: Fault | None,
        freeze_time: bool,
        require_all_played: bool,
        allowed_hosts: frozenset[str],
    ) -> None:
        self._make = make
        self._factor = factor
        self._clock = clock
        self._fault = fault
        self._freeze_time = freeze_time
        self._require_all_played = require_all_played
        self._allowed_hosts = allowed_hosts
        self._entered: list[tuple[active.Scope, Cassette, ExitStack]] = []

    def __repr__(self) -> str:
        make = self._make
        named = repr(make.args[0]) if isinstance(make, functools.partial) else repr(make())
        return f"use_cassette({named})"

    def __enter__(self) -> Cassette:
        cassette = self._loaded()
        breaker = None if self._fault is None else Breaker(self._fault)
        with ExitStack() as stack:
            stack.enter_context(interception())
            stack.enter_context(stubbed())
            stack.enter_context(guarded())
            # After what these import: a module imported while time stands would keep a false datetime.
            frozen = stack.enter_context(frozen_at(cassette, wanted=self._freeze_time))
            lender = stack.enter_context(_Lender(self._clock))
            if (self._factor or self._fault is not None) and cassette.interactions:
                lender.lend()

            def played(interaction: Interaction) -> None:
                frozen.played(interaction)
                if is_retried(interaction):
                    lender.lend()

            playback = Playback(
                cassette,
                self._factor,
                self._clock,
                on_play=played,
                on_end=frozen.ended,
                lend_time=lender.lend,
                breaker=breaker,
            )
            entered = active.Scope(playback, active.here(), self._allowed_hosts)
            entered.breakers += [] if breaker is None else [breaker]
            entered.entered_at = place_of_caller()
            active.enter(entered)
            stack.callback(active.leave, entered)
            self._entered.append((entered, cassette, stack.pop_all()))
        return cassette

    def _loaded(self) -> Cassette:
        if in_force() is None:
            is_closed = active.closed_around(active.here()) is not None
            return self._make_unrecorded() if is_closed else self._make()
        cassette = self._make_unrecorded()
        if cassette.path is not None and not cassette.interactions and not cassette.path.exists():
            raise CassetteNotFoundError(
                f"nothing has been recorded yet to {cassette.path}, and under a fault nothing is: the test"
                " [unbroken] does that"
            )
        return cassette

    def _make_unrecorded(self) -> Cassette:
        """Return the cassette, in a mode that records nothing."""
        make = self._make
        if isinstance(make, functools.partial):
            make = functools.partial(make, record_mode="none")
        return make()

    @property
    def breakers(self) -> list[Breaker]:
        """The faults over the responses of the cassette entered last, one after the other."""
        return self._entered[-1][0].breakers if self._entered else []

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        used, cassette, stack = self._last_entered()
        stack.close()
        if error is not None:
            mark_failed(cassette, error)
        elif any(_unexpected(cassette, used)):
            cassette.mark_failed()
        try:
            cassette.close()
            self._check(cassette, used)
        except (CassetteError, CassetteWarning, FaultError) as problem:  # a warning may be made an error
            if error is None:
                raise
            if problem is not error:  # the block's own error takes precedence; ours may be its cause
                error.add_note(f"{type(problem).__name__}: {problem}")

    def _last_entered(self) -> tuple[active.Scope, Cassette, ExitStack]:
        """Return the entry of this task or thread, or of any if it's left in another one."""
        here = active.here()
        mine = [index for index, (entered, _, _) in enumerate(self._entered) if entered is here]
        return self._entered.pop(mine[0] if mine else -1)

    def _check(self, cassette: Cassette, used: active.Scope) -> None:
        for miss in _unexpected(cassette, used):
            raise miss
        for error in (error for breaker in used.breakers for error in breaker.errors()):
            raise error
        if self._require_all_played and in_force() is None:  # a broken test may end early
            cassette.raise_for_unplayed(under_fault=bool(used.breakers))

    async def __aenter__(self) -> Cassette:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Wrap a function to run with a new cassette at each call: sync, async, or a generator of either."""
        return around(self._again, function)

    def _again(self) -> CassetteContext:
        return CassetteContext(
            self._make,
            factor=self._factor,
            clock=self._clock,
            fault=self._fault,
            freeze_time=self._freeze_time,
            require_all_played=self._require_all_played,
            allowed_hosts=self._allowed_hosts,
        )


class _Lender:
    """Virtual time for the block, from the first possible wait on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stack = ExitStack()
        self._lock = Lock()
        self._is_lent = False

    def __enter__(self) -> Self:
        return self

    def lend(self) -> None:
        with self._lock:
            if not self._is_lent:
                self._is_lent = True
                self._stack.enter_context(lent(self._clock))

    def __exit__(self, *exc: object) -> None:
        self._stack.close()


def _unexpected(cassette: Cassette, used: active.Scope) -> Iterator[CassetteError]:
    """Return the misses that the block doesn't expect."""
    return (miss for miss in cassette.misses if not was_expected(miss, inside=used.entered_at))


def around(context: Callable[[], AbstractContextManager[Any]], function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function to run in a new context at each call."""
    for is_one, wrap in _WRAPPERS:
        if is_one(function):
            return functools.wraps(function)(wrap(context, function))
    return functools.wraps(function)(_around_call(context, function))


def _around_call(
    context: Callable[[], AbstractContextManager[Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with context():
            return function(*args, **kwargs)

    return call


def _around_coroutine(
    context: Callable[[], AbstractContextManager[Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with context():
            return await function(*args, **kwargs)

    return call


def _around_generator(
    context: Callable[[], AbstractContextManager[Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with context():
            return (yield from function(*args, **kwargs))

    return call


def _around_async_generator(
    context: Callable[[], AbstractContextManager[Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with context():
            async with aclosing(function(*args, **kwargs)) as items:
                async for item in items:
                    yield item

    return call


_WRAPPERS = (
    (inspect.iscoroutinefunction, _around_coroutine),
    (inspect.isasyncgenfunction, _around_async_generator),
    (inspect.isgeneratorfunction, _around_generator),
)
