"""What the checks found, as tables for the end of the run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

Facts = dict[str, Any]

COLUMNS = (
    "provider",
    "streams",
    "events",
    "chunks",
    "errors",
    "odd",
    "same as SDK",
    "explained",
    "unexplained",
)


def report_of(facts: Iterable[Facts]) -> list[tuple[str, list[str]]]:
    """Titles and lines, of those tables that have something in them."""
    everything = list(facts)
    reports = [
        ("by provider", _table([fact for fact in everything if "provider" in fact])),
        ("oddities met", _counted(everything, "oddities")),
        ("why an SDK differs", _counted(everything, "reasons")),
        ("recorded requests, built again", _counted(everything, "requests")),
        ("why a vendor's SDK differs", _counted(everything, "vendor_reasons")),
        ("oddities left for later", _left(everything)),
    ]
    return [(f"conformance: {title}", lines) for title, lines in reports if lines]


def _table(facts: list[Facts]) -> list[str]:
    by_provider: dict[str, list[Facts]] = defaultdict(list)
    for fact in facts:
        by_provider[fact["provider"]].append(fact)
    rows = [_row(provider, found) for provider, found in sorted(by_provider.items())]
    return _aligned([COLUMNS, *rows, _row("all", facts)]) if rows else []


def _row(provider: str, facts: list[Facts]) -> tuple[str, ...]:
    compared = [fact for fact in facts if "agrees" in fact]
    agreeing = sum(fact["agrees"] for fact in compared)
    explained = sum(fact["explained"] for fact in compared)
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


def _left(facts: Iterable[Facts]) -> list[str]:
    return [
        f"{oddity}: only in {', '.join(formats)}, not read yet"
        for fact in facts
        for oddity, formats in fact.get("left", {}).items()
    ]
