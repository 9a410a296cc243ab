"""A cassette in use: from a test's settings to `use_cassette`, and the account of it afterwards."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from pytest_unspool import options, run_report, stash
from pytest_unspool.failure_report import FailedAtOnce
from pytest_unspool.settings import MARKER, PROJECT, Settings
from pytest_unspool.stash import RUNS, Run
from unspool import Cassette, CassetteError, RealClock, use_cassette
from unspool.cassette.vcr_options import REFUSED, TRANSLATED
from unspool.transports.expected import is_expected_here
from unspool.transports.in_force import in_force
from unspool.transports.network_guard import LOOPBACK

Node = pytest.Item | pytest.Session

_OWN = {"fail_on_unplayed", "real_time"}
_INTERNAL = {
    "path",
    "options",
    "vcr_options",
    "on_miss",
    "on_notice",
    "user",
    "require_all_played",
    "read_also",
}
_KNOWN = (
    _OWN
    | TRANSLATED
    | {
        name
        for function in (use_cassette, Cassette)
        for name in inspect.signature(function).parameters
        if name not in _INTERNAL
    }
)


class CassetteFactory(Protocol):
    """The type of `stream_cassette_factory`: a path, more to read from, and the marker's options."""

    def __call__(
        self, path: str | Path, *others: str | Path, **said: Any
    ) -> AbstractContextManager[Cassette]: ...


@contextmanager
def in_use(  # noqa: PLR0915 - from the options to the account, one step a line
    node: Node,
    paths: Sequence[Path],
    own: Settings,
    usual: Mapping[str, Any],
    *,
    is_own: bool = False,
    fixture: str = "",
) -> Iterator[Cassette]:
    """Use a cassette with a test's settings.

    Args:
        node: the test, or the session.
        paths: the cassette's file, and those of further ones to replay from.
        own: the settings.
        usual: the project's clock and redactor, which the settings may replace.
        is_own: whether no other test uses the file.
        fixture: the fixture that uses it, and its place, if it isn't a test.
    """
    __tracebackhide__ = True
    path, *others = paths
    _check_names(own.sources)
    if in_force() is not None:
        own = own.without_recording()
    config, mode, timing = node.config, own.record_mode, options.timing_of(own.timing)
    wanted = {**usual, **own.options}
    wanted.pop("name", None)
    if own.real_time:
        wanted["clock"] = RealClock()
    notes: list[str] = []
    context = use_cassette(
        path,
        record_mode=mode,
        read_also=others,
        timing=timing,
        allowed_hosts={*(LOOPBACK if own.allowed_hosts is None else own.allowed_hosts), *own.more_hosts},
        ignore_hosts=set(own.ignore_hosts),
        ignore_localhost=own.ignore_localhost,
        on_miss=_fail_at_once(node, fixture, own),
        on_notice=notes.append,
        user=node.nodeid or fixture,
        **wanted,
    )
    if stash.OUTCOME in node.stash:  # the test is run again
        del node.stash[stash.OUTCOME]
    failed_before = node.session.testsfailed
    with context as cassette:
        if mode == "all" or (mode == "rewrite" and not is_own):
            cassette.shared_since = run_report.started_at(config)
        run = Run(
            cassette,
            path,
            fail_on_unplayed=own.fail_on_unplayed and in_force() is None,  # a broken test may end early
            breakers=context.breakers,
            settings=own,
        )
        runs = node.stash.setdefault(RUNS, [])
        runs.append(run)
        yield cassette
        runs.remove(run)  # the test may be run again
        if isinstance(node, pytest.Item):
            for breaker in run.breakers:  # it has been reported with the test, if the test has run
                breaker.is_settled = True
        missed = run_report.misses_of(cassette, user=node.nodeid or fixture, path=_shown(config, path))
        cassette.misses[:] = [miss for miss in cassette.misses if miss not in run.reported]
        outcome = _outcome(node, failed_before)
        if outcome != "passed":
            cassette.mark_failed(interruption=None if outcome else "the test did not end")
    made = run_report.account(cassette, _shown(config, path), waited=_waited(timing, wanted.get("clock")))
    made |= {"user": node.nodeid or fixture, "rewritten": mode == "rewrite" and not is_own, "notes": notes}
    made["misses"] = missed
    made["command"] = how_to_record(node, fixture, mode="rewrite")
    run_report.keep(config, made)
    node.stash.setdefault(stash.NOTES, []).extend(run_report.remarks(made))


def _outcome(node: Node, failed_before: int) -> str | None:
    """Return how the test ended, or the tests that used a fixture; None if the run was interrupted."""
    if isinstance(node, pytest.Item):
        return node.stash.get(stash.OUTCOME, None)
    return "passed" if node.session.testsfailed == failed_before else "failed"


def _check_names(given: Mapping[str, Any]) -> None:
    unknown = given.keys() - _KNOWN - {"name"}
    if unknown - set(REFUSED):  # those are explained by the cassette
        raise pytest.UsageError(
            f"expected options of a cassette ({', '.join(sorted(_KNOWN | {'name'}))}), got"
            f" {', '.join(sorted(unknown))}"
        )


def _waited(timing: str | float, clock: object) -> float:
    """Return the fraction of the recorded time that the test waited."""
    if not isinstance(clock, RealClock) or timing == "instant":
        return 0.0
    return 1.0 if timing == "recorded" else min(float(timing), 1.0)


def _shown(config: pytest.Config, path: Path) -> str:
    root = config.rootpath
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# Requests without a recording


def _fail_at_once(node: Node, fixture: str, own: Settings) -> Callable[[CassetteError], None]:
    """Fail the test: a client's own error handling would swallow an exception, wait and try again."""

    def fail(error: CassetteError) -> None:
        __tracebackhide__ = True
        if is_expected_here(error):
            return
        where = node.nodeid or fixture
        advice = "" if _is_broken(node) else f"\n{_advice(node, fixture, own)}"
        raise FailedAtOnce(f"{where}: {error}{advice}") from None

    return fail


def _is_broken(node: Node) -> bool:
    """Whether a fault is in force, under which nothing is recorded."""
    return in_force() is not None or any(run.breakers for run in node.stash.get(RUNS, []))


def _advice(node: Node, fixture: str, own: Settings) -> str:
    source, first = own.sources["record_mode"], ""
    if own.record_mode == "none" and source in {MARKER, PROJECT}:
        first = f"remove record_mode='none' from {source}, then "
    return f"To record what is missing: {first}{how_to_record(node, fixture, mode='new_episodes')}"


def how_to_record(node: Node, fixture: str = "", *, mode: str) -> str:
    """Return the command that records with that mode: for a test, or for those that use a fixture."""
    outside_ci = "env -u CI " if options.is_ci() else ""
    tests = [node.nodeid] if node.nodeid else _users_of(node, fixture)
    words = " ".join(map(shlex.quote, tests))
    return f"{outside_ci}pytest {words} --unspool-record={mode}"


_MOST_TESTS = 3


def _users_of(node: Node, fixture: str) -> list[str]:
    """Return the tests that use a fixture, or their files, if there are many."""
    name = fixture.partition("`")[2].partition("`")[0]
    tests = [item.nodeid for item in node.session.items if name in getattr(item, "fixturenames", ())]
    if len(tests) <= _MOST_TESTS:
        return tests
    return sorted({test.partition("::")[0] for test in tests})
