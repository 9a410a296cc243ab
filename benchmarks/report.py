"""Results as tables of Markdown, for the terminal and for `RESULTS.md` alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from benchmarks import aims
from benchmarks.peers import missing, versions
from benchmarks.rounds import Result, Unit

_HEAD = """\
| what | who | figure | in that of the first | least to most |
| --- | --- | ---: | ---: | ---: |"""

_RATIOS = (
    "A ratio is the median over the rounds, in which the sides take turns: how many times the time, or the"
    " memory, of the first side. Rates and times are this machine's and this minute's: on a shared one they"
    " vary by half and more. The ratios vary less, by a tenth to a third from run to run; the last column has"
    " the rounds of this run."
)

_ERROR = re.compile(r"\w+(?:Error|Exception)\b|^\w+")  # of a traceback, the last one is it

_FIGURES: dict[Unit, Callable[[float], str]] = {
    "chunks/s": lambda seconds: f"{1 / seconds:,.0f} chunks/s",
    "ms": lambda seconds: f"{_rounded(seconds * 1e3)} ms",
    "MB": lambda size: f"{_rounded(size / 1e6)} MB",
}


def row(result: Result) -> str:
    cells = [result.contest.title, result.side, *_figures(result)]
    return f"| {' | '.join(cells)} |"


def _figures(result: Result) -> tuple[str, str, str]:
    if result.failure:
        return f"fails: {_ERROR.findall(result.failure)[-1]}", "", ""
    figure = _FIGURES[result.contest.unit](result.each)
    if result.is_first:
        return figure, "1", ""
    ratios = result.ratios
    spread = f"{_times(ratios[0])} to {_times(ratios[-1])}" if len(ratios) > 1 else ""
    return figure, _times(median(ratios)), spread


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2f}"


def table(rows: Iterable[str]) -> str:
    return "\n".join([_HEAD, *rows])


def preface(*, count: int, rounds: int) -> str:
    absent = [f" {name} isn't installed, so it took no part." for name in missing()]
    return f"{count:,} chunks a round, {rounds} rounds. {versions()}.{''.join(absent)}"


def page(sections: Mapping[str, Sequence[Result]], *, count: int, rounds: int, before: str) -> str:
    """The whole of `RESULTS.md`: the aims, and a table for each section.

    Args:
        sections: what was measured; a section without results keeps those of an earlier run.
        count: how many chunks a round had.
        rounds: how many rounds counted.
        before: the page of that earlier run.
    """
    kept = dict(_SECTION.findall(before))
    texts = {
        title: table(map(row, results)) if results else kept.get(title, "").strip()
        for title, results in sections.items()
    }
    parts = [
        "# Results",
        "Written by `python -m benchmarks --write`.",
        aims.table("\n".join(texts.values())),
        preface(count=count, rounds=rounds),
        _RATIOS,
        *(f"## {title}\n\n{text}" for title, text in texts.items() if text),
    ]
    return "\n\n".join(parts) + "\n"


_SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
