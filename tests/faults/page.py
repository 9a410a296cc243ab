"""`python -m tests.faults.page` writes docs/faults.md: every fault and every scenario, from the code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.faults.outcomes import ERRORS

from unspool.faults import CATALOGUE, Fault, Scenario

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

GROUPS = {
    "cuts": "Cut off",
    "rechunk": "In other pieces",
    "noise": "Noise that a reader must not mind",
    "events": "Events",
    "chat": "OpenAI's chunks",
    "tool_calls": "Tool calls",
    "identity": "Ids, indices and order of a message's parts",
    "timing": "Time",
    "connection": "Connections",
    "refusals": "Other answers",
}
"""Module to heading."""

HEAD = """\
# Faults

Every way of breaking an answer that `unspool.faults` has, and the catalogue of real bugs made of them.
[How to break a stream](how-to/faults.md) shows their use. This page is written by
`python -m tests.faults.page`.

Counts start at 0: `after=2` leaves two of them untouched and breaks the third. A fault that finds nothing
to break raises `FaultError`; only those that change *every* something are content with none.

What a fault doesn't name stays as it was: bytes, network chunks, and the time of each byte. A changed event
keeps its name, its id, its comments and the spelling of its JSON. What a fault adds comes as a network chunk
of its own. So `Rechunk(1) | Drop(1)` still comes byte by byte; `Drop(1) | Merge()` comes in one piece.

`a | b` lets an answer go through `a`, then through `b`. `fault.on(1)` hits the first request only,
`fault.on(2, 3)` the second and third. `repr(fault)` is the code that makes it.
"""

CATALOGUE_HEAD = """\
## The catalogue

`CATALOGUE` holds all of these, `scenario("bad-key")` is one of them. Without formats a scenario can happen
in every one; `scenario(…).fits(interaction)` says whether a recording has in it what it breaks. The last
column is what Unspool's own client does, with a read timeout of 30 seconds: the error that it raises, or
none. A cut is an `IncompleteStreamError`, unless `strict=False` asks for an invented `stop`.

| scenario | what happened | fault | formats | ours |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    tables = "\n".join(_group(module, title) for module, title in GROUPS.items())
    rows = "\n".join(map(_scenario, CATALOGUE))
    return f"{HEAD}\n{tables}\n{CATALOGUE_HEAD}{rows}\n"


def _group(module: str, title: str) -> str:
    rows = "\n".join(_fault(kind) for kind in kinds_in(module))
    return f"## {title}\n\n| fault | what happens |\n| --- | --- |\n{rows}\n"


def kinds_in(module: str) -> list[type[Fault]]:
    """The faults that a module defines, in its order."""
    found = import_module(f"unspool.faults.{module}")
    return [
        value
        for name, value in vars(found).items()
        if inspect.isclass(value)
        and issubclass(value, Fault)
        and value.__module__ == found.__name__
        and not name.startswith("_")
    ]


def _fault(kind: type[Fault]) -> str:
    doc = inspect.getdoc(kind) or ""
    head, _, args = doc.partition("\n\nArgs:\n")
    settings = "".join(f"<br>{line}" for line in _settings(args))
    return f"| `{_signature(kind)}` | {_cell(head)}{settings} |"


def _signature(kind: type[Fault]) -> str:
    parameters = inspect.signature(kind).parameters.values()
    return f"{kind.__name__}({', '.join(map(_parameter, parameters))})"


def _parameter(one: inspect.Parameter) -> str:
    return one.name if one.default is one.empty else f"{one.name}={one.default!r}"


def _settings(args: str) -> Iterator[str]:
    for found in re.finditer(r"^    (\w+): (.*?)(?=^    \w|\Z)", args, re.DOTALL | re.MULTILINE):
        yield f"`{found[1]}`: {_cell(found[2])}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _scenario(one: Scenario) -> str:
    formats = ", ".join(one.formats)
    ours = f"`{ERRORS[one.name]}`" if one.name in ERRORS else ""
    return (
        f"| [{one.name}]({one.link}) | {_cell(one.story)} | `{_cell(repr(one.fault))}` | {formats} | {ours} |"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
