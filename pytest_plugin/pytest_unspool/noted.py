"""What a test carries with it for its report: the cassettes in use, and who else has something to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.failure import Run

RUNS: pytest.StashKey[list[Run]] = pytest.StashKey()
TELLERS: pytest.StashKey[list[Callable[[], Iterator[str]]]] = pytest.StashKey()


def watch(node: pytest.Item, teller: Callable[[], Iterator[str]]) -> None:
    """Have lines in the test's report, should it fail; the teller is asked then, and not before."""
    node.stash.setdefault(TELLERS, []).append(teller)
