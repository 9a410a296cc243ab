"""What a project may want to have otherwise: small fixtures, each overridden by one of its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import markers

if TYPE_CHECKING:
    from unspool import Clock, Redactor
    from unspool.faults import Fault


@pytest.fixture(scope="module")
def unspool_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """Where a module's cassettes are: `cassettes/<module>` beside it."""
    return markers.folder_of(request.path)


@pytest.fixture
def unspool_default_cassette_name(request: pytest.FixtureRequest) -> str:
    """What a test's cassette is called: as the test, with its class before it."""
    return markers.name_of(request.node)


@pytest.fixture(scope="module")
def unspool_config() -> dict[str, Any]:
    """What holds for every cassette unless its marker says otherwise: the marker's own options."""
    return {}


@pytest.fixture(scope="module")
def unspool_redact() -> Redactor | None:
    """What is kept off the disk: an `unspool.Redactor`; None for the usual one."""
    return None


@pytest.fixture
def unspool_clock(request: pytest.FixtureRequest) -> Clock:
    """The clock on which recordings and pauses are played: a virtual one, so that no test waits.

    With `@pytest.mark.stream_cassette(real_time=True)` it's a real one.
    """
    from unspool import RealClock, VirtualClock  # noqa: PLC0415 - not before a test asks for it

    return RealClock() if markers.options_of(request.node).get("real_time") else VirtualClock()


@pytest.fixture
def unspool_fault() -> Fault | None:
    """What happens to the test's streams, recorded or canned: an `unspool.faults.Fault`; None for nothing.

    The marker `stream_torture` parametrises it, and so may a test.
    """
    return None
