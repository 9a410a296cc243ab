"""`unspool drift`: whether recordings are still what SDKs read and what providers answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unspool.drift.baseline import against, is_checked, load_baseline, write_baseline
from unspool.drift.environments import SDK, DriftError, installed_sdks, releases
from unspool.drift.findings import RECORDING, Finding, exit_status
from unspool.drift.recordings import Recorded, recordings_in
from unspool.drift.reports import FORMS, Report
from unspool.drift.sdk_drift import reads, sdk_drift

Say = Callable[[str], None]
BASELINE = Path("drift-baseline.json")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command line.

    Attributes:
        paths: cassettes, and folders of them.
        releases: of SDKs, each to be read with in an environment of its own; empty for the installed ones.
        baseline: the file with the findings that are known.
        writes_baseline: whether to write it.
        form: of the report; a key of `FORMS`.
    """

    paths: Sequence[Path]
    releases: Sequence[str] = ()
    baseline: Path = BASELINE
    writes_baseline: bool = False
    form: str = "text"


def drift(wanted: Wanted, say: Say) -> int:
    """Read recordings with SDKs and report what they lose.

    Args:
        wanted: what to read, and how to report it.
        say: called with the report.

    Returns:
        0 if nothing but notes was found, 1 for warnings, 2 for errors.

    Raises:
        UnspoolError: a file or an SDK can't be read.
    """
    recordings = list(recordings_in(wanted.paths))
    with releases(wanted.releases) if wanted.releases else installed_sdks() as sdks:
        if not sdks:
            raise DriftError(
                "no official SDK is installed here: name some, as in --with openai --with anthropic"
            )
        findings = list(sdk_drift(recordings, sdks))
        checked = _checked(recordings, sdks)
    return report(wanted, recordings, findings, checked, say=say)


def _checked(recordings: Sequence[Recorded], sdks: Sequence[SDK]) -> dict[str, int]:
    return {sdk.subject: sum(one.is_stream and reads(sdk, one) for one in recordings) for sdk in sdks}


def report(
    wanted: Wanted,
    recordings: Sequence[Recorded],
    findings: Sequence[Finding],
    checked: dict[str, int],
    *,
    say: Say,
    notes: Sequence[str] = (),
) -> int:
    """Compare findings with the baseline, or write it, and report; return the exit status."""
    subjects = {RECORDING, *(subject.partition(" ")[0] for subject in checked)}
    files = {one.file for one in recordings}
    if wanted.writes_baseline:
        folder = wanted.baseline.resolve().parent
        kept = [key for key in load_baseline(wanted.baseline) if not is_checked(key, folder, subjects, files)]
        count = write_baseline(wanted.baseline, findings, keep=kept)
        say(f"unspool: {wanted.baseline} has {count} known findings")
        return 0
    new = against(wanted.baseline, findings, subjects=subjects, files=files)
    say(FORMS[wanted.form](Report(new, checked, notes)).rstrip("\n"))
    return exit_status(new)
