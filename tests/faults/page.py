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
    "noise": "Noise that a reader must ignore",
    "events": "Events",
    "chat": "OpenAI's chunks",
    "tool_calls": "Tool calls",
    "identity": "Ids, indices and order of a message's parts",
    "timing": "Time",
    "connection": "Connections",
    "refusals": "Other responses",
}
"""Module to heading."""

HEAD = """\
# Faults

Every fault of `unspool.faults`, and the catalogue of real bugs built from them.
[How to break a stream](how-to/faults.md) shows their use. `python -m tests.faults.page` writes this page.

Counts start at 0: `after=2` leaves two of them untouched and breaks the third. A fault that finds nothing
to break raises `FaultError`; only those that change *every* item of a kind accept none.

A fault leaves everything else unchanged: bytes, network chunks, and the time of each byte. A changed event
keeps its name, its id, its comments and the spelling of its JSON. An addition of a fault is a separate
network chunk. So `Rechunk(1) | Drop(1)` still arrives byte by byte; `Drop(1) | Merge()` arrives in one piece.

`a | b` applies `a`, then `b`. `fault.on(1)` breaks the first attempt only,
`fault.on(2, 3)` the second and third. `repr(fault)` is the code that makes it.
"""

CATALOGUE_HEAD = """\
## The catalogue

`CATALOGUE` contains all of these; `scenario("bad-key")` returns one. A scenario without formats can happen in
every format; `scenario(…).fits(interaction)` reports whether a recording contains what it breaks. The last
column is the error that Unspool's own client raises, with a read timeout of 30 seconds. A cut is an
`IncompleteStreamError`, unless `strict=False` asks for an invented `stop`.

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
