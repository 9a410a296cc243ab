"""Every oddity that a recorded stream shows has a test of its name in `tests/test_oddities.py`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests import test_oddities
from tests.conformance.corpus import WIRE_FORMATS, read_manifest, split_oddities

TESTS = [name for name in vars(test_oddities) if name.startswith("test_")]


def formats_by_oddity(streams: Path) -> dict[str, set[str]]:
    """By oddity, the wire formats that show it."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in read_manifest(streams):
        for oddity in split_oddities(row):
            found[oddity].add(row["wire_format"])
    return found


def is_tested(oddity: str) -> bool:
    """Whether there is a test named after it. What follows a colon is an example, no part of the name."""
    name = "test_" + re.sub(r"\W+", "_", oddity.partition(":")[0]).lower()
    return any(test == name or test.startswith(f"{name}_") for test in TESTS)


def test_every_oddity_of_the_formats_that_are_read_has_a_test(
    streams: Path, record_property: Callable[[str, object], None]
) -> None:
    untested = {name: formats for name, formats in formats_by_oddity(streams).items() if not is_tested(name)}
    record_property("conformance", {"left": {name: sorted(formats) for name, formats in untested.items()}})
    missing = {name for name, formats in untested.items() if not formats.isdisjoint(WIRE_FORMATS)}
    assert not missing, f"write a test in tests/test_oddities.py for each of {sorted(missing)}"
