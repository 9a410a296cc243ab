"""Cassettes in tests: where they are, what holds for them, and what is to be told of them afterwards.

The only module of the plugin beside `clients` that imports unspool at its top; it's imported by the fixtures.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_unspool import markers, options, run_report, stash
from pytest_unspool.failure_report import FailedAtOnce
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


@contextmanager
def in_use(  # noqa: PLR0915 - from the options to the account, one step a line
    node: Node, paths: Sequence[Path], said: Mapping[str, Any], *, is_own: bool = False, fixture: str = ""
) -> Iterator[Cassette]:
    """The cassette in use, as the run, the marker and the project have it.

    Args:
        node: the test, or the session.
        paths: the cassette's file, and those of further ones whose recordings answer too.
        said: what the marker and the project say; None stands for the usual.
        is_own: whether no other test uses the file.
        fixture: which fixture uses it, and where that is, if it's no test.
    """
    __tracebackhide__ = True
    path, *others = paths
    said = markers.with_one_mode(said, "for a cassette")
    _check_names(said)
    config, wanted = node.config, {key: value for key, value in said.items() if value is not None}
    if wanted.pop("real_time", False):
        wanted["clock"] = RealClock()
    is_broken = in_force() is not None or "fault" in wanted
    strict = wanted.pop("fail_on_unplayed", None) or options.setting(config, "fail_on_unplayed")
    said_mode = wanted.pop("record_mode", None)
    mode = "none" if is_broken else _record_mode(config, said_mode)
    timing = _timing(config, wanted.pop("timing", None), usual="recorded" if "fault" in wanted else "instant")
    allowed = {*wanted.pop("allowed_hosts", LOOPBACK), *options.allowed_hosts(config)}
    wanted["ignore_hosts"] = {*wanted.get("ignore_hosts", ()), *config.getini("unspool_ignore_hosts")}
    wanted.setdefault("ignore_localhost", config.getini("unspool_ignore_localhost"))
    notes: list[str] = []
    context = use_cassette(
        path,
        record_mode=mode,
        read_also=others,
        timing=timing,
        allowed_hosts=allowed,
        on_miss=_fail_at_once(node, fixture),
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
            fail_on_unplayed=bool(strict) and in_force() is None,  # a test that is broken may end early
            breakers=context.breakers,
        )
        runs = node.stash.setdefault(RUNS, [])
        runs.append(run)
        yield cassette
        runs.remove(run)  # the test may be run again
        if isinstance(node, pytest.Item):
            for breaker in run.breakers:  # it has been reported with the test, if the test has run
                breaker.is_settled = True
        cassette.misses[:] = [miss for miss in cassette.misses if miss not in run.reported]
        outcome = _outcome(node, failed_before)
        if outcome != "passed":
            cassette.mark_failed(interruption=None if outcome else "the test did not end")
    made = run_report.account(cassette, _shown(config, path), waited=_waited(timing, wanted.get("clock")))
    made |= {"user": node.nodeid or fixture, "rewritten": mode == "rewrite" and not is_own, "notes": notes}
    made["command"] = how_to_record(node, fixture, mode="rewrite")
    run_report.keep(config, made)
    node.stash.setdefault(stash.NOTES, []).extend(run_report.remarks(made))


def _outcome(node: Node, failed_before: int) -> str | None:
    """How the test ended, or those that used a fixture; None if the run was interrupted."""
    if isinstance(node, pytest.Item):
        return node.stash.get(stash.OUTCOME, None)
    return "passed" if node.session.testsfailed == failed_before else "failed"


def _check_names(said: Mapping[str, Any]) -> None:
    unknown = said.keys() - _KNOWN
    if unknown - set(REFUSED):  # those are explained by the cassette
        raise pytest.UsageError(
            f"expected options of a cassette ({', '.join(sorted(_KNOWN | {'name'}))}), got"
            f" {', '.join(sorted(unknown))}"
        )


def _record_mode(config: pytest.Config, said: Any) -> str | None:
    """The command line goes before the marker, the marker before the ini file; `none` goes before all."""
    said = getattr(said, "value", said)
    if options.is_ci() or options.blocks_network(config) or said == "none":
        return "none"
    mode: str | None = options.flag(config, "record") or said or options.setting(config, "record")
    return mode


def _timing(config: pytest.Config, said: str | float | None, *, usual: str) -> Any:
    """A fault's pauses count only where time passes."""
    wanted = (options.flag(config, "timing"), said, options.setting(config, "timing"))
    return options.timing_of(next((timing for timing in wanted if timing is not None), usual))


def _waited(timing: str | float, clock: object) -> float:
    """Which part of the recorded time was waited for."""
    if not isinstance(clock, RealClock) or timing == "instant":
        return 0.0
    return 1.0 if timing == "recorded" else min(float(timing), 1.0)


def _shown(config: pytest.Config, path: Path) -> str:
    root = config.rootpath
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# What reaches for the network


def _fail_at_once(node: Node, fixture: str) -> Callable[[CassetteError], None]:
    """Fail the test: a client's own error handling would swallow an exception, wait and try again."""

    def fail(error: CassetteError) -> None:
        __tracebackhide__ = True
        if is_expected_here(error):
            return
        where = node.nodeid or fixture
        advice = "" if _is_broken(node) else f"\n{_advice(node, fixture)}"
        raise FailedAtOnce(f"{where}: {error}{advice}") from None

    return fail


def _is_broken(node: Node) -> bool:
    """Whether a fault is in force, under which nothing is to be recorded."""
    return in_force() is not None or any(run.breakers for run in node.stash.get(RUNS, []))


def _advice(node: Node, fixture: str) -> str:
    return f"To record what is missing: {how_to_record(node, fixture, mode='new_episodes')}"


def how_to_record(node: Node, fixture: str = "", *, mode: str) -> str:
    """The command that records with that mode, for a test or for those that use a fixture."""
    outside_ci = "env -u CI " if options.is_ci() else ""
    tests = [node.nodeid] if node.nodeid else _users_of(node, fixture)
    words = " ".join(map(shlex.quote, tests))
    return f"{outside_ci}pytest {words} --unspool-record={mode}"


_MOST_TESTS = 3


def _users_of(node: Node, fixture: str) -> list[str]:
    """The tests that use a fixture, or their files, if there are many."""
    name = fixture.partition("`")[2].partition("`")[0]
    tests = [item.nodeid for item in node.session.items if name in getattr(item, "fixturenames", ())]
    if len(tests) <= _MOST_TESTS:
        return tests
    return sorted({test.partition("::")[0] for test in tests})
