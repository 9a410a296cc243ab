"""Every kind of client, for the tests that ask for one."""

from __future__ import annotations

import pytest
from tests.transports.clients import KINDS, Kind


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """A kind of client; the test runs once with each."""
    found: Kind = request.param
    return found
