"""`block_network`: block connections to other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from unspool.errors import NetworkBlockedError
from unspool.transports import active
from unspool.transports.child_environment import inherited
from unspool.transports.expected import is_expected_here
from unspool.transports.intercept import interception
from unspool.transports.network_guard import LOOPBACK, guarded


@contextmanager
def block_network(
    allowed_hosts: Iterable[str] = LOOPBACK,
    *,
    on_blocked: Callable[[NetworkBlockedError], None] | None = None,
    closed: bool = False,
) -> Iterator[None]:
    """Let every connection to another machine fail at once, with an error that names the host.

        with block_network():
            …

    It applies to this task or thread and all that these start. A cassette may be used inside it as usual; one
    that is already in use stays in use.

    Args:
        allowed_hosts: exceptions: names, addresses and networks, each with or without a port; by default this
            machine.
        on_blocked: called with each error; may raise something else in its place.
        closed: whether recording is blocked too: cassettes are replayed only, whatever their record mode.

    Raises (where the connection is tried):
        NetworkBlockedError: the host isn't allowed.

    Raises (at the end of the block):
        NetworkBlockedError: the same again, in case a client swallowed it; not if the test expects it by
            `pytest.raises(NetworkBlockedError)`, and not with `on_blocked`.
    """
    outer = active.here()
    blocked: list[NetworkBlockedError] = []

    def note(error: NetworkBlockedError) -> None:
        if not is_expected_here(error):
            blocked.append(error)

    with interception(), guarded():
        entered = active.Scope(
            None if outer is None else outer.playback,
            outer,
            frozenset(allowed_hosts),
            note if on_blocked is None else on_blocked,
            [] if outer is None else outer.breakers,
            is_closed=closed,
        )
        active.enter(entered)
        try:
            yield
        finally:
            active.leave(entered)
    for error in blocked:
        raise error


def close_this_process() -> None:
    """Block the network permanently, in a process that was started inside a closed block."""
    hosts = inherited()
    if hosts is not None:
        _for_good.enter_context(block_network(hosts, closed=True))


_for_good = ExitStack()
