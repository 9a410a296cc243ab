"""What a test carries with it for its report: the cassettes in use, and who else has something to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.failure import Run

RUNS: pytest.StashKey[list[Run]] = pytest.StashKey()
OUTCOME: pytest.StashKey[str] = pytest.StashKey()
"""How a test ended: pytest's word; absent while it runs, and where the run was interrupted."""

NOTES: pytest.StashKey[list[str]] = pytest.StashKey()
"""What is to be said at the test's end, though nothing failed."""

RUNNING: pytest.StashKey[pytest.Function] = pytest.StashKey()
"""The test that is being run, in the session's stash."""

TELLERS: pytest.StashKey[list[Callable[[], Iterator[str]]]] = pytest.StashKey()


def watch(node: pytest.Item, teller: Callable[[], Iterator[str]]) -> None:
    """Have lines in the test's report, should it fail; the teller is asked then, and not before."""
    node.stash.setdefault(TELLERS, []).append(teller)
