"""Find the cassette of a request: that of the task or thread that makes it.

A context variable stores it, which every new task inherits; threads inherit it too while a cassette is in use
(see `intercept`). Work that was started before any cassette, such as a pool's thread, has none: it belongs to
the cassette in use, if there is only one, because no request may reach the network unnoticed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from unspool.errors import CassetteError, NetworkBlockedError

if TYPE_CHECKING:
    from unspool.transports.playback import Playback
from unspool.transports.breaker import Breaker


@dataclass(eq=False, slots=True)
class Scope:
    """The scope of a cassette in use, or of a block without network.

    Attributes:
        playback: the cassette, and how it's played; None without one.
        parent: the scope around it.
        allowed_hosts: hosts that a socket may connect to.
        on_blocked: called for each connection that isn't allowed.
        breakers: the faults that were applied to its responses.
        is_closed: whether recording is blocked inside it, too.
    """

    playback: Playback | None
    parent: Scope | None = None
    allowed_hosts: frozenset[str] = frozenset()
    on_blocked: Callable[[NetworkBlockedError], None] | None = None
    breakers: list[Breaker] = field(default_factory=list)
    is_closed: bool = False
    is_open: bool = field(default=True, init=False)
    entered_at: tuple[str, int] | None = field(default=None, init=False)


_current: ContextVar[Scope | None] = ContextVar("unspool_scope", default=None)
_open: list[Scope] = []
_lock = threading.Lock()


def current() -> Scope | None:
    """Return the innermost cassette in use here; None if there is none.

    Raises:
        CassetteError: the thread was started before any cassette was in use, and now several are.
    """
    scope = here()
    if scope is not None:
        return scope
    check_late()
    if not _open:
        return None
    with _lock:
        inner = [scope for scope in _open if not any(other.parent is scope for other in _open)]
    if len(inner) > 1:
        names = ", ".join(scope.playback.cassette.name for scope in inner if scope.playback is not None)
        raise CassetteError(
            f"{len(inner)} cassettes are in use at once ({names}), and this request comes from a thread or"
            " task that was started before any of them. Start it inside the block whose cassette it should"
            " use, or run it in that block's context (contextvars.copy_context)."
        )
    return inner[0] if inner else None


def is_idle() -> bool:
    """Whether no block is open, and this isn't work of one that has ended: a cheap check of the usual
    case.
    """
    return not _open and _started_in.get() is None


class LateWorkError(NetworkBlockedError):
    """A thread makes a request after the end of the block or test in which it was started."""


_started_in: ContextVar[Scope | None] = ContextVar("unspool_started_in", default=None)


def start_thread_here() -> Scope | None:
    """Bind this context, which a new thread gets, to the cassette in use; returns its scope."""
    scope = here()
    _started_in.set(scope)
    return scope


@contextmanager
def working_for(scope: Scope | None) -> Iterator[None]:
    """Run work in a pool's thread with the cassette of its submitter."""
    token = _started_in.set(scope)
    try:
        yield
    finally:
        _started_in.reset(token)


def check_late() -> None:
    """Reject work of a thread that has outlived its cassette: it doesn't belong to the next one.

    Raises:
        LateWorkError: this is such a thread.
    """
    scope = _started_in.get()
    if scope is None or scope.is_open or scope.playback is None:
        return
    cassette = scope.playback.cassette
    thread = threading.current_thread().name
    error = LateWorkError(
        f"the thread {thread!r} was started inside {cassette.name} and makes a request after that has ended:"
        " it's neither recorded nor sent. Join the thread, or close its client, before the block or test ends"
    )
    cassette.note_late(str(error))
    raise error


def playback() -> Playback | None:
    """Return the cassette in use here, and how it's played; None if there is none.

    Raises:
        CassetteError: like `current`.
    """
    scope = current()
    return None if scope is None else scope.playback


def here() -> Scope | None:
    """Return the innermost cassette in use that this very task or thread has entered or inherited."""
    scope = _current.get()
    while scope is not None and not scope.is_open:
        scope = scope.parent
    return scope


def closed_around(scope: Scope | None) -> Scope | None:
    """Return the innermost closed block, from this one outwards; None if there is none."""
    while scope is not None and not (scope.is_closed and scope.is_open):
        scope = scope.parent
    return scope


def enter(scope: Scope) -> None:
    """Start to use a cassette, in this task or thread and in those that it starts."""
    with _lock:
        _open.append(scope)
    _current.set(scope)


def leave(scope: Scope) -> None:
    """End the use of a cassette, everywhere."""
    scope.is_open = False
    with _lock:
        _open.remove(scope)
    # Not by a token: a fixture may be torn down in another context than it was set up in.
    _current.set(here())
