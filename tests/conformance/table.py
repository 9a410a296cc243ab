"""What the checks found, as tables for the end of the run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

Facts = dict[str, Any]

COLUMNS = ("provider", "streams", "events", "chunks", "errors", "odd", "same as SDK", "explained", "unexplained")


def report_of(facts: Iterable[Facts]) -> list[tuple[str, list[str]]]:
    """Titles and lines; nothing if there are no facts."""
    by_provider: dict[str, list[Facts]] = defaultdict(list)
    for fact in facts:
        by_provider[fact["provider"]].append(fact)
    if not by_provider:
        return []
    everything = [fact for found in by_provider.values() for fact in found]
    rows = [_row(provider, found) for provider, found in sorted(by_provider.items())]
    table = _aligned([COLUMNS, *rows, _row("all", everything)])
    return [
        ("conformance, by provider", table),
        ("conformance, oddities met", _counted(everything, "oddities")),
        ("conformance, why an SDK differs", _counted(everything, "reasons")),
    ]


def _row(provider: str, facts: list[Facts]) -> tuple[str, ...]:
    compared = [fact for fact in facts if "agrees" in fact]
    agreeing = sum(fact["agrees"] for fact in compared)
    explained = sum(bool(fact["reasons"]) and not fact["agrees"] for fact in compared)
    odd = sum(bool(fact.get("oddities")) for fact in facts)
    counts = (
        sum("events" in fact for fact in facts),
        *(sum(fact.get(key, 0) for fact in facts) for key in ("events", "chunks", "errors")),
        odd,
        agreeing,
        explained,
        len(compared) - agreeing - explained,
    )
    return (provider, *(f"{count:,}" for count in counts))


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _counted(facts: Iterable[Facts], key: str) -> list[str]:
    counts = Counter(value for fact in facts for value in fact.get(key, ()))
    return [f"{count:6,}  {value}" for value, count in counts.most_common()]
