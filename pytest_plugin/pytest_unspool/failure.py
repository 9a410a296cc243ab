"""What a failing test says of its streams; and what makes a test fail that would pass without a cassette."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pytest

from pytest_unspool.noted import RUNS, TELLERS

if TYPE_CHECKING:
    from unspool import Cassette, CassetteError


@dataclass
class Run:
    """A cassette in a test.

    Attributes:
        reported: the misses that have been complained of, so that its teardown needn't.
    """

    cassette: Cassette
    path: Path
    fail_on_unplayed: bool = False
    reported: list[CassetteError] = field(default_factory=list)


_AT_ONCE = "unspool_at_once"


def at_once(message: str) -> BaseException:
    """What fails the test here and now: pytest's own failure, which no client handles."""
    failed: BaseException = pytest.fail.Exception(message)
    setattr(failed, _AT_ONCE, True)
    return failed


def cut_to_the_test(item: pytest.Item, error: pytest.ExceptionInfo[BaseException] | None) -> None:
    """Of such a failure, show the way down to the test's own last line, and none of what is below it."""
    if error is None or not hasattr(error.value, _AT_ONCE):
        return
    steps = list(_steps(error.tb))
    while steps and not _is_own(item.config.rootpath, Path(steps[-1].tb_frame.f_code.co_filename)):
        steps.pop()
    way: TracebackType | None = None
    for step in reversed(steps):
        way = TracebackType(way, step.tb_frame, step.tb_lasti, step.tb_lineno)
    if way is not None:
        error.traceback = type(error.traceback)(way)


def _steps(way: TracebackType | None) -> Iterator[TracebackType]:
    while way is not None:
        yield way
        way = way.tb_next


def _is_own(root: Path, path: Path) -> bool:
    """Whether a file is the project's, and neither a library's nor ours."""
    return path.is_relative_to(root) and not {"site-packages", "unspool", "pytest_unspool"} & set(path.parts)


@contextmanager
def complaints(item: pytest.Item) -> Iterator[None]:
    """What the test's cassettes have to complain of, raised after the test; or noted on its own error."""
    __tracebackhide__ = True
    runs = item.stash.get(RUNS, [])
    try:
        yield
    except BaseException as error:
        for miss in _misses(runs):
            if str(miss) not in str(error):
                error.add_note(f"{type(miss).__name__}: {miss}")
        raise
    for miss in _misses(runs):  # also one that failed at once, but in a thread or a task that kept it
        pytest.fail(f"{item.nodeid}: {miss}", pytrace=False)
    for run in runs:
        if run.fail_on_unplayed:
            _check_unplayed(item, run)


def _misses(runs: list[Run]) -> Iterator[CassetteError]:
    from unspool.transports.expected import was_expected  # noqa: PLC0415 - a cassette is in use: it's loaded

    for run in runs:
        run.reported[:] = run.cassette.misses
        yield from (miss for miss in run.reported if not was_expected(miss))


def _check_unplayed(item: pytest.Item, run: Run) -> None:
    __tracebackhide__ = True
    from unspool import UnplayedInteractionsError  # noqa: PLC0415 - a cassette is in use: it's loaded

    try:
        run.cassette.raise_for_unplayed()
    except UnplayedInteractionsError as error:
        pytest.fail(f"{item.nodeid}: {error}", pytrace=False)


def tell_of_streams(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to a failed test's report what its streams had said by then."""
    lines = [line for run in item.stash.get(RUNS, []) for line in _told(item, run)]
    lines += [line for teller in item.stash.get(TELLERS, []) for line in teller()]
    if lines:
        report.sections.append((f"streams before the failure ({report.when})", "\n".join(lines)))


def _told(item: pytest.Item, run: Run) -> Iterator[str]:
    from pytest_unspool import story  # noqa: PLC0415 - it imports unspool

    yield from story.of_cassette(run.cassette)
    test, path = shlex.quote(item.nodeid), shlex.quote(str(run.path))
    if run.cassette.plays or run.cassette.recorded:
        yield f"replay it:   pytest {test} --unspool-record=none"
        yield f"look at it:  unspool show {path}"
    if run.cassette.recorded:
        yield f"it was recorded in this very run; to record it anew: pytest {test} --unspool-record=rewrite"
