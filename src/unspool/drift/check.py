"""Check recordings: whether they are still what SDKs read, providers answer and applications ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from unspool.counts import counted
from unspool.drift.baseline import against, is_checked, load_baseline, write_baseline
from unspool.drift.budget import Budget
from unspool.drift.environments import SDK, DriftError, installed_sdks, releases
from unspool.drift.findings import PROVIDER, RECORDING, Finding, exit_status
from unspool.drift.recordings import Recorded, recordings_in
from unspool.drift.reports import FORMS, Report
from unspool.drift.request_drift import REQUESTS, how_to_record, load_misses, request_drift
from unspool.drift.rerecord import Rerecording, Selection, aged, now
from unspool.drift.sdk_drift import reads, sdk_drift
from unspool.errors import CassetteFormatError
from unspool.server.upstreams import parse_upstream

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command line.

    Attributes:
        paths: cassettes, and folders of them.
        releases: of SDKs, each to be read with in an environment of its own; empty for the installed ones.
        rerecords: whether providers are asked again, in place of reading with SDKs.
        selection: which recordings count as old, and which are asked again.
        budget: of requests and tokens.
        upstreams: where requests are sent, as in `unspool record`.
        misses: a file by `pytest --unspool-misses`; None to compare no requests.
        baseline: the file with the findings that are known.
        writes_baseline: whether to write it.
        form: of the report; a key of `FORMS`.
    """

    paths: Sequence[Path] = ()
    releases: Sequence[str] = ()
    rerecords: bool = False
    selection: Selection = field(default_factory=Selection)
    budget: Budget = field(default_factory=Budget)
    upstreams: Sequence[str] = ()
    misses: Path | None = None
    baseline: Path = Path("drift-baseline.json")
    writes_baseline: bool = False
    form: str = "text"


def check(wanted: Wanted, variables: Mapping[str, str], say: Say) -> int:
    """Check recordings, and report what has drifted.

    Args:
        wanted: what to check, and how to report it.
        variables: the environment, for the providers' keys; read only where `rerecords` is set.
        say: called with the report.

    Returns:
        0 if nothing but notes was found, 1 for warnings, 2 for errors.

    Raises:
        UnspoolError: a file, an SDK or an option can't be read.
    """
    _check_options(wanted)
    if wanted.misses is not None:
        return _requests(wanted, wanted.misses, say)
    if not wanted.paths:
        raise DriftError("expected a cassette or a folder of them, as in `unspool drift tests/cassettes`")
    unreadable: list[Finding] = []

    def note(path: Path, error: CassetteFormatError) -> None:
        unreadable.append(Finding(RECORDING, "unreadable", "", path.as_posix(), detail=str(error)))

    recordings = list(recordings_in(wanted.paths, note))
    if wanted.rerecords:
        made, checked = _providers(wanted, recordings, variables)
    else:
        made, checked = _sdks(wanted, recordings), recordings
    made = replace(made, findings=[*unreadable, *made.findings])
    return _report(wanted, made, {*_files(checked), *(one.file for one in unreadable)}, say)


def _check_options(wanted: Wanted) -> None:
    """Refuse options that would have no effect: a user would believe in a budget that isn't there.

    Raises:
        DriftError: two options exclude each other, or one needs another.
    """
    limits = (wanted.selection.sample, wanted.budget.requests, wanted.budget.tokens)
    if not wanted.rerecords and (wanted.upstreams or limits != (None, None, None)):
        raise DriftError(
            "--sample, --max-requests, --max-tokens and --upstream are about requests, and without --rerecord"
            " none is sent: add it, or leave them out"
        )
    if wanted.rerecords and wanted.releases:
        raise DriftError("--rerecord asks providers, and --with reads with SDKs: run it once for each")
    if wanted.misses is not None and (wanted.paths or wanted.rerecords or wanted.releases):
        raise DriftError("--misses compares requests only: leave out the cassettes, --rerecord and --with")


def _sdks(wanted: Wanted, recordings: Sequence[Recorded]) -> Report:
    with releases(wanted.releases) if wanted.releases else installed_sdks() as sdks:
        if not sdks:
            raise DriftError(
                "no official SDK is installed here: name some, as in --with openai --with anthropic"
            )
        findings = list(sdk_drift(recordings, sdks))
        checked = _checked(recordings, sdks)
    days = wanted.selection.max_age
    old = [] if days is None else list(aged(recordings, days, now()))
    return Report([*findings, *old], checked)


def _checked(recordings: Sequence[Recorded], sdks: Sequence[SDK]) -> dict[str, int]:
    return {sdk.subject: sum(one.is_stream and reads(sdk, one) for one in recordings) for sdk in sdks}


def _files(recordings: Iterable[Recorded]) -> set[str]:
    return {one.file for one in recordings}


def _providers(
    wanted: Wanted, recordings: Sequence[Recorded], variables: Mapping[str, str]
) -> tuple[Report, list[Recorded]]:
    """Ask again; return the report, and the recordings that were chosen."""
    chosen = wanted.selection.of(recordings, now())
    upstreams = dict(map(parse_upstream, wanted.upstreams))
    run = Rerecording(wanted.budget, upstreams, variables)
    findings = list(run.run(chosen))
    if chosen and not run.compared:  # or a job without keys would look as if all were well
        findings.append(Finding(PROVIDER, "nothing-asked"))
    spent = f"{counted(run.budget.sent, 'request')} sent, {counted(run.budget.used, 'token', ',')} counted"
    notes = [f"{spent}; {len(chosen)} of {counted(len(recordings), 'recording')} chosen"]
    notes += [f"written: {path}" for path in run.written]
    return Report(findings, {PROVIDER: run.compared}, notes), chosen


def _requests(wanted: Wanted, path: Path, say: Say) -> int:
    misses = load_misses(path)
    notes = [f"to record just these again: {how_to_record(misses)}"] if misses else []
    made = Report(list(request_drift(misses)), {REQUESTS: len(misses)}, notes)
    return _report(wanted, made, {miss["cassette"] for miss in misses}, say)


def _report(wanted: Wanted, made: Report, files: Iterable[str], say: Say) -> int:
    """Compare findings with the baseline, or write it, and report; return the exit status."""
    names = {subject.partition(" ")[0] for subject in made.checked}
    subjects = names if PROVIDER in names or REQUESTS in names else names | {RECORDING}
    if wanted.writes_baseline:
        folder = wanted.baseline.resolve().parent
        kept = [key for key in load_baseline(wanted.baseline) if not is_checked(key, folder, subjects, files)]
        count = write_baseline(wanted.baseline, made.findings, keep=kept)
        say(f"unspool: {wanted.baseline} has {counted(count, 'known finding')}")
        return 0
    new = against(wanted.baseline, made.findings, subjects=subjects, files=files)
    say(FORMS[wanted.form](Report(new, made.checked, made.notes)).rstrip("\n"))
    return exit_status(new)
