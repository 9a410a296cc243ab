"""Keep from the network what should reach no other machine: the whole run, or a test.

It imports unspool, and is imported only where the network is blocked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pytest_unspool import markers, options
from pytest_unspool.failure_report import FailedAtOnce
from pytest_unspool.stash import BLOCKED, BLOCKED_IN_RUN
from unspool import NetworkBlockedError, block_network
from unspool.transports.network_guard import LOOPBACK


def block_run(config: pytest.Config) -> None:
    """Block the network until pytest is unconfigured: for imports, fixtures, tests, hooks and threads."""
    stack = ExitStack()
    allowed = {*LOOPBACK, *options.allowed_hosts(config)}
    blocked = config.stash[BLOCKED_IN_RUN] = []
    stack.enter_context(block_network(allowed, on_blocked=blocked.append, closed=True))
    config.add_cleanup(stack.close)


def summarize(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was blocked outside of tests, in case it was swallowed there."""
    hosts = dict.fromkeys(str(error).partition(",")[0] for error in config.stash[BLOCKED_IN_RUN])
    if hosts:
        reporter.section("Unspool: blocked outside of tests")
        for line in hosts:
            reporter.write_line(line)


@contextmanager
def blocked(node: pytest.Item, mark: pytest.Mark | None) -> Iterator[None]:
    """Block the network around a test, and have it fail at once where it tries all the same."""
    tried = node.stash.setdefault(BLOCKED, [])
    allowed = {*LOOPBACK, *options.allowed_hosts(node.config)} if mark is None else _hosts_of(mark)

    def fail(error: NetworkBlockedError) -> None:
        __tracebackhide__ = True
        message = (
            f"{node.nodeid}: {error}\nIn a test: mark it with @pytest.mark.stream_cassette and run it once,"
            " or allow the host with --unspool-allowed-hosts or the ini key unspool_allowed_hosts."
        )
        tried.append(error)
        raise FailedAtOnce(message) from None

    with block_network(allowed, on_blocked=fail, closed=True):
        yield
    for error in tried:  # what came since the test
        pytest.fail(f"{node.nodeid}: {error}", pytrace=False)


def _hosts_of(mark: pytest.Mark) -> set[str]:
    if mark.args or mark.kwargs.keys() - {"allowed_hosts"}:
        raise pytest.UsageError(
            f"expected @pytest.mark.{markers.BLOCK_NETWORK} with allowed_hosts= at most, got"
            f" {[*mark.args, *mark.kwargs]}"
        )
    hosts = mark.kwargs.get("allowed_hosts")
    return {*LOOPBACK, *([hosts] if isinstance(hosts, str) else hosts or ())}
