"""What the run found, as tables of Markdown, for the terminal and for `docs/verdicts.md`."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sdks.page import markdown
from tests.verdicts.rows import Row
from tests.verdicts.surprises import SURPRISES, Surprise

from unspool.faults import CATALOGUE, Scenario
from unspool.verdict import FINDINGS

SHORT = {
    "accepted-truncated": "truncated",
    "left-early": "left early",
    "swallowed-error": "swallowed",
    "concatenated-retry": "glued",
    "lost-character": "character",
    "lost-text": "lost text",
    "invented-text": "invented text",
    "needless-failure": "needless",
    "retried-refusal": "refusal",
    "ignored-retry-after": "Retry-After",
    "no-back-off": "no back-off",
    "retry-storm": "storm",
    "no-read-timeout": "no timeout",
    "no-loop-guard": "no guard",
    "left-open": "left open",
}
"""What stands in the table."""

_OWN = ("httpx", "httpx2")
"""Whose errors a client may let through."""


@dataclass(frozen=True)
class Found:
    """A row, and what its worker said of it: for each way and scenario a verdict as plain data."""

    row: Row
    said: dict[str, Any]

    @property
    def name(self) -> str:
        route = f", `{self.row.route}/…`" if self.row.route else ""
        return f"{self.row.distribution} {self.said['version']}{route}"

    def verdicts(self, scenario: str) -> dict[str, Any]:
        """The verdict of each way; none where the scenario doesn't fit."""
        return {way: of[scenario] for way, of in self.said["ways"].items() if scenario in of}

    def kinds(self, scenario: str) -> set[str]:
        """What was found, whichever way."""
        verdicts = self.verdicts(scenario).values()
        return {finding["kind"] for verdict in verdicts for finding in verdict["findings"]}

    def errors(self, scenario: str) -> set[str]:
        """What was raised, whichever way, such as `openai.APIError`."""
        return {_error(verdict) for verdict in self.verdicts(scenario).values()} - {""}


def _error(verdict: dict[str, Any]) -> str:
    return (verdict["outcome"]["error"] or "").partition(":")[0]


def table(found: Sequence[Found]) -> str:
    """A row per scenario under which something was found, a column per SDK."""
    rows = [one for one in CATALOGUE if any(of.kinds(one.name) for of in found)]
    return markdown(_heads(found), ([one.name, *(_finding(of, one) for of in found)] for one in rows))


def _heads(found: Sequence[Found]) -> list[str]:
    return ["fault", *(one.name for one in found)]


def _finding(found: Found, scenario: Scenario) -> str:
    return _merged({way: _findings(verdict) for way, verdict in found.verdicts(scenario.name).items()})


def _findings(verdict: dict[str, Any]) -> str:
    kinds = dict.fromkeys(finding["kind"] for finding in verdict["findings"])
    return ", ".join(SHORT[kind] for kind in kinds) or "✓"


def _merged(cells: dict[str, str]) -> str:
    """One cell of two ways: said once where they agree."""
    if len(set(cells.values())) <= 1:
        return next(iter(cells.values()), "")
    return "; ".join(f"{way}: {cell}" for way, cell in cells.items())


def raised(found: Sequence[Found]) -> str:
    """A row per scenario under which something was raised, a column per SDK."""
    rows = [one for one in CATALOGUE if any(of.errors(one.name) for of in found)]
    return markdown(_heads(found), ([one.name, *(_outcome(of, one) for of in found)] for one in rows))


def _outcome(found: Found, scenario: Scenario) -> str:
    return _merged({way: _raised(verdict) for way, verdict in found.verdicts(scenario.name).items()})


def _raised(verdict: dict[str, Any]) -> str:
    module, _, name = _error(verdict).rpartition(".")
    requests = len(verdict["attempts"])
    times = f" ({requests})" if requests > 1 else ""
    if not name:
        return f"returns{times}"
    if module in {"builtins", "json"}:
        return f"**{name}**{times}"
    return f"{module}.{name}{times}" if module in _OWN else f"{name}{times}"


def clean(found: Sequence[Found]) -> str:
    """The scenarios under which nothing was found against anybody."""
    names = [one.name for one in CATALOGUE if _is_clean(one, found)]
    return ", ".join(names)


def _is_clean(scenario: Scenario, found: Sequence[Found]) -> bool:
    tried = [one for one in found if one.verdicts(scenario.name)]
    return bool(tried) and not any(one.kinds(scenario.name) for one in tried)


def surprises(found: Sequence[Found], *, true: bool = True) -> Iterator[str]:
    """Those that this run shows, or those that it doesn't."""
    for surprise in SURPRISES:
        if true is all(_holds(surprise, one) for one in found if str(one.row) in surprise.rows):
            yield f"- {surprise.text}"


def _holds(surprise: Surprise, found: Found) -> bool:
    return all(
        (found.kinds(name) | found.errors(name)) >= set(expected) for name, expected in surprise.shown_by
    )


_INTRO = """\
# What SDKs do with broken streams

Each SDK, with nothing set but a key, sends one request and streams the response. Every fault of
[the catalogue](faults.md#the-catalogue) that fits breaks the response, and a verdict judges the SDK as in
[Judge a client](how-to/verdict.md). Its timeouts, retries and pauses are its own; they pass in virtual
time. Written by `python -m tests.verdicts --write`, which makes a virtual environment for each."""

_FOUND = """\
## What was found

✓: no finding; an empty cell: the fault has no place in this format. Sync and async are listed separately if
they differ; pydantic-ai streams async only. The terms are explained below."""

_RAISED = """\
## What was raised

The exception that reached the program, without its module where that is the SDK's own; **bold** where it's
neither the SDK's nor the HTTP library's but Python's, which no `except` for either catches. (3) is three
requests. *returns*: the program got no error."""


def page(found: Sequence[Found]) -> str:
    """The whole of `docs/verdicts.md`."""
    legend = markdown(
        ["word", "finding", "the client"],
        ([SHORT[kind], f"`{kind}`", meaning] for kind, meaning in FINDINGS.items()),
    )
    never = [
        kind for kind in FINDINGS if not any(kind in one.kinds(s.name) for one in found for s in CATALOGUE)
    ]
    parts = (
        _INTRO,
        _ran(found),
        _FOUND,
        table(found),
        f"No SDK has a finding under: {clean(found)}.",
        legend,
        f"Never found here: {', '.join(f'`{kind}`' for kind in never)}.",
        "## What surprised",
        "\n".join(surprises(found)),
        _RAISED,
        raised(found),
    )
    return "\n\n".join(parts) + "\n"


def _ran(found: Sequence[Found]) -> str:
    runs = sum(len(of) for one in found for of in one.said["ways"].values())
    seconds = sum(one.said["seconds"] for one in found)
    spent = sum(
        verdict["outcome"]["at"]
        for one in found
        for of in one.said["ways"].values()
        for verdict in of.values()
    )
    libraries = ", ".join(sorted({one.said["library"] for one in found}))
    return (
        f"This run: Python {platform.python_version()} on {platform.system()}, {libraries};"
        f" {runs} streams, {spent / 3600:.1f} hours of virtual time in {seconds:.0f} seconds."
    )
