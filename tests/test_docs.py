"""Every Python block in the docs is run, in order, from an empty folder.

A file's blocks share one namespace, as in a session at the prompt. A block that defines tests is run by
pytest too, on its own, as the file that a reader would paste it into. A block that can't run here
stands under `<!-- no-run: reason -->` and is only compiled.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.warm import run_pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(
    r"^(?:<!-- no-run: (?P<reason>.+?) -->\n+)?```python *\n(?P<code>.*?)^``` *$", re.DOTALL | re.MULTILINE
)
LOOKS_LIKE_PYTHON = re.compile(
    r"^[ \t>]*[`~]{3,}[ \t]*\{?[ \t]*(?:py|python3?)\b", re.IGNORECASE | re.MULTILINE
)
DEFINES_A_TEST = re.compile(r"^(?:async )?def test_|^class Test", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A Python block, and where it stands."""

    code: str
    line: int
    reason: str | None

    def compiled(self, page: Path) -> object:
        """Its code, with the page's own line numbers for the traceback."""
        return compile("\n" * self.line + self.code, str(page), "exec")


def blocks_in(markdown: str) -> list[Block]:
    return [
        Block(match["code"], markdown.count("\n", 0, match.start("code")), match["reason"])
        for match in FENCE.finditer(markdown)
    ]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_python_block_escapes(page: Path) -> None:
    """One indented, or fenced in another spelling, would never be run and never be missed."""
    markdown = page.read_text("utf-8")

    assert len(blocks_in(markdown)) == len(LOOKS_LIKE_PYTHON.findall(markdown))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}

    for block in blocks_in(page.read_text("utf-8")):
        code = block.compiled(page)
        if block.reason is None:
            exec(code, namespace)
            _run_its_tests(block, tmp_path)


def _run_its_tests(block: Block, folder: Path) -> None:
    if DEFINES_A_TEST.search(block.code):
        file = folder / f"test_line_{block.line}.py"
        file.write_text(block.code, "utf-8")
        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "pytest_unspool.plugin",
            "-p",
            "anyio.pytest_plugin",
            str(file),
        ]
        printed = run_pytest(folder, *options, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
        assert re.search(r"^\d+ passed in", printed, re.MULTILINE), f"line {block.line}: {printed}"
