"""Findings as text, JSON, Markdown for a pull request, and annotations for GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from unspool.counts import counted
from unspool.drift.findings import RULES, Finding, Tier, exit_status

_ORDER = {Tier.ERROR: 0, Tier.WARNING: 1, Tier.INFO: 2}
_MOST_FILES = 3


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found.

    Attributes:
        findings: all of them.
        checked: how many streams each subject was compared over.
        notes: lines about the run itself, such as what was spent of a budget.
    """

    findings: Sequence[Finding]
    checked: Mapping[str, int]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """The findings of one rule at one place, over all subjects and files.

    Attributes:
        name: the subject without a release.
        counts: in how many streams, by subject.
        findings: of which it consists.
    """

    name: str
    rule: str
    where: str
    counts: Mapping[str, int]
    findings: Sequence[Finding]

    @property
    def tier(self) -> Tier:
        """How bad it is."""
        return RULES[self.rule][0]


def rows_of(findings: Sequence[Finding]) -> list[Row]:
    """Group findings by subject's name, rule and place: errors first, then the most frequent."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.name, finding.rule, finding.where), []).append(finding)
    rows = [Row(*key, _counts(found), found) for key, found in groups.items()]
    return sorted(
        rows, key=lambda row: (_ORDER[row.tier], row.name, row.rule, -max(row.counts.values()), row.where)
    )


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    streams: dict[str, set[tuple[str, int]]] = {}
    for finding in findings:
        streams.setdefault(finding.subject, set()).add((finding.file, finding.number))
    return {subject: len(found) for subject, found in streams.items()}


def as_text(report: Report) -> str:
    """Write a report for a terminal: a line for each rule and place."""
    return "\n".join([*_text_lines(report), ""])


def _text_lines(report: Report) -> Iterator[str]:
    for row in rows_of(report.findings):
        where = f" {row.where}" if row.where else ""
        seen = ", ".join(
            f"{subject} in {counted(count, _noun(subject))}" for subject, count in row.counts.items()
        )
        yield f"{row.tier:7} {row.rule}{where}: {RULES[row.rule][1]} ({seen})"
        yield f"        {_example(row)}"
    yield from (f"unspool: {note}" for note in report.notes)
    yield f"unspool: {summary(report)}"


def _example(row: Row) -> str:
    first = row.findings[0]
    files = list(dict.fromkeys(f"{one.file}:{one.number}" for one in row.findings if one.file))
    more = f" and {len(files) - _MOST_FILES} more" if len(files) > _MOST_FILES else ""
    shown = ", ".join(files[:_MOST_FILES]) + more
    return "; ".join(filter(None, (first.detail, shown)))


def summary(report: Report) -> str:
    """Write what was checked, and how many findings there are, in one line."""
    tiers = [finding.tier for finding in report.findings]
    numbers = ", ".join(counted(tiers.count(tier), _NOUNS[tier]) for tier in _ORDER)
    over = ", ".join(
        f"{subject} over {counted(count, _noun(subject))}" for subject, count in report.checked.items()
    )
    return f"{numbers}{f'; {over}' if over else ''}"


def _noun(subject: str) -> str:
    """Return what is counted of a subject."""
    return {"provider": "response", "requests": "request"}.get(subject, "stream")


_NOUNS = {Tier.ERROR: "error", Tier.WARNING: "warning", Tier.INFO: "note"}


def as_json(report: Report) -> str:
    """Write all findings as one JSON document."""
    findings = [
        {
            "tier": str(one.tier),
            "rule": one.rule,
            "subject": one.subject,
            "where": one.where,
            "file": one.file,
            "number": one.number,
            "detail": one.detail,
            "wire_format": one.wire_format,
        }
        for one in report.findings
    ]
    document = {
        "version": 1,
        "status": exit_status(report.findings),
        "checked": dict(report.checked),
        "notes": list(report.notes),
        "findings": findings,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def as_markdown(report: Report) -> str:
    """Write a table for a pull request: a row for each rule and place, a column for each subject."""
    rows = rows_of(report.findings)
    lines = ["## Drift", "", f"{summary(report)}.", ""]
    names = list(dict.fromkeys([*map(_name, report.checked), *(row.name for row in rows)]))
    for name in names:
        lines += _table([row for row in rows if row.name == name], _subjects(name, report))
    lines += [f"- {note}" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


def _name(subject: str) -> str:
    return subject.partition(" ")[0]


def _subjects(name: str, report: Report) -> list[str]:
    found = [*report.checked, *(one.subject for one in report.findings)]
    return list(dict.fromkeys(subject for subject in found if _name(subject) == name))


def _table(rows: Sequence[Row], subjects: Sequence[str]) -> list[str]:
    if not rows:
        return []
    lines = [
        f"| tier | rule | where | {' | '.join(subjects)} | for example |",
        f"| --- | --- | --- | {' | '.join('---:' for _ in subjects)} | --- |",
    ]
    for row in rows:
        counts = (str(row.counts.get(subject, "")) for subject in subjects)
        cells = [str(row.tier), f"`{row.rule}`", _code(row.where), *counts, _cell(row.findings[0].detail)]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""


def _cell(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown.replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def as_github(report: Report) -> str:
    """Write GitHub's workflow commands, which annotate the files of a pull request."""
    commands = {Tier.ERROR: "error", Tier.WARNING: "warning", Tier.INFO: "notice"}
    lines = []
    for one in report.findings:
        file = f"file={_property(one.file)}," if one.file else ""
        told = ": ".join(filter(None, (one.subject, one.meaning, one.where, one.detail)))
        lines.append(f"::{commands[one.tier]} {file}title={_property(f'drift {one.rule}')}::{_data(told)}")
    return "\n".join([*lines, summary(report), ""])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "github": as_github,
}
"""The writers by the name that `--format` has."""
