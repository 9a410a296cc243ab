"""The page has a section for each SDK and framework that `nox -s frameworks` runs, and the table a row."""

from __future__ import annotations

from pathlib import Path

from tests.frameworks.sections import GUIDE, sections
from tests.frameworks.weather import AGENTS

TABLE = Path(__file__).parents[2] / "docs" / "frameworks.md"


def test_each_framework_has_a_section_with_a_test() -> None:
    found = sections(GUIDE.read_text("utf-8"))

    assert set(found) == set(AGENTS)
    assert [name for name, code in found.items() if "def test_" not in code] == []


def test_each_framework_has_passed() -> None:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]

    assert {row[0]: row[-1] for row in rows} == dict.fromkeys(AGENTS, "passes")
