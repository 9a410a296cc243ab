"""The fixture that turns a stream into what a snapshot can hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def rebuilt() -> Callable[[Any], dict[str, Any] | None]:
    """What a stream adds up to, as plain data that is the same in every run: `rebuilt(stream)`.

    It takes a stream, whose rest it reads, its chunks, or a response. Ids, times and fingerprints become
    placeholders, and what is None is left out. Of a stream that has raised it's what had come before.
    """
    from pytest_unspool.snapshots import stable_response  # noqa: PLC0415 - not before a test asks for it

    return stable_response
