"""Where the cassette of a test is, by the test's own name: as pytest-recording has it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_unspool import markers


def folder_of(test_file: Path) -> Path:
    """The folder of a test file's cassettes."""
    return test_file.parent / "cassettes" / test_file.stem


def name_of(item: pytest.Item) -> str:
    """A test's name for its cassette: `TestWeather.test_rain[paris]`, with all the classes it's in."""
    return full_name_of(item).replace("/", "-")  # a parameter may have one, and would make a folder of it


def full_name_of(item: pytest.Item) -> str:
    """A test's name inside its module, which no other test has."""
    owner = getattr(item, "cls", None)
    own = _without_scenario(item)
    return f"{owner.__qualname__}.{own}" if owner else own


def files_of(folder: Path, name: Any) -> list[Path]:
    """The files that a marker's name means: the cassette's, and those that are read, too.

    A string is a name in the folder, or an absolute path; a `Path` is relative to the folder.

    Raises:
        CassetteError: a name leads out of the folder, or is none.
    """
    names = [name] if isinstance(name, str | os.PathLike) else list(name)
    return [_file_of(folder, one) for one in names]


def _file_of(folder: Path, name: str | os.PathLike[str]) -> Path:
    from unspool.cassette.names import cassette_path  # noqa: PLC0415 - a cassette is in use

    if isinstance(name, os.PathLike) or os.path.isabs(name):
        return Path(os.path.normpath(folder / name))  # the folder may not be there yet
    return cassette_path(folder, name)


def check_collisions(items: Sequence[pytest.Item]) -> None:
    """Refuse tests of different names that would share a cassette by accident.

    Raises:
        UsageError: there are some; the message names them.
    """
    marked = [item for item in items if _is_named_by_itself(item)]
    found: dict[tuple[Path, str], pytest.Item] = {}
    for item in marked:
        path = _file_of(folder_of(item.path), name_of(item))
        first = found.setdefault((item.path, os.path.normcase(path)), item)
        if full_name_of(first) != full_name_of(item):
            raise pytest.UsageError(
                f"{first.nodeid} and {item.nodeid} would share the cassette {path}. Give their parameters ids"
                " that differ in more than what a file's name can't hold (pytest.param(…, id=…)), or name a"
                f" cassette at the marker: @pytest.mark.{markers.MARKER}('…')"
            )


def _is_named_by_itself(item: pytest.Item) -> bool:
    """Whether a test has a cassette whose name is made from the test's."""
    if item.get_closest_marker(markers.MARKER) is None:
        return False
    try:
        if "name" in markers.options_of(item):
            return False
    except pytest.UsageError:  # which the test itself will report
        return False
    manager = item.session._fixturemanager
    defined: Iterable[Any] = manager.getfixturedefs("unspool_default_cassette_name", item) or ()
    return all(one.func.__module__.startswith("pytest_unspool") for one in defined)


UNBROKEN = "unbroken"
"""What a test under `stream_torture` is called while nothing is broken."""


def _without_scenario(item: pytest.Item) -> str:
    """All scenarios break one and the same recording."""
    if item.get_closest_marker(markers.TORTURE) is None or not hasattr(item, "callspec"):
        return item.name
    scenario = item.callspec.params.get("unspool_fault")
    last = getattr(scenario, "name", UNBROKEN)
    if item.name.endswith(f"-{last}]"):
        return f"{item.name.removesuffix(f'-{last}]')}]"
    return item.name.removesuffix(f"[{last}]")
