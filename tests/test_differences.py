"""Each row of the page on differences names a test that there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.differential import explain

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "differences.md").read_text("utf-8")

ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| LiteLLM", "| ---"))
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)` \|$")


@pytest.mark.parametrize("row", sorted(set(ROWS)))
def test_a_row_is_backed_by_a_test(row: str) -> None:
    named = NAMED.search(row)
    assert named, "a row ends in the test that backs it"
    tree = ast.parse((ROOT / named[1]).read_text("utf-8"))
    functions = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert named[2] in functions


def test_there_are_rows() -> None:
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", explain.ROWS)
def test_what_explains_a_measured_difference_is_a_row(row: str) -> None:
    assert any(line.startswith(f"| {row} |") for line in ROWS)
