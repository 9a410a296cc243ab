"""What the checks found, as tables for the end of the run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tests.conformance.corpus import RecordedStream

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


def facts_about(stream: RecordedStream, facts: Facts) -> Facts:
    """Facts with the name of the stream that they are about."""
    return {"provider": stream.provider, "format": stream.wire_format, "stream": stream.name, **facts}


def facts_in(report: Any) -> Iterator[Facts]:
    """What a test noted; it travels with the test's report, so that it survives xdist."""
    for name, facts in getattr(report, "user_properties", ()):
        if name == "conformance" and report.when == "call":
            yield facts


def report_of(facts: Iterable[Facts]) -> list[tuple[str, list[str]]]:
    """Titles and lines, of those tables that have something in them."""
    everything = list(facts)
    reports = [
        ("by provider", _table([fact for fact in everything if "provider" in fact])),
        ("oddities met", _counted(everything, "oddities")),
        ("why an SDK differs", _counted(everything, "reasons")),
        ("recorded requests, built again", _counted(everything, "requests")),
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
    odd = sum(bool(fact.get("oddities")) for fact in facts)
    counts = (
        sum("events" in fact for fact in facts),
        *(sum(fact.get(key, 0) for fact in facts) for key in ("events", "chunks", "errors")),
        odd,
        *verdicts(facts),
    )
    return (provider, *(f"{count:,}" for count in counts))


def verdicts(facts: Iterable[Facts]) -> tuple[int, int, int]:
    """How often an SDK came to the same, to something else for a reason, and for none."""
    compared = [fact for fact in facts if "agrees" in fact]
    agreeing, explained = (sum(fact[key] for fact in compared) for key in ("agrees", "explained"))
    return agreeing, explained, len(compared) - agreeing - explained


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
    return [f"{count:6,}  {value}" for value, count in counted(facts, key)]


def counted(facts: Iterable[Facts], key: str) -> list[tuple[str, int]]:
    """How often something was noted, the most frequent first."""
    counts = Counter(value for fact in facts for value in fact.get(key, ()))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _left(facts: Iterable[Facts]) -> list[str]:
    return [
        f"{oddity}: only in {', '.join(formats)}, not read yet"
        for fact in facts
        for oddity, formats in fact.get("left", {}).items()
    ]
