"""`stream_cassette`: what a test asks its providers is recorded once, and replayed ever after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import marks, noted, options

if TYPE_CHECKING:
    from unspool import Cassette, Clock, Redactor
    from unspool.faults import Fault


@pytest.fixture
def stream_cassette(  # noqa: PLR0917 - pytest hands fixtures over by name
    request: pytest.FixtureRequest,
    unspool_cassette_dir: Path,
    unspool_default_cassette_name: str,
    unspool_config: dict[str, Any],
    unspool_redact: Redactor | None,
    unspool_clock: Clock,
    unspool_fault: Fault | None,
) -> Iterator[Cassette]:
    """The test's cassette, in use: an `unspool.Cassette`.

    It's the file `<test>.yaml` in `cassettes/<module>`, unless the marker `stream_cassette` or one of the
    fixtures that this one asks for says otherwise. Every request of the test is answered from it, or
    recorded to it; none reaches the network unseen.
    """
    from pytest_unspool import running, torture  # noqa: PLC0415 - they import unspool

    asked = {**unspool_config, **marks.options_of(request.node)}
    path = running.path_of(unspool_cassette_dir, asked.pop("name", unspool_default_cassette_name))
    broken = torture.options_of_cassette(request.node, unspool_fault, path)
    if broken.keys() & asked.keys() & {"fault"}:
        raise pytest.UsageError("expected fault= of the cassette or the fixture unspool_fault, got both")
    said = {"clock": unspool_clock, "redactor": unspool_redact, **broken, **asked}
    with running.in_use(request.node, path, said) as cassette:
        yield cassette


@pytest.fixture(scope="session")
def stream_cassette_factory(
    request: pytest.FixtureRequest,
) -> Callable[..., AbstractContextManager[Cassette]]:
    """Cassettes for fixtures of a wider scope: `with stream_cassette_factory("answers.yaml"): …`.

    It takes a path, relative to pytest's root directory, and the marker's options. The run's own options
    hold as in a test.
    """

    def make(path: str | Path, **said: Any) -> AbstractContextManager[Cassette]:
        from pytest_unspool import running  # noqa: PLC0415 - it imports unspool

        return running.in_use(request.node, request.config.rootpath / path, said)

    return make


@pytest.fixture(autouse=True)
def unspool_around_test(request: pytest.FixtureRequest, unspool_fault: Fault | None) -> Iterator[None]:
    """Puts a marked test into its cassette, and keeps any other from the network, if that's wanted."""
    if unspool_fault is not None:
        from pytest_unspool import torture  # noqa: PLC0415 - few tests are broken

        noted.watch(request.node, partial(torture.story, request.node, unspool_fault))
    if request.node.get_closest_marker(marks.MARKER) is not None:
        request.getfixturevalue("stream_cassette")
        yield
    elif options.setting(request.config, "block_network"):
        from pytest_unspool import running  # noqa: PLC0415 - it imports unspool

        with running.network_blocked(request.node):
            yield
    else:
        yield
