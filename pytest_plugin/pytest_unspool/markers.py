"""The plugin's markers: what `@pytest.mark.stream_cassette(…)` says, on a test, its class and its module.

Without a name there, a cassette has the test's own, as in pytest-recording.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

MARKER = "stream_cassette"
TORTURE = "stream_torture"

LINE = (
    f"{MARKER}(name, …, record_mode=…, timing=…, match_on=…, ignore=…, freeze_time=…): record the test's"
    " requests to a cassette, and replay them ever after. It takes all options of unspool.use_cassette, and"
    " fail_on_unplayed=… and real_time=…"
)

TORTURE_LINE = (
    f"{TORTURE}(only=…, skip=…, xfail={{…: reason}}, formats=…): run the test as it is, then under each"
    " scenario of unspool.faults.CATALOGUE that its streams have a place for"
)

BLOCK_NETWORK = "block_network"

BLOCK_NETWORK_LINE = (
    f"{BLOCK_NETWORK}(allowed_hosts=[…]): keep the test from other machines; its cassettes are only replayed"
)


def options_of(node: pytest.Item) -> dict[str, Any]:
    """What the test's markers say together; the nearest to the test has the last word.

    Raises:
        UsageError: a marker has more than a name without a keyword, or both of two words for one thing.
    """
    options: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers(MARKER))):
        options |= _read(mark)
    return options


def _read(mark: pytest.Mark) -> dict[str, Any]:
    options = dict(mark.kwargs)
    names = mark.args or _listed(options.get("name"))
    if (mark.args and "name" in options) or not all(isinstance(one, str | os.PathLike) for one in names):
        raise pytest.UsageError(
            f"expected @pytest.mark.{MARKER} with names of cassettes, and options by keyword; got"
            f" {', '.join(map(repr, names))}"
        )
    if names:
        options["name"] = names
    return with_one_mode(options, f"at @pytest.mark.{MARKER}")


def _listed(name: Any) -> tuple[Any, ...]:
    if name is None:
        return ()
    return tuple(name) if isinstance(name, list | tuple) else (name,)


def with_one_mode(options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options with `record`, the short form, as `record_mode`.

    Raises:
        UsageError: both are there.
    """
    found = dict(options)
    if "record" in found:
        if "record_mode" in found:
            raise pytest.UsageError(f"expected record or record_mode {where}, got both")
        found["record_mode"] = found.pop("record")
    return found


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
                f" cassette at the marker: @pytest.mark.{MARKER}('…')"
            )


def _is_named_by_itself(item: pytest.Item) -> bool:
    """Whether a test has a cassette whose name is made from the test's."""
    if item.get_closest_marker(MARKER) is None:
        return False
    try:
        if "name" in options_of(item):
            return False
    except pytest.UsageError:  # which the test itself will report
        return False
    manager: Any = item.session._fixturemanager
    where = item if pytest.version_tuple >= (8, 1) else item.nodeid
    defined: Iterable[Any] = manager.getfixturedefs("unspool_default_cassette_name", where) or ()
    return all(one.func.__module__.startswith("pytest_unspool") for one in defined)


UNBROKEN = "unbroken"
"""What a test under `stream_torture` is called while nothing is broken."""


def _without_scenario(item: pytest.Item) -> str:
    """All scenarios break one and the same recording."""
    if item.get_closest_marker(TORTURE) is None or not hasattr(item, "callspec"):
        return item.name
    scenario = item.callspec.params.get("unspool_fault")
    last = getattr(scenario, "name", UNBROKEN)
    if item.name.endswith(f"-{last}]"):
        return f"{item.name.removesuffix(f'-{last}]')}]"
    return item.name.removesuffix(f"[{last}]")
