"""What `@pytest.mark.stream_cassette(…)` says, on a test, its class and its module."""

from __future__ import annotations

from typing import Any

import pytest

MARKER = "stream_cassette"
TORTURE = "stream_torture"

LINE = (
    f"{MARKER}(name=…, record=…, timing=…, match_on=…, ignore=…, freeze_time=…): record the test's requests"
    " to a cassette, and replay them ever after. It takes all options of unspool.use_cassette, and"
    " fail_on_unplayed=… and real_time=…"
)

TORTURE_LINE = (
    f"{TORTURE}(only=…, skip=…, formats=…): run the test as it is, then under each scenario of"
    " unspool.faults.CATALOGUE that its streams have a place for"
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
    if len(mark.args) > 1 or (mark.args and "name" in options):
        raise pytest.UsageError(
            f"expected @pytest.mark.{MARKER} with one name at most, and options by keyword; got"
            f" {', '.join(map(repr, mark.args))}"
        )
    if mark.args:
        options["name"] = mark.args[0]
    if "record_mode" in options:  # vcrpy's word for it, and use_cassette's
        if "record" in options:
            raise pytest.UsageError(f"expected record or record_mode at @pytest.mark.{MARKER}, got both")
        options["record"] = options.pop("record_mode")
    return options
