"""Per-test state for the failure report: the cassettes in use, the faults, and what else reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.settings import Settings
    from pytest_unspool.stream_server import StreamServer
    from pytest_unspool.stream_torture import Broken
    from unspool import Cassette, CassetteError, NetworkBlockedError
    from unspool.script import Script
    from unspool.transports.breaker import Breaker


@dataclass
class Run:
    """A cassette in a test.

    Attributes:
        breakers: the faults that its responses pass through.
        reported: the misses that have been reported, so that its teardown doesn't repeat them.
        settings: the test's settings; None if the cassette isn't used by the plugin.
    """

    cassette: Cassette
    path: Path
    fail_on_unplayed: bool = False
    breakers: list[Breaker] = field(default_factory=list)
    reported: list[CassetteError] = field(default_factory=list)
    settings: Settings | None = None


RUNS: pytest.StashKey[list[Run]] = pytest.StashKey()
OUTCOME: pytest.StashKey[str] = pytest.StashKey()
"""How a test ended: pytest's word; absent while it runs, and where the run was interrupted."""

NOTES: pytest.StashKey[list[str]] = pytest.StashKey()
"""What is to be said at the test's end, though nothing failed."""

RUNNING: pytest.StashKey[pytest.Function] = pytest.StashKey()
"""The test that is being run, in the session's stash."""

TELLERS: pytest.StashKey[list[Callable[[], Iterator[str]]]] = pytest.StashKey()

BROKEN: pytest.StashKey[Broken] = pytest.StashKey()
"""The fault of the fixture `unspool_fault`, which is in force for all streams of the test."""

FAULTS: pytest.StashKey[list[Breaker]] = pytest.StashKey()
"""The faults that a test has given to single streams."""

BLOCKED: pytest.StashKey[list[NetworkBlockedError]] = pytest.StashKey()
"""The connections that a test without a cassette has tried to make, and hasn't been told of yet."""

BLOCKED_IN_RUN: pytest.StashKey[list[NetworkBlockedError]] = pytest.StashKey()
"""The connections that something outside of tests has tried to make in a blocked run."""

SCRIPTS: pytest.StashKey[list[Script]] = pytest.StashKey()
"""The scripted models of a test."""

SERVERS: pytest.StashKey[list[StreamServer]] = pytest.StashKey()
"""The servers of a test."""

HAS_RUN: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the test itself has run, so that a fault that hasn't happened by now won't."""

IS_OURS: pytest.StashKey[bool] = pytest.StashKey()
"""Whether what failed the test is a miss, a block or a misplaced fault, which no `xfail` may hide."""


def watch(node: pytest.Item, teller: Callable[[], Iterator[str]]) -> None:
    """Have lines in the test's report, should it fail; the teller is asked then, and not before."""
    node.stash.setdefault(TELLERS, []).append(teller)
