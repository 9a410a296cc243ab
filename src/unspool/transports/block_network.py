"""`block_network`: for the length of a block, nothing reaches another machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from unspool.errors import NetworkBlockedError
from unspool.transports import scope
from unspool.transports.guard import LOOPBACK, guarded
from unspool.transports.intercept import interception


@contextmanager
def block_network(
    allowed_hosts: Iterable[str] = LOOPBACK,
    *,
    on_blocked: Callable[[NetworkBlockedError], None] | None = None,
) -> Iterator[None]:
    """Have every connection to another machine fail at once, with an error that names the host.

        with block_network():
            …

    It holds for this task or thread and all that these start. Inside it a cassette may be used as ever; where
    one is in use already, that stays in use.

    Args:
        allowed_hosts: what may be reached all the same: names, addresses and networks, each with a port or
            without; by default this machine.
        on_blocked: is told of each error, and may raise something else in its place.

    Raises (where the connection is tried):
        NetworkBlockedError: the host isn't allowed.

    Raises (at the end of the block):
        NetworkBlockedError: the same again, in case whatever tried swallowed it; not if `on_blocked` is there
            to be told.
    """
    outer = scope.here()
    blocked: list[NetworkBlockedError] = []
    with interception(), guarded():
        entered = scope.Scope(
            None if outer is None else outer.playback,
            outer,
            frozenset(allowed_hosts),
            blocked.append if on_blocked is None else on_blocked,
            [] if outer is None else outer.breakers,
        )
        scope.enter(entered)
        try:
            yield
        finally:
            scope.leave(entered)
    for error in blocked:
        raise error
