"""The pytest plugin, as pytest finds it by the entry point: hooks, options, and which fixtures there are.

Pytest loads this module in every run of every project that has Unspool installed, so that it imports
neither unspool nor httpx nor vcrpy until a test asks for one of the fixtures, nor any part of the plugin
before it's needed.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest

from pytest_unspool import markers, options, stash
from pytest_unspool.clients import (
    async_stream_anthropic,
    async_stream_openai,
    async_stream_transport,
    stream_anthropic,
    stream_openai,
    stream_transport,
)
from pytest_unspool.fixtures import (
    looping_stream,
    rebuilt,
    stream_alias_litellm,
    stream_faults,
    stream_script,
    stream_server,
    stream_verdict,
    stream_wrapper,
)
from pytest_unspool.overridable import (
    unspool_cassette_dir,
    unspool_clock,
    unspool_config,
    unspool_default_cassette_name,
    unspool_fault,
    unspool_redact,
)
from pytest_unspool.stream_cassette import (
    stream_cassette,
    stream_cassette_factory,
    unspool_around_test,
    unspool_settings,
)

__all__ = [
    "async_stream_anthropic",
    "async_stream_openai",
    "async_stream_transport",
    "looping_stream",
    "rebuilt",
    "stream_alias_litellm",
    "stream_anthropic",
    "stream_cassette",
    "stream_cassette_factory",
    "stream_faults",
    "stream_openai",
    "stream_script",
    "stream_server",
    "stream_transport",
    "stream_verdict",
    "stream_wrapper",
    "unspool_around_test",
    "unspool_cassette_dir",
    "unspool_clock",
    "unspool_config",
    "unspool_default_cassette_name",
    "unspool_fault",
    "unspool_redact",
    "unspool_settings",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before a conftest.py imports the application."""
    if options.blocks_network(early_config):
        from pytest_unspool import network

        network.block_run(early_config)
    if early_config.getini("unspool_alias_litellm"):
        from contextlib import ExitStack

        from unspool import alias

        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        stack.enter_context(alias.litellm())


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", markers.LINE)
    config.addinivalue_line("markers", markers.TORTURE_LINE)
    config.addinivalue_line("markers", markers.BLOCK_NETWORK_LINE)
    options.check(config)
    from pytest_unspool import run_report

    run_report.start(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist is about to start."""
    from pytest_unspool import run_report

    node.workerinput["unspool"] = run_report.started_at(node.config)


def pytest_deselected(items: list[pytest.Item]) -> None:
    if items:
        from pytest_unspool import run_report

        run_report.note_deselected(items[0].config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    if isinstance(item, pytest.Function):
        item.session.stash[stash.RUNNING] = item
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """After a test's own parameters, so that a scenario's name stands last in the test's."""
    mark = metafunc.definition.get_closest_marker(markers.TORTURE)
    if mark is not None:
        from pytest_unspool import stream_torture

        stream_torture.parametrize(metafunc, mark)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before any are deselected: their cassettes are theirs even if they don't run."""
    if any(item.get_closest_marker(markers.MARKER) for item in items):
        markers.check_collisions(items)
    if options.setting(config, "report"):
        from pytest_unspool import run_report

        run_report.claim(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """What other tests share isn't broken by the fault of the one that sets it up."""
    used = sys.modules.get("unspool.transports.in_force")
    if used is None or fixturedef.scope == "function" or used.in_force() is None:
        return (yield)
    with used.force(None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """What a cassette has to complain of is an error of the phase in which it came up."""
    result = yield
    if _is_watched(item):
        from pytest_unspool import failure_report

        failure_report.complain(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """What a cassette has to complain of makes the test fail, and not its teardown."""
    item.stash[stash.HAS_RUN] = True
    try:
        result = yield
    except BaseException as error:
        if _is_watched(item):
            from pytest_unspool import failure_report

            failure_report.note_on(item, error)
        raise
    if _is_watched(item):
        from pytest_unspool import failure_report

        failure_report.complain(item)
        failure_report.check_the_end(item)
    return result


def _is_watched(item: pytest.Item) -> bool:
    """Whether the test has a cassette, a fault, or no network."""
    own = item.stash
    if stash.SCRIPTS in own or stash.SERVERS in own:
        return True
    if stash.RUNS in own or stash.BROKEN in own or stash.FAULTS in own or stash.BLOCKED in own:
        return True
    return stash.RUNS in item.session.stash


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.excinfo is not None:
        from pytest_unspool import failure_report

        failure_report.cut_to_the_test(item, call.excinfo)
    made = yield
    if call.excinfo is not None and failure_report.is_ours(item, call.excinfo.value):
        failure_report.unhide(made)
    if call.when == "call" or not made.passed:
        item.stash[stash.OUTCOME] = made.outcome
    if made.failed:
        failure_report.tell_of_streams(item, made)
    if call.when == "teardown" and (notes := item.stash.get(stash.NOTES, None)):
        made.sections.append(("Unspool", "\n".join(notes)))
        notes.clear()
    return made


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of pytest-xdist, the accounts are sent; elsewhere, rewritten cassettes are finished."""
    from pytest_unspool import run_report

    if hasattr(session.config, "workeroutput"):
        run_report.hand_over(session.config)
    else:
        run_report.drop_untouched(session.config)
        path = options.setting(session.config, "misses")
        if path:
            run_report.write_misses(session.config, path)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist is done."""
    from pytest_unspool import run_report

    run_report.take_over(node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    from pytest_unspool import run_report

    run_report.summarize(terminalreporter, config, in_full=bool(options.setting(config, "report")))
    if options.blocks_network(config):
        from pytest_unspool import network

        network.summarize(terminalreporter, config)
