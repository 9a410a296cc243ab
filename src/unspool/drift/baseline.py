"""The baseline: a committed file with the findings that are known and accepted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from unspool.cassette.store import replace_file
from unspool.drift.environments import DriftError
from unspool.drift.findings import Finding

_VERSION = 1
Key = tuple[str, str, str, str]
"""The subject without its release, the rule, the place, the file."""


def key_of(finding: Finding, folder: Path) -> Key:
    """Return what identifies a finding in a baseline, whatever the release of the SDK.

    Args:
        finding: the finding.
        folder: the baseline's; files are written relative to it.
    """
    file = Path(finding.file).resolve()
    shown = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.as_posix()
    return finding.name, finding.rule, finding.where, shown if finding.file else ""


def load_baseline(path: Path) -> set[Key]:
    """Load a baseline; empty if there is no such file.

    Raises:
        DriftError: the file isn't a baseline.
    """
    if not path.exists():
        return set()
    try:
        document = json.loads(path.read_bytes())
        return set(_entries(document))
    except (ValueError, TypeError, KeyError) as error:
        raise DriftError(
            f"expected {path} to be a baseline of `unspool drift`, version {_VERSION}; delete it and run with"
            " --write-baseline"
        ) from error


def _entries(document: Any) -> Iterator[Key]:
    if document["version"] != _VERSION:
        raise ValueError
    for entry in document["known"]:
        yield entry["subject"], entry["rule"], entry["where"], entry["file"]


def write_baseline(path: Path, findings: Iterable[Finding], *, keep: Iterable[Key] = ()) -> int:
    """Write the findings as known, sorted and one to a line, so that a review sees what is new.

    Args:
        path: the file.
        findings: those of this run.
        keep: entries of the old file that this run didn't check.

    Returns:
        The number of entries.
    """
    keys = sorted({key_of(finding, path.resolve().parent) for finding in findings}.union(keep))
    names = ("subject", "rule", "where", "file")
    lines = ",\n".join(
        f"  {json.dumps(dict(zip(names, key, strict=True)), ensure_ascii=False)}" for key in keys
    )
    text = f'{{"version": {_VERSION}, "known": [\n{lines}\n]}}\n'
    replace_file(path, iter([text.encode()]))
    return len(keys)


def against(
    path: Path, findings: Sequence[Finding], *, subjects: Iterable[str], files: Iterable[str]
) -> list[Finding]:
    """Return the findings that a baseline doesn't have, and a finding for each entry that no longer occurs.

    Args:
        path: the baseline.
        findings: those of this run.
        subjects: the names of the subjects that this run checked.
        files: the cassettes that it checked. Entries of others are neither new nor stale.
    """
    known, folder = load_baseline(path), path.resolve().parent
    now = {key_of(finding, folder) for finding in findings}
    stale = sorted(key for key in known - now if is_checked(key, folder, subjects, files))
    return [
        *(finding for finding in findings if key_of(finding, folder) not in known),
        *(_stale(key, path) for key in stale),
    ]


def is_checked(key: Key, folder: Path, subjects: Iterable[str], files: Iterable[str]) -> bool:
    """Whether a run over these subjects and files would have found an entry again."""
    shown = {key_of(Finding("", "", file=file), folder)[3] for file in files}
    return key[0] in set(subjects) and key[3] in shown


def _stale(key: Key, path: Path) -> Finding:
    subject, rule, where, file = key
    detail = f"{subject} no longer has it: write {path.name} again with --write-baseline"
    return Finding("baseline", "baseline-stale", f"{rule} {where}".strip(), file, detail=detail)
