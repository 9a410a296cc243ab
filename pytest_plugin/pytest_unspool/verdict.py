"""The fixture that judges what a client does with a broken stream, and fails the test on what it finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.examining import Examiner


@pytest.fixture
def stream_verdict(request: pytest.FixtureRequest, unspool_cassette_dir: Path) -> Examiner:
    """Judges a client: `stream_verdict(client, "openai/text", CutEvents(2))`, in virtual time.

    `client` is handed a transport for httpx or httpx2, asks one question through it, and returns the text
    that it got, or yields it. Whatever is found fails the test; with `fail_on=["accepted-truncated"]` only
    what is named there. `unspool.verdict.FINDINGS` says what there is. The result is an
    `unspool.verdict.Verdict`.
    """
    from pytest_unspool.examining import Examiner  # noqa: PLC0415 - not before a test asks for it

    return Examiner(request.config, unspool_cassette_dir)
