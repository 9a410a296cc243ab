"""The part of the SDK matrix that runs with what is installed; `python -m tests.sdks` runs all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sdks.rows import ROWS, Row
from tests.sdks.scenarios import SCENARIOS, Scenario
from tests.sdks.verdict import judge

INSTALLED = [row for row in ROWS if row.sdk in {"anthropic-2", "openai-3"}]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
@pytest.mark.parametrize("row", INSTALLED, ids=str)
def test_an_sdk_cannot_tell_a_replay(row: Row, scenario: Scenario, tmp_path: Path) -> None:
    assert judge(row, scenario, tmp_path, quick=True).differs == []
