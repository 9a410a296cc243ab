"""What `@pytest.mark.stream_cassette(…)` says, on a test, its class and its module."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
