"""Small fixtures that a project overrides: each by a fixture of the same name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import markers

if TYPE_CHECKING:
    from pytest_unspool.settings import Settings
    from unspool import Clock, Redactor
    from unspool.faults import Fault


@pytest.fixture(scope="module")
def unspool_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of a module's cassettes: `cassettes/<module>` beside it."""
    return markers.folder_of(request.path)


@pytest.fixture
def unspool_default_cassette_name(request: pytest.FixtureRequest) -> str:
    """The name of a test's cassette: the test's, with its classes before it."""
    return markers.name_of(request.node)


@pytest.fixture(scope="module")
def unspool_config() -> dict[str, Any]:
    """The marker's options, for every cassette; a marker overrides them."""
    return {}


@pytest.fixture(scope="module")
def unspool_redact() -> Redactor | None:
    """The secrets to keep off the disk: an `unspool.Redactor`; None for the default one."""
    return None


@pytest.fixture
def unspool_clock(unspool_settings: Settings) -> Clock:
    """The clock of recordings and pauses: a virtual one, so that no test waits.

    With `real_time=True`, on the marker or in `unspool_config`, it's a real one.
    """
    from unspool import RealClock, VirtualClock  # noqa: PLC0415 - not before a test asks for it

    return RealClock() if unspool_settings.real_time else VirtualClock()


@pytest.fixture
def unspool_fault() -> Fault | None:
    """The fault in the test's streams, recorded or canned: an `unspool.faults.Fault`; None for none.

    The marker `stream_torture` parametrises it, and a test may do so, too.
    """
    return None
