"""`examine`: run a client against one broken response, in virtual time, and judge it."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from unspool.cassette.boundaries import pieces
from unspool.cassette.cassette import Cassette
from unspool.cassette.content_coding import decoded
from unspool.cassette.model import Interaction, Response, header
from unspool.cassette.store import load
from unspool.errors import CassetteError, FaultError, MockError, name_of
from unspool.faults import Fault, NoFault
from unspool.faults.model_event import format_of_body
from unspool.providers import FORMATS
from unspool.providers.detect import format_of_exchange
from unspool.transports.transport import FaultTransport, ReplayTransport
from unspool.verdict.judge import Limits, judge
from unspool.verdict.lent_time import SteppingClock, lent_time
from unspool.verdict.log import Attempt, Log, Outcome, Pull
from unspool.verdict.reading import read
from unspool.verdict.verdict import Verdict
from unspool.verdict.watch import Halt, WatchTransport

Said = str | Iterable[str] | None
Client = Callable[[Any], Said | Awaitable[Said] | AsyncIterable[str]]
"""A client: makes one request through its transport, and returns the response's text, or yields it."""

_TURNS = 5
"""How many iterations of its event loop an async client has to close its responses."""

_NO_FAULT = NoFault()
_LIMITS = Limits()


def examine(
    client: Client,
    answer: Interaction | str | os.PathLike[str],
    fault: Fault = _NO_FAULT,
    *,
    limits: Limits = _LIMITS,
    backend: str = "asyncio",
) -> Verdict:
    """Judge what a client does when its response breaks.

        def client(transport):
            with httpx.Client(transport=transport, timeout=30) as http:
                …
            return text

        verdict = examine(client, "weather.yaml", CutEvents(2))
        assert not verdict.findings, verdict

    All time is virtual: recorded pauses, the fault's, the client's own; see `lent_time`.

    Args:
        client: called with a transport, for httpx or httpx2, sync or async. It makes one request and returns
            the text that it received, or yields it piece by piece, so that it's known even if an error
            follows, or returns None, and is judged by its actions alone. It may be `async`, and then runs in
            its own event loop.
        answer: the response to every request: an interaction, or the file of a cassette that contains one.
        fault: the fault that breaks it.
        limits: the client's tolerances.
        backend: `asyncio` or `trio`, for an async client.

    Raises:
        FaultError: the response contains nothing that this fault could break.
        MockError: the client made no request through the transport.
        CassetteError: the cassette doesn't contain exactly one interaction, or the response is no stream.
    """
    interaction = answer if isinstance(answer, Interaction) else _only(answer)
    wire_format = _format_of(interaction)
    clock = SteppingClock()
    transport = _broken(interaction, fault, clock)
    watch = WatchTransport(transport, clock, limits)
    notes = _Notes()
    import_module(backend)  # before its `sleep` is lent
    with lent_time(clock):
        _run(client, watch, notes, backend)
    if watch.problem is not None:
        raise watch.problem
    if not watch.attempts:
        made = notes.error or (notes.halted and f"stopped {notes.halted}") or "returned"
        raise MockError(
            "expected the client to ask through the transport that it's handed, and it never did; it"
            f" came to: {made}. Is the transport passed on, as in httpx.Client(transport=transport)?"
        )
    transport.raise_for_misfits()
    outcome = Outcome(notes.text, notes.error, notes.halted, clock.elapsed)
    whole = _whole(interaction, fault, len(watch.attempts))
    return judge(Log(wire_format, watch.attempts, outcome, repr(fault), whole), limits)


def _format_of(interaction: Interaction) -> str:
    """Identify the response's wire format, by its URL and its content type, or else by its events."""
    response = decoded(interaction.response)
    told = format_of_exchange(interaction.request.uri, header(response.headers, "content-type"))
    found = told if told in FORMATS else format_of_body(response.body)
    if found is None or read(_read_up(response), found).is_nothing:
        raise CassetteError(
            f"expected the answer of {interaction.request.uri} to be a stream in a format that is known, got"
            f" {response.body[:60]!r}; what a client does with an answer in one piece isn't judged"
        )
    return found


def _whole(interaction: Interaction, fault: Fault, number: int) -> Attempt | None:
    """Return the whole response to the request of that number."""
    try:
        return _read_up(fault.apply(interaction, attempt=max(number, 1)).response)
    except FaultError:  # it has no end
        return None


def _read_up(response: Response) -> Attempt:
    pulls = [Pull(data) for _, data in pieces(response)]
    return Attempt(status=response.status, headers=response.headers, pulls=pulls, ended_at=0.0)


def _only(path: str | os.PathLike[str]) -> Interaction:
    interactions = load(Path(path)).interactions
    if len(interactions) != 1:
        raise CassetteError(
            f"expected one interaction in {os.fspath(path)}, got {len(interactions)}: hand over the one to"
            " be broken, as in Cassette.load(path).interactions[0]"
        )
    return interactions[0]


def _broken(interaction: Interaction, fault: Fault, clock: SteppingClock) -> FaultTransport:
    cassette = Cassette.of([interaction], match_on=["method"], allow_playback_repeats=True)
    replay = ReplayTransport(cassette, timing="recorded", clock=clock)
    return FaultTransport(replay, fault, clock=clock)


class _Notes:
    """The client's text so far, and how it ended."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.error: str | None = None
        self.halted: str | None = None

    def add(self, said: str) -> None:
        self.text = (self.text or "") + said

    @contextmanager
    def outcome(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - any exception of a client is its outcome
            self.error = _described(error)
        except BaseException as error:
            halt = _halt_in(error)
            if halt is None:
                raise
            self.halted = str(halt)


def _described(error: Exception) -> str:
    return f"{type(error).__module__.partition('.')[0]}.{name_of(error)}: {error}"


def _halt_in(error: BaseException) -> BaseException | None:
    """Return the halt, which a task group may have wrapped."""
    if isinstance(error, BaseExceptionGroup):
        return next((halt for one in error.exceptions if (halt := _halt_in(one))), None)
    return error if isinstance(error, Halt) else None


def _run(client: Client, watch: WatchTransport, notes: _Notes, backend: str) -> None:
    with notes.outcome():
        said = client(watch)
        if isinstance(said, Awaitable | AsyncIterable):
            import anyio  # noqa: PLC0415 - only async clients need it

            anyio.run(_arun, said, watch, notes, backend=backend)
        else:
            _listen(said, notes)
    watch.is_over = True


async def _arun(said: Any, watch: WatchTransport, notes: _Notes) -> None:
    from anyio.lowlevel import checkpoint  # noqa: PLC0415 - as above

    with notes.outcome():
        await _alisten(said, notes)
    for _ in range(_TURNS):
        await checkpoint()
    watch.is_over = True  # before the loop closes the remaining ones


def _listen(said: Said, notes: _Notes) -> None:
    if isinstance(said, str):
        notes.add(said)
    elif said is not None:
        notes.add("")
        for piece in said:
            notes.add(piece)


async def _alisten(said: Any, notes: _Notes) -> None:
    if inspect.isawaitable(said):
        said = await said
    if not isinstance(said, AsyncIterable):
        _listen(said, notes)
        return
    notes.add("")
    async for piece in said:
        notes.add(piece)
