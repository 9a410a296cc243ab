"""The README's two commands are what CI runs, to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from unspool.providers import FORMATS
from unspool.providers.registry import PROVIDERS

ROOT = Path(__file__).parent.parent

DEMO = "python -m pip install . && unspool demo"
TESTS = "python -m pip install -e . -r requirements-dev.txt && python -m pytest -n auto --dist worksteal"


def commands_in(markdown: str) -> list[str]:
    """The lines of its shell blocks that set something up."""
    blocks = re.findall(r"^```(?:bash|console|sh|shell)\n(.*?)^```", markdown, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if " install " in line and " ." in line]


def test_the_readme_has_exactly_two_set_up_commands() -> None:
    assert commands_in((ROOT / "README.md").read_text("utf-8")) == [DEMO, TESTS]


@pytest.mark.parametrize("command", [DEMO, TESTS], ids=["demo", "tests"])
def test_ci_runs_that_very_command(command: str) -> None:
    assert f"='{command}'\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_contributing_gives_the_same_command() -> None:
    assert commands_in((ROOT / "CONTRIBUTING.md").read_text("utf-8")) == [TESTS]


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_wire_formats_and_providers_are_counted_from_the_code(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    formats = re.findall(r"(\d+) wire formats", text)
    providers = re.findall(r"(\d+) providers by LiteLLM's names", text)

    assert formats
    assert set(formats) == {str(len(FORMATS))}
    assert set(providers) <= {str(len(PROVIDERS))}


def test_the_map_names_what_there_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text[text.index("## The shape of the house") : text.index("## What a change")]
    named = re.findall(r"`((?:[a-z_]+/)*(?:[a-z_]+\.py|[a-z_]+/))`", section)

    roots = (ROOT / "src" / "unspool", ROOT, ROOT / "pytest_plugin" / "pytest_unspool")
    assert len(named) > 15
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []
