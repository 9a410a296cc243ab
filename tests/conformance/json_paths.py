"""Every path of a stream's JSON, and the tables that say where each lands in the chunks.

A path names what leads to a scalar or to something empty: `choices[].delta.content`, where `[]` is any entry
of a list. A table, one module a wire format in `tests/conformance/paths`, has:

    EVENT      what says which event it is: a path in its JSON, several with spaces between, or none
    LANDS      what lands in the chunks, and where
    LEFT_OUT   what doesn't, and why it needn't

A reason that begins with "always empty" is checked.

The keys of both are `EVENT:path`, with `*` for any event or any part of its name, `{}` for any key of an
object and `.**` at the end for all that is below. A landing is a path in a chunk, `raised.` and a path in
what the stream's error holds, or several of them with `|` between; `=` is the same path as in the stream,
and `.**` at its end goes on as the stream's path does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from tests.conformance.raw import JSON

SAME = "="
ALL = ".**"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The paths of a value's scalars, and of what is empty in it, with what stands there."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


def values_at(holders: list[Any], path: str) -> list[Any]:
    """What is at a path in each of the holders, be it scalar or not, in order."""
    found = holders
    for step in re.findall(r"\[\]|[^.\[]+", path):
        if step == "[]":
            found = [inner for each in found if isinstance(each, list) for inner in each]
        else:
            found = [each[step] for each in found if isinstance(each, dict) and step in each]
    return found


@dataclass(frozen=True)
class Entry:
    """A line of a table: a key, and a landing or the reason why there is none."""

    key: str
    landing: str | None
    reason: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        event, _, path = self.key.partition(":")
        escaped = re.escape(path.removesuffix(ALL)).replace(r"\{\}", r"[^.\[]+")
        below = r"((?:[.\[].*)?)" if path.endswith(ALL) else "()"
        return re.compile(re.escape(event).replace(r"\*", "[^:]*") + ":" + escaped + below)

    def below(self, key: str) -> str | None:
        """How a stream's path goes on below the entry's; None if it's no path of the entry's."""
        match = self._pattern.fullmatch(key)
        return None if match is None else match[1]

    def landings(self, path: str, below: str) -> list[str]:
        """Where the value at a stream's path lands: in any of these."""
        told = (self.landing or "").split(" | ")
        return [path if each == SAME else _continued(each, below) for each in told]


def _continued(landing: str, below: str) -> str:
    return (landing.removesuffix(ALL) + below).removeprefix(".") if landing.endswith(ALL) else landing


@dataclass
class Table:
    """A wire format's table."""

    event: str
    entries: list[Entry]
    _known: dict[str, list[tuple[Entry, str]]] = field(default_factory=dict)

    def find(self, key: str) -> list[tuple[Entry, str]]:
        """The entries that a stream's path belongs to, with how it goes on below them."""
        if key not in self._known:
            found = [(entry, entry.below(key)) for entry in self.entries]
            self._known[key] = [(entry, below) for entry, below in found if below is not None]
        return self._known[key]

    def key(self, event: JSON, path: str) -> str:
        names = [value for key in self.event.split() for value in values_at([event], key)]
        return f"{' '.join(map(str, names))}:{path}"


@cache
def table_of(wire_format: str) -> Table:
    """The table of a wire format.

    Raises:
        ModuleNotFoundError: there is none.
    """
    module = import_module(f"tests.conformance.paths.{wire_format.replace('-', '_')}")
    lands: Mapping[str, str] = module.LANDS
    left_out: Mapping[str, str] = module.LEFT_OUT
    entries = [Entry(key, landing) for key, landing in lands.items()]
    return Table(module.EVENT, entries + [Entry(key, None, reason) for key, reason in left_out.items()])
