"""Results as tables of Markdown, for the terminal and for `RESULTS.md` alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.peers import missing, versions
from benchmarks.rounds import Result

_HEAD = """\
| what | who | chunks/s | time, in that of the first | least to most |
| --- | --- | ---: | ---: | ---: |"""

_RATIOS = (
    "A ratio is the median over the rounds, in which the sides take turns. Rates are this machine's and"
    " this minute's: on a shared one they vary by half and more. The ratios vary less, by a tenth to a third"
    " from run to run; the last column has the rounds of this run."
)


def row(result: Result) -> str:
    is_import = result.title == "import"
    rate = f"{result.count / result.per_second * 1000:,.0f} ms" if is_import else f"{result.per_second:,.0f}"
    if result.seconds is result.first:
        return f"| {result.title} | {result.side} | {rate} | 1 | |"
    low, *_, high = result.ratios
    ratio = _times(median(result.ratios))
    return f"| {result.title} | {result.side} | {rate} | {ratio} | {_times(low)} to {_times(high)} |"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}"


def table(rows: Iterable[str]) -> str:
    return "\n".join([_HEAD, *rows])


def preface(*, count: int, rounds: int) -> str:
    absent = [f" {name} isn't installed, so it took no part." for name in missing()]
    return f"{count:,} chunks a round, {rounds} rounds. {versions()}.{''.join(absent)}"


def page(results: Sequence[Result], *, count: int, rounds: int) -> str:
    """The whole of `RESULTS.md`."""
    parts = ("# Results", "Written by `python -m benchmarks --write`.", preface(count=count, rounds=rounds))
    return "\n\n".join([*parts, _RATIOS, table(map(row, results))]) + "\n"
