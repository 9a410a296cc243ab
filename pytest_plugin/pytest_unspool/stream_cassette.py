"""`stream_cassette`: a test's requests are recorded once, and replayed from then on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import markers, options, stash

if TYPE_CHECKING:
    from pytest_unspool import settings
    from pytest_unspool.cassette_in_use import CassetteFactory
    from unspool import Cassette, Clock, Redactor
    from unspool.faults import Fault


@pytest.fixture
def unspool_settings(request: pytest.FixtureRequest, unspool_config: dict[str, Any]) -> settings.Settings:
    """The test's settings, resolved from all that may set them; for the other fixtures to read."""
    from pytest_unspool import settings  # noqa: PLC0415 - only a test with a cassette needs it

    project = markers.with_one_mode(unspool_config, "in unspool_config")
    return settings.resolve(markers.options_of(request.node), project, options.run_of(request.config))


@pytest.fixture
def stream_cassette(  # noqa: PLR0917 - pytest hands fixtures over by name
    request: pytest.FixtureRequest,
    unspool_cassette_dir: Path,
    unspool_default_cassette_name: str,
    unspool_settings: settings.Settings,
    unspool_redact: Redactor | None,
    unspool_clock: Clock,
    unspool_fault: Fault | None,
) -> Iterator[Cassette]:
    """The test's cassette, in use: an `unspool.Cassette`.

    Its file is `<test>.yaml` in `cassettes/<module>`, unless the marker `stream_cassette` or a fixture of the
    project names another. Every request of the test is replayed from it or recorded to it.
    """
    from pytest_unspool import cassette_in_use, stream_torture  # noqa: PLC0415 - they import unspool

    own = unspool_settings
    name = own.options.get("name", unspool_default_cassette_name)
    paths = markers.files_of(unspool_cassette_dir, name)
    is_own = name == markers.name_of(request.node)
    path = paths[0]
    if unspool_fault is not None and "fault" in own.options:
        raise pytest.UsageError("expected fault= of the cassette or the fixture unspool_fault, got both")
    if unspool_fault is not None:
        stream_torture.check_fit(request.node, unspool_fault, path)
        own = own.at_recorded_times()
    usual = {"clock": unspool_clock, "redactor": unspool_redact}
    with cassette_in_use.in_use(request.node, paths, own, usual, is_own=is_own) as cassette:
        yield cassette


@pytest.fixture(scope="session")
def stream_cassette_factory(request: pytest.FixtureRequest) -> CassetteFactory:
    """Cassettes for fixtures of a wider scope: `with stream_cassette_factory("answers.yaml"): …`.

    It takes a path, relative to pytest's root directory, and the marker's options. The run's options and the
    project's fixtures (`unspool_config`, `unspool_redact`, `unspool_clock`) apply as in the first test that
    uses it.
    """

    def make(path: str | Path, *others: str | Path, **options_given: Any) -> AbstractContextManager[Cassette]:
        from pytest_unspool import cassette_in_use, settings  # noqa: PLC0415 - it imports unspool

        caller = sys._getframe(1)
        paths = [request.config.rootpath / one for one in (path, *others)]
        project, usual = _of_the_project(request.session)
        given = markers.with_one_mode(options_given, "of a cassette")
        own = settings.resolve(given, project, options.run_of(request.config))
        where = _place(request.config, caller)
        return cassette_in_use.in_use(request.node, paths, own, usual, fixture=where)

    return make


def _of_the_project(session: pytest.Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the project's options, and its clock and redactor, from the running test's fixtures."""
    item = session.stash.get(stash.RUNNING, None)
    if item is None:
        return {}, {}
    value = item._request.getfixturevalue
    config = markers.with_one_mode(value("unspool_config"), "in unspool_config")
    return config, {"clock": value("unspool_clock"), "redactor": value("unspool_redact")}


def _place(config: pytest.Config, caller: FrameType) -> str:
    """A fixture's name, file and line."""
    path = Path(caller.f_code.co_filename)
    shown = path.relative_to(config.rootpath) if path.is_relative_to(config.rootpath) else path
    return f"the fixture `{caller.f_code.co_name}` ({shown.as_posix()}:{caller.f_lineno})"


@pytest.fixture(autouse=True)
def unspool_around_test(request: pytest.FixtureRequest, unspool_fault: Fault | None) -> Iterator[None]:
    """Use a marked test's cassette and fault, and block the network where it's blocked."""
    if unspool_fault is None:
        yield from _around(request)
        return
    from pytest_unspool import stream_torture  # noqa: PLC0415 - few tests are broken

    stash.watch(request.node, partial(stream_torture.story, request.node, unspool_fault))
    clock, own = request.getfixturevalue("unspool_clock"), request.getfixturevalue("unspool_settings")
    with stream_torture.in_force(request.node, unspool_fault, clock, real_time=own.real_time):
        yield from _around(request)


def _around(request: pytest.FixtureRequest) -> Iterator[None]:
    with _network_blocked(request.node):
        if request.node.get_closest_marker(markers.MARKER) is not None:
            request.getfixturevalue("stream_cassette")
        yield


def _network_blocked(node: pytest.Item) -> AbstractContextManager[None]:
    mark = node.get_closest_marker(markers.BLOCK_NETWORK)
    if mark is None and not options.blocks_network(node.config):
        return nullcontext()
    from pytest_unspool import network  # noqa: PLC0415 - it imports unspool

    return network.blocked(node, mark)
