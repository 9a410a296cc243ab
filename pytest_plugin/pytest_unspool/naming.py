"""Where the cassette of a test is, by the test's own name: as pytest-recording has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_unspool import marks


def folder_of(test_file: Path) -> Path:
    """The folder of a test file's cassettes."""
    return test_file.parent / "cassettes" / test_file.stem


def name_of(item: pytest.Item) -> str:
    """A test's name for its cassette: `TestWeather.test_rain[paris]`."""
    owner = getattr(item, "cls", None)
    own = _without_scenario(item)
    name = f"{owner.__name__}.{own}" if owner else own
    return name.replace("/", "-")  # a parameter may have one, and would make a folder of it


UNBROKEN = "unbroken"
"""What a test under `stream_torture` is called while nothing is broken."""


def _without_scenario(item: pytest.Item) -> str:
    """All scenarios break one and the same recording."""
    if item.get_closest_marker(marks.TORTURE) is None or not hasattr(item, "callspec"):
        return item.name
    scenario = item.callspec.params.get("unspool_fault")
    last = getattr(scenario, "name", UNBROKEN)
    if item.name.endswith(f"-{last}]"):
        return f"{item.name.removesuffix(f'-{last}]')}]"
    return item.name.removesuffix(f"[{last}]")
