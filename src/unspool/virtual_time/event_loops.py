"""Event loops of asyncio on virtual time.

A loop's `time` and its selector are replaced on the loop itself, so that a loop that has been running for
long is reached as well. The selector asks the timeline where it would block.

A loop gets its own time back: timers that were set on virtual time keep their distance, and those from before
that haven't come due keep their real distance.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import os
import socket
from collections.abc import Callable
from typing import Any

from unspool.virtual_time.members import TIMELINE, here, is_back_off
from unspool.virtual_time.others import SOCKET_PATIENCE
from unspool.virtual_time.real import Real
from unspool.virtual_time.swaps import Swap
from unspool.virtual_time.timeline import Moving, Party

_joined: dict[int, VirtualSelector] = {}


class VirtualSelector:
    """A loop's selector that doesn't block where virtual time can move instead."""

    def __init__(self, loop: Any, selector: Any, party: Party) -> None:
        self.party = party
        self.loop = loop
        self.selector = selector
        self._timers_before = {id(timer): timer for timer in loop._scheduled}
        self._files: Any = None
        self._open_since = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.selector, name)

    def select(self, timeout: float | None = None) -> Any:
        """The events that are ready; none at the moment of the loop's next timer."""
        if self.party.epoch != TIMELINE.epoch or (timeout is not None and timeout <= 0):
            return self._note(self.selector.select(timeout))
        due = math.inf if timeout is None else TIMELINE.now() + timeout
        return TIMELINE.wait(self.party, due, self._block)

    def close(self) -> None:
        """Close the real one: the loop is over."""
        _leave(self)
        self.selector.close()

    def _block(self, seconds: float) -> Any:
        if not seconds:
            return self._note(self.selector.select(0))
        return self._note(self.selector.select(None if seconds == math.inf else seconds))

    def _note(self, events: Any) -> Any:
        if events and any(getattr(key, "fileobj", None) not in _wakeup(self.loop) for key, _ in events):
            self._open_since = Real.monotonic()
        return events

    def pace(self) -> float:
        """How many seconds of real time its sockets and pipes should get now."""
        files = _files(self.selector) - _wakeup(self.loop)
        if files != self._files:
            self._files, self._open_since = files, Real.monotonic()
        left = self._open_since + SOCKET_PATIENCE - Real.monotonic()
        return left if left > 0 and not all(map(_listens, files)) else 0.0

    def hand_back(self) -> None:
        """Give the loop its own time back."""
        loop = self.loop
        vars(loop).pop("time", None)
        if loop._selector is self:
            loop._selector = self.selector
        ahead = TIMELINE.offset - self.party.base
        for timer in loop._scheduled:
            if id(timer) not in self._timers_before:
                timer._when -= ahead
        heapq.heapify(loop._scheduled)


def _wakeup(loop: Any) -> set[Any]:
    """The socket by which other threads wake the loop, and its descriptor."""
    ours = getattr(loop, "_ssock", None)
    return set() if ours is None else {ours, ours.fileno()}


def _files(selector: Any) -> set[Any]:
    # Another thread's loop may register files meanwhile: `list` of a dictionary's values is one step.
    keys = list(getattr(selector, "_fd_to_key", {}).values())
    return {key.fileobj for key in keys}


def _listens(file: Any) -> bool:
    """Whether it's a server's socket, which only receives connections."""
    return descriptor_listens(file if isinstance(file, int) else file.fileno())


def descriptor_listens(descriptor: int) -> bool:
    """Whether it's that of a server's socket."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            return bool(copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False


def is_reached(loop: Any) -> bool:
    """Whether a loop can be put on virtual time: it's asyncio's own, and no other tool moves its time."""
    if not isinstance(loop, asyncio.BaseEventLoop) or not hasattr(loop, "_selector"):
        return False
    module = getattr(type(loop).time, "__module__", "")
    return module in {"asyncio.base_events", "freezegun.api"}


def join_loop(loop: Any) -> Party | None:
    """Put a loop, and this thread in which it runs, on virtual time; None if it can't be reached."""
    if not is_reached(loop):
        return None
    party = here()
    known = _joined.get(id(loop))
    if known is not None:
        if known.party.epoch == TIMELINE.epoch and party in {None, known.party}:
            return known.party
        _leave(known)
    party = party or Party(TIMELINE.offset, TIMELINE.epoch)
    selector = VirtualSelector(loop, loop._selector, party)
    loop._selector = selector
    base = party.base
    loop.time = lambda: Real.monotonic() + TIMELINE.offset - base
    TIMELINE.others.sockets[id(loop)] = selector.pace
    _joined[id(loop)] = selector
    return party


def join_running_loop() -> None:
    """Put the loop that runs in this thread on virtual time, if one does."""
    loop = asyncio._get_running_loop()
    if loop is not None:
        join_loop(loop)


def release_loops() -> None:
    """Give all loops their own time back."""
    for selector in list(_joined.values()):
        loop = selector.loop
        if loop.is_running() and loop is not asyncio._get_running_loop():
            loop.call_soon_threadsafe(_leave, selector)
        else:
            _leave(selector)


def _leave(selector: VirtualSelector) -> None:
    if _joined.get(id(selector.loop)) is selector:
        del _joined[id(selector.loop)]
        TIMELINE.others.sockets.pop(id(selector.loop), None)
        selector.hand_back()


async def pause(loop: Any, seconds: float, *, clock: Moving, spent: float) -> None:
    """Sleep for a virtual pause on a loop that can be reached."""
    join_loop(loop)
    with TIMELINE.driving(seconds, clock=clock, spent=spent):
        await _sleep(max(0.0, seconds - spent))


_sleep = asyncio.sleep


def install(swap: Swap) -> None:
    """Reach the loops that are going to run in threads on virtual time, and the sleeps of their tasks."""
    swap(asyncio.BaseEventLoop, "run_forever", _run_forever)


def _run_forever(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def run_forever(self: Any) -> None:
        if here() is not None:
            join_loop(self)
        original(self)

    return run_forever


def sleeping(original: Callable[..., Any]) -> Callable[..., Any]:
    """`asyncio.sleep` or `trio.sleep`, which is a virtual pause where it backs off."""

    async def sleep(*args: Any, **kwargs: Any) -> Any:
        seconds = args[0] if args else next(iter(kwargs.values()), 0.0)
        if not seconds > 0 or not is_back_off(seconds):
            return await original(*args, **kwargs)
        with TIMELINE.driving(seconds):
            return await original(*args, **kwargs)

    return sleep
