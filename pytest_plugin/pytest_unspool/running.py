"""Cassettes in tests: where they are, what holds for them, and what is to be told of them afterwards.

The only module of the plugin beside `clients` that imports unspool at its top; it's imported by the fixtures.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_unspool import options, report
from pytest_unspool.failure import Run, at_once
from pytest_unspool.noted import RUNS
from unspool import Cassette, CassetteError, RealClock, block_network, use_cassette
from unspool.cassette.names import cassette_path
from unspool.transports.guard import LOOPBACK

Node = pytest.Item | pytest.Session

_OWN = {"record", "fail_on_unplayed", "real_time"}
_KNOWN = _OWN | {
    name
    for function in (use_cassette, Cassette)
    for name in inspect.signature(function).parameters
    if name not in {"path", "options", "record_mode", "on_miss", "require_all_played"}
}


def path_of(folder: Path, name: str) -> Path:
    """A cassette's file, by its name in a folder.

    Raises:
        CassetteError: the name leads out of the folder.
    """
    return cassette_path(folder, name)


@contextmanager
def in_use(node: Node, path: Path, said: Mapping[str, Any]) -> Iterator[Cassette]:
    """The cassette in use, as the run, the marker and the project have it.

    Args:
        node: the test, or the session.
        path: the cassette's file.
        said: what the marker and the project say; None stands for the usual.
    """
    __tracebackhide__ = True
    _check_names(said)
    config, wanted = node.config, {key: value for key, value in said.items() if value is not None}
    if wanted.pop("real_time", False):
        wanted["clock"] = RealClock()
    strict = wanted.pop("fail_on_unplayed", None) or options.setting(config, "fail_on_unplayed")
    record = _record_mode(config, wanted.pop("record", None))
    timing = _timing(config, wanted.pop("timing", None), usual="recorded" if "fault" in wanted else "instant")
    allowed = {*wanted.pop("allowed_hosts", LOOPBACK), *config.getini("unspool_allowed_hosts")}
    context = use_cassette(
        path,
        record_mode=record,
        timing=timing,
        allowed_hosts=allowed,
        on_miss=_fail_at_once(node),
        **wanted,
    )
    with context as cassette:
        run = Run(cassette, path, fail_on_unplayed=bool(strict))
        runs = node.stash.setdefault(RUNS, [])
        runs.append(run)
        yield cassette
        runs.remove(run)  # the test may be run again
        cassette.misses[:] = [miss for miss in cassette.misses if miss not in run.reported]
    factor = _waited(timing, wanted.get("clock"))
    report.keep(config, report.account(cassette, _shown(config, path), waited=factor))


def _check_names(said: Mapping[str, Any]) -> None:
    unknown = said.keys() - _KNOWN
    if unknown:
        raise pytest.UsageError(
            f"expected options of a cassette ({', '.join(sorted(_KNOWN | {'name'}))}), got"
            f" {', '.join(sorted(unknown))}"
        )


def _record_mode(config: pytest.Config, said: str | None) -> str | None:
    """The command line goes before the marker, the marker before the ini file; `none` goes before all."""
    if options.is_ci() or said == "none":
        return "none"
    return options.flag(config, "record") or said or options.setting(config, "record")


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


def _fail_at_once(node: Node) -> Callable[[CassetteError], None]:
    """For a client's own error handling would swallow an exception, wait a while and try again."""

    def fail(error: CassetteError) -> None:
        __tracebackhide__ = True
        for run in node.stash.get(RUNS, []):
            run.reported.append(error)
        where = node.nodeid or "a fixture"
        raise at_once(f"{where}: {error}\n{how_to_record(node)}") from None

    return fail


def how_to_record(node: Node) -> str:
    """The command that would record what is missing."""
    outside_ci = "env -u CI " if options.is_ci() else ""
    test = shlex.quote(node.nodeid) if node.nodeid else ""
    return f"To record what is missing: {outside_ci}pytest {test} --unspool-record=new_episodes"


@contextmanager
def network_blocked(node: pytest.Item) -> Iterator[None]:
    """No way out for a test without a cassette."""

    def fail(error: CassetteError) -> None:
        __tracebackhide__ = True
        raise at_once(
            f"{node.nodeid}: {error}\nIn a test: mark it with @pytest.mark.stream_cassette and run it once,"
            " or name the host in the ini key unspool_allowed_hosts."
        ) from None

    allowed = {*LOOPBACK, *node.config.getini("unspool_allowed_hosts")}
    with block_network(allowed, on_blocked=fail):
        yield
