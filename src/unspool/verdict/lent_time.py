"""Virtual time for any code: `lent_time`, with which `examine` runs a client."""

from __future__ import annotations

from contextlib import AbstractContextManager

from unspool.clock import VirtualClock
from unspool.virtual_time.lending import lend

SteppingClock = VirtualClock
"""The old name of `VirtualClock` here."""


def lent_time(clock: VirtualClock) -> AbstractContextManager[None]:
    """Let every sleep in the block pass on a virtual clock, and every timer with it.

    It applies to this thread, its event loop, and the threads and loops that they start: `time.sleep` and
    `asyncio.sleep`, trio's and anyio's sleeps and scopes, `threading` and `queue` with their timeouts. The
    time that they read is ahead by the virtual pauses. See `unspool.virtual_time`.

    Warns:
        UnreachedTimerWarning: at the end, if a long sleep may have jumped over a timer that can't be reached.
    """
    return lend(clock, eager=True)
