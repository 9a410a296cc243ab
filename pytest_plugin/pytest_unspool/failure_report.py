"""What a failing test says of its streams; and what makes a test fail that would pass without a cassette."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pytest

from pytest_unspool import stash
from pytest_unspool.stash import RUNS, TELLERS, Run

if TYPE_CHECKING:
    from unspool import Cassette, CassetteError
    from unspool.script import Script


if TYPE_CHECKING:
    _Failed = BaseException
else:
    _Failed = pytest.fail.Exception


class FailedAtOnce(_Failed):
    """A miss that fails the test here and now: pytest's own failure, which no client handles.

    A class of its own, because pytest's own one can't be pickled, and so can't come out of a process pool.
    """


def cut_to_the_test(item: pytest.Item, error: pytest.ExceptionInfo[BaseException] | None) -> None:
    """Of such a failure, show the way down to the test's own last line, and none of what is below it."""
    if error is None or not isinstance(error.value, FailedAtOnce):
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


def complain(item: pytest.Item) -> None:
    """Fail a test for what its cassettes have to complain of, though nothing was raised.

    It may well have been raised, in a thread or a task that kept it.
    """
    __tracebackhide__ = True
    for complaint in _complaints(item):
        item.stash[stash.IS_OURS] = True
        pytest.fail(f"{item.nodeid}: {complaint}", pytrace=False)


_MOST_NOTES = 3
_WITH_HYPOTHESIS = (
    "A cassette holds the answers to the inputs of one run: @settings(derandomize=True, deadline=None) makes"
    " Hypothesis choose the same ones in every run, and lets it wait for those that are recorded."
)


def note_on(item: pytest.Item, error: BaseException) -> None:
    """Add to a test's own error what its cassettes have to complain of.

    Raises:
        Skipped: the test is a scenario that broke nothing.
    """
    complaints = _complaints(item)
    new = [complaint for complaint in complaints if str(complaint) not in str(error)]
    for complaint in new[:_MOST_NOTES]:
        error.add_note(f"{type(complaint).__name__}: {complaint}")
    if len(new) > _MOST_NOTES:
        error.add_note(f"and {len(new) - _MOST_NOTES} more of this kind")
    if complaints:
        item.stash[stash.IS_OURS] = True
    if type(error).__module__ == "hypothesis.errors" and item.stash.get(RUNS, []):
        error.add_note(_WITH_HYPOTHESIS)
    if stash.BROKEN in item.stash and not complaints:
        from pytest_unspool import stream_torture  # noqa: PLC0415 - few tests are broken

        reason = stream_torture.reason_to_skip(item, error)
        if reason is not None:
            raise pytest.skip.Exception(reason, _use_item_location=True) from None


def check_the_end(item: pytest.Item) -> None:
    """After a test that has passed: whether its recordings were played, and its streams broken."""
    __tracebackhide__ = True
    for run in item.stash.get(RUNS, []):
        if run.fail_on_unplayed:
            _check_unplayed(item, run)
    for script in item.stash.get(stash.SCRIPTS, []):
        _check_complete(item, script)
    for server in item.stash.get(stash.SERVERS, []):
        for problem in server.problems():
            item.stash[stash.IS_OURS] = True
            pytest.fail(f"{item.nodeid}: {problem}", pytrace=False)
    broken = item.stash.get(stash.BROKEN, None)
    if broken is not None:
        broken.check()


def _check_complete(item: pytest.Item, script: Script) -> None:
    __tracebackhide__ = True
    from unspool.errors import UnspoolError  # noqa: PLC0415 - a script is in use: it's loaded

    try:
        script.assert_complete()
    except UnspoolError as error:
        item.stash[stash.IS_OURS] = True
        raise pytest.fail.Exception(f"{item.nodeid}: {error}", pytrace=False) from None


def _complaints(item: pytest.Item) -> list[Exception]:
    """Misses, blocks, and faults that didn't happen, each once."""
    runs = item.stash.get(RUNS, [])
    blocked = item.stash.get(stash.BLOCKED, [])
    breakers = [*(one for run in runs for one in run.breakers), *item.stash.get(stash.FAULTS, [])]
    broken = item.stash.get(stash.BROKEN, None)
    if broken is not None and broken.must_have_happened:
        breakers.append(broken.breaker)
    found: list[Exception] = [*_misses([*runs, *item.session.stash.get(RUNS, [])]), *blocked]
    if item.stash.get(stash.HAS_RUN, False):
        found += [error for breaker in breakers for error in breaker.errors()]
    blocked.clear()
    return found


def _misses(runs: list[Run]) -> Iterator[CassetteError]:
    from unspool.transports.expected import was_expected  # noqa: PLC0415 - a cassette is in use: it's loaded

    for run in runs:
        new = [miss for miss in run.cassette.misses if miss not in run.reported]
        run.reported += new
        yield from (miss for miss in new if not was_expected(miss))


def is_ours(item: pytest.Item, error: BaseException) -> bool:
    """Whether a miss, a block or a fault that didn't happen failed a test: no `xfail` may hide that."""
    if item.stash.get(stash.IS_OURS, False) or isinstance(error, FailedAtOnce):
        return True
    errors = sys.modules.get("unspool.errors")
    kinds = () if errors is None else (errors.CassetteError, errors.FaultError)
    return any(isinstance(one, kinds) for one in _with_causes(error))


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was made from, and the members of groups."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [more for more in (one.__cause__, one.__context__) if more is not None]
        left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def unhide(report: pytest.TestReport) -> None:
    """Have a failure reported as one that `xfail` would hide."""
    if hasattr(report, "wasxfail"):
        del report.wasxfail
        report.outcome = "failed"


def _check_unplayed(item: pytest.Item, run: Run) -> None:
    __tracebackhide__ = True
    from unspool import UnplayedInteractionsError  # noqa: PLC0415 - a cassette is in use: it's loaded

    try:
        run.cassette.raise_for_unplayed(under_fault=bool(run.breakers))
    except UnplayedInteractionsError as error:
        raise pytest.fail.Exception(f"{item.nodeid}: {error}", pytrace=False) from None


def tell_of_streams(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to a failed test's report what its streams had said by then."""
    lines = [line for run in item.stash.get(RUNS, []) for line in _told(item, run)]
    lines += [line for teller in item.stash.get(TELLERS, []) for line in teller()]
    if lines:
        report.sections.append((f"streams before the failure ({report.when})", "\n".join(lines)))


def _told(item: pytest.Item, run: Run) -> Iterator[str]:
    from pytest_unspool import story  # noqa: PLC0415 - it imports unspool

    yield from story.of_cassette(run.cassette)
    yield from _redacted(run.cassette)
    test, path = shlex.quote(item.nodeid), shlex.quote(str(run.path))
    if run.cassette.plays or run.cassette.recorded:
        yield f"replay it:   pytest {test} --unspool-record=none"
        yield f"look at it:  unspool show {path}"
    if run.settings is not None and (described := str(run.settings)):
        yield f"settings:    {described}"
    if run.cassette.recorded:
        yield f"it was recorded in this very run; to record it again: pytest {test} --unspool-record=rewrite"
    elif refused := _refused(run.cassette):
        yield f"the recording is of a {refused}; to record it again: pytest {test} --unspool-record=rewrite"


def _refused(cassette: Cassette) -> int | None:
    """The status of a refusal that was played: 401, 403, 429 or 5xx."""
    from unspool.cassette.outcomes import is_refusal  # noqa: PLC0415 - a cassette is in use: it's loaded

    played = (play.interaction for play in cassette.plays)
    return next((one.response.status for one in played if is_refusal(one)), None)


def _redacted(cassette: Cassette) -> Iterator[str]:
    """Where redaction changed a response, which may be why the test failed."""
    from unspool.cassette.redact import redacted_paths  # noqa: PLC0415 - a cassette is in use: it's loaded

    played = [play.interaction for play in cassette.plays]
    paths = dict.fromkeys(
        path for one in (*played, *cassette.recorded) for path in redacted_paths(one.response)
    )
    if paths:
        yield f"redacted:    the server sent something else at {', '.join(paths)}"
        yield f"             to record it as it comes: unspool.Redactor(allow_paths={tuple(paths)!r})"
