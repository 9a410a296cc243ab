"""Where the cassette of a test is, by the test's own name: as pytest-recording has it."""

from __future__ import annotations

from pathlib import Path

import pytest


def folder_of(test_file: Path) -> Path:
    """The folder of a test file's cassettes."""
    return test_file.parent / "cassettes" / test_file.stem


def name_of(item: pytest.Item) -> str:
    """A test's name for its cassette: `TestWeather.test_rain[paris]`."""
    owner = getattr(item, "cls", None)
    name = f"{owner.__name__}.{item.name}" if owner else item.name
    return name.replace("/", "-")  # a parameter may have one, and would make a folder of it
