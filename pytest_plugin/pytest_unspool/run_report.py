"""The account of a run: what was recorded and replayed, and what is left lying about.

Workers of pytest-xdist hand theirs to the one who reports.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import markers

if TYPE_CHECKING:
    from unspool import Cassette
    from unspool.cassette.model import Interaction

Account = dict[str, Any]
"""What became of a cassette in a test: plain data, for it travels between processes."""

_ACCOUNTS = pytest.StashKey[list[Account]]()
_STARTED = pytest.StashKey[float]()
_DESELECTED = pytest.StashKey[bool]()
_CLAIMS = pytest.StashKey[dict[str, list[str]]]()
_KEY = "unspool"


def account(cassette: Cassette, path: str, *, waited: float) -> Account:
    """What became of a cassette.

    Args:
        waited: which part of the recorded time was waited for.
    """
    from unspool.cassette import outcomes  # noqa: PLC0415 - a cassette is in use: it's loaded
    from unspool.cassette.redact import redacted_paths, redactions_in  # noqa: PLC0415 - as above

    timelines = [play.interaction.response.timeline for play in cassette.plays]
    seconds = sum((timeline.ended_at or 0.0) for timeline in timelines if timeline is not None)
    recorded = cassette.recorded
    return {
        "cassette": path,
        "recorded": len(recorded),
        "replayed": len(cassette.plays),
        "unplayed": [_identity(one) for one in cassette.unplayed] if cassette.plays else [],
        "played": [_identity(play.interaction) for play in cassette.plays],
        "scrubbed": sum(map(redactions_in, recorded)),
        "changed": sorted({path for one in recorded for path in redacted_paths(one.response)}),
        "saved": seconds * (1 - waited),
        "refused": [_shown(one) for one in recorded if outcomes.is_refusal(one)],
        "broken": sum(map(outcomes.is_broken, recorded)),
        "left": sum(map(outcomes.is_left, recorded)),
        "interrupted": sum(map(outcomes.is_interrupted, recorded)),
    }


def misses_of(cassette: Cassette, *, user: str, path: str) -> list[dict[str, Any]]:
    """Return the requests that a cassette couldn't answer, beside the recordings that are nearest."""
    if not cassette.misses:
        return []
    from unspool.drift.request_drift import miss_of  # noqa: PLC0415 - few tests have a miss
    from unspool.errors import UnrecordedRequestError  # noqa: PLC0415 - as above
    from unspool.transports.expected import was_expected  # noqa: PLC0415 - as above

    return [
        miss_of(miss.request, cassette.nearest(miss.request), test=user, cassette=path)
        for miss in cassette.misses
        if isinstance(miss, UnrecordedRequestError) and miss.request is not None and not was_expected(miss)
    ]


def write_misses(config: pytest.Config, path: str) -> None:
    """Write the misses of all tests to a file; an empty list if there were none."""
    from unspool.cassette.store import replace_file  # noqa: PLC0415 - only if the option is given
    from unspool.drift.request_drift import as_document  # noqa: PLC0415 - as above

    accounts = config.stash.get(_ACCOUNTS, [])
    misses = [miss for one in accounts for miss in one.get("misses", ())]
    replace_file(config.invocation_params.dir / path, as_document(misses).encode())


def _identity(interaction: Interaction) -> str:
    """What tells an interaction of a cassette from the others, in any process."""
    request, response = interaction.request, interaction.response
    parts = (
        request.method,
        request.uri,
        request.body,
        interaction.recorded_at,
        response.status,
        response.body,
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _shown(interaction: Interaction) -> str:
    request = interaction.request
    return f"{interaction.response.status} {request.method} {request.uri.partition('?')[0]}"


def remarks(made: Account) -> list[str]:
    """What is to be said of a recording at the test's end, and of one that is not as it should be."""
    from unspool.counts import counted  # noqa: PLC0415 - a cassette has been in use: it's loaded

    who = made["user"]
    lines = [f"{who}: {note}" for note in made["notes"]]
    if made["refused"]:
        what = "; ".join(sorted(set(made["refused"])))
        lines.append(f"{who} recorded {what}. To record it again: {made['command']}")
    if made["interrupted"]:
        lines.append(
            f"{who}: the run interrupted {counted(made['interrupted'], 'answer')}; the next one records again"
            f" what is missing. To do so now: {made['command']}"
        )
    return lines


def account_of_canned(path: Path) -> Account:
    """What became of a cassette of which one answer was played as a canned stream."""
    return {**account_of_notes("", []), "cassette": str(path), "replayed": 1}


def account_of_notes(user: str, notes: Sequence[str]) -> Account:
    """What the report says of a test, whichever cassettes it has."""
    return {
        "cassette": "",
        "recorded": 0,
        "replayed": 0,
        "unplayed": [],
        "played": [],
        "scrubbed": 0,
        "changed": [],
        "saved": 0.0,
        "refused": [],
        "broken": 0,
        "left": 0,
        "interrupted": 0,
        "notes": list(notes),
        "user": user,
    }


def keep(config: pytest.Config, made: Account) -> None:
    """Note an account for the report."""
    config.stash.setdefault(_ACCOUNTS, []).append(made)


def claim(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Note which cassettes the tests of each collected module call their own, where they usually are."""
    claims: dict[str, list[str]] = config.stash.setdefault(_CLAIMS, {})
    for item in items:
        names = claims.setdefault(str(item.path), [])
        names.extend(_claimed(item))


def _claimed(item: pytest.Item) -> Iterator[str]:
    from unspool import CassetteError  # noqa: PLC0415 - only if a report is wanted

    try:
        name = markers.options_of(item).get("name", markers.name_of(item))
        for path in markers.files_of(markers.folder_of(item.path), name):
            yield os.path.normpath(path)
    except (pytest.UsageError, CassetteError):
        return  # the test itself will report its marker


def started_at(config: pytest.Config) -> float:
    """When the run began, in seconds since 1970-01-01 UTC; workers of pytest-xdist have it from the first."""
    given = getattr(config, "workerinput", {}).get(_KEY)
    moment: float = config.stash[_STARTED] if given is None else given
    return moment


def start(config: pytest.Config) -> None:
    """Note when the run begins."""
    config.stash[_STARTED] = time.time()


def note_deselected(config: pytest.Config) -> None:
    """Note that some tests aren't run."""
    config.stash[_DESELECTED] = True


# From worker to reporter


def hand_over(config: pytest.Config) -> None:
    """In a worker of pytest-xdist: send the accounts to whoever reports."""
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]  # xdist's
    output[_KEY] = {
        "accounts": config.stash.get(_ACCOUNTS, []),
        "claims": config.stash.get(_CLAIMS, {}),
        "deselected": config.stash.get(_DESELECTED, False),
    }


def take_over(node: Any) -> None:
    """The accounts of a worker that is done; a crashed one has none."""
    sent = getattr(node, "workeroutput", {}).get(_KEY, {})
    node.config.stash.setdefault(_ACCOUNTS, []).extend(sent.get("accounts", []))
    node.config.stash.setdefault(_CLAIMS, {}).update(sent.get("claims", {}))
    if sent.get("deselected"):
        note_deselected(node.config)


# What is said at the end


def summarize(reporter: pytest.TerminalReporter, config: pytest.Config, *, in_full: bool) -> None:
    """The report; unless it's wanted in full, only what somebody has to look at."""
    accounts = config.stash.get(_ACCOUNTS, [])
    lines = list(dict.fromkeys(line for one in accounts for line in remarks(one)))
    if in_full:
        lines = [*_lines(accounts, list(_orphans(config, accounts))), *lines]
    if not lines:
        return
    reporter.section("Unspool")
    for line in lines:
        reporter.write_line(line)


def _lines(accounts: Sequence[Account], orphans: Sequence[str]) -> Iterator[str]:
    from unspool.counts import counted  # noqa: PLC0415 - a report is seldom wanted

    scrubbed, saved = (sum(one[key] for one in accounts) for key in ("scrubbed", "saved"))
    yield f"recorded: {_count(accounts, 'recorded')}, {counted(scrubbed, 'secret')} scrubbed"
    yield from _per_cassette(accounts, "broken", "broken by the network")
    yield from _per_cassette(accounts, "left", "left by their client")
    for one in accounts:
        if one["changed"]:
            paths = ", ".join(one["changed"])
            yield f"  {one['cassette']} differs from the server's responses at {paths}"
    yield f"replayed: {_count(accounts, 'replayed')}, {saved:.1f} s of waiting saved"
    unplayed = _unplayed(accounts)
    count, cassettes = sum(unplayed.values()), len(unplayed)
    yield f"unplayed: {counted(count, 'interaction')}, {counted(cassettes, 'cassette')}"
    yield from (f"  {path}: {count}" for path, count in unplayed.items())
    yield from _request_drift(accounts)
    yield f"orphaned: {counted(len(orphans), 'cassette')}"
    yield from (f"  {path}" for path in orphans)
    from unspool.transports.foreign_sockets import unguarded  # noqa: PLC0415 - a report is seldom wanted

    if names := unguarded():
        yield f"not guarded: {', '.join(names)}, whose connections Python isn't told of"


def _request_drift(accounts: Sequence[Account]) -> Iterator[str]:
    """Say which fields of requests differ from the recordings, over all tests, and how to record them."""
    misses = [miss for one in accounts for miss in one.get("misses", ())]
    if not misses:
        return
    from unspool.counts import counted  # noqa: PLC0415 - few runs have a miss
    from unspool.drift.reports import rows_of  # noqa: PLC0415 - as above
    from unspool.drift.request_drift import how_to_record, request_drift  # noqa: PLC0415 - as above

    tests = {miss["test"] for miss in misses}
    yield f"unrecorded: {counted(len(misses), 'request')} of {counted(len(tests), 'test')}"
    for row in rows_of(list(request_drift(misses))):
        count = sum(row.counts.values())
        yield f"  {row.rule.removeprefix('request-')} {row.where} in {count}: {row.findings[0].detail}"
    yield f"  to record just these again: {how_to_record(misses)}"


def _per_cassette(accounts: Sequence[Account], key: str, what: str) -> Iterator[str]:
    from unspool.counts import counted  # noqa: PLC0415 - a report is seldom wanted

    counts: dict[str, int] = {}
    for one in accounts:
        counts[one["cassette"]] = counts.get(one["cassette"], 0) + one[key]
    yield from (f"  {path}: {counted(count, 'stream')} {what}" for path, count in counts.items() if count)


def _unplayed(accounts: Sequence[Account]) -> dict[str, int]:
    """How many interactions of each cassette no test has played."""
    played: dict[str, set[str]] = {}
    for one in accounts:
        played.setdefault(one["cassette"], set()).update(one["played"])
    left: dict[str, set[str]] = {}
    for one in accounts:
        left.setdefault(one["cassette"], set()).update(set(one["unplayed"]) - played[one["cassette"]])
    return {path: len(found) for path, found in left.items() if found}


def _count(accounts: Iterable[Account], key: str) -> str:
    from unspool.counts import counted  # noqa: PLC0415 - a report is seldom wanted

    having = [one for one in accounts if one[key]]
    cassettes = {one["cassette"] for one in having}
    count = sum(one[key] for one in having)
    return f"{counted(count, 'interaction')}, {counted(len(cassettes), 'cassette')}"


def _orphans(config: pytest.Config, accounts: Sequence[Account]) -> Iterator[str]:
    """The cassettes in the usual folders that are no test's.

    A folder whose module wasn't collected in whole is left out; so is one without a module, unless all tests
    were run, for a fixture may use what is in it.
    """
    root = config.rootpath
    claims = config.stash.get(_CLAIMS, {})
    taken = {name for names in claims.values() for name in names} | {
        os.path.normpath(root / one["cassette"]) for one in accounts
    }
    for folder in sorted({Path(module).parent / "cassettes" for module in claims}):
        for path in sorted(folder.glob("*/**/*")):
            module = folder.parent / f"{path.relative_to(folder).parts[0]}.py"
            is_known = is_whole(config, module) if module.exists() else ran_all(config)
            if is_known and _is_cassette(path) and os.path.normpath(path) not in taken:
                yield path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _is_cassette(path: Path) -> bool:
    """Whether a file is one that a test may have; what a failed run left beside it is named elsewhere."""
    return path.suffix in {".yaml", ".yml", ".json"} and not path.stem.endswith(".failed")


def ran_all(config: pytest.Config) -> bool:
    """Whether all tests of the project were collected, and none was deselected."""
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS
    return not chosen and not config.stash.get(_DESELECTED, False)


def is_whole(config: pytest.Config, module: Path) -> bool:
    """Whether a module was collected, and not only a part of it."""
    base = config.invocation_params.dir
    in_parts = {str((base / arg.partition("::")[0]).resolve()) for arg in config.args if "::" in arg}
    return str(module) in config.stash.get(_CLAIMS, {}) and str(module.resolve()) not in in_parts


# What a run that records all again drops at its end


def drop_untouched(config: pytest.Config) -> None:
    """Drop from shared cassettes that were rewritten what no test of the run has recorded.

    Only where every test that may use the cassette has run and passed: those of its module, or all tests if
    the file isn't in a module's own folder.
    """
    accounts = [one for one in config.stash.get(_ACCOUNTS, []) if one.get("rewritten")]
    if not accounts or config.stash.get(_DESELECTED, False):
        return
    not_passed = _not_passed(config)
    if not_passed is None:
        return
    for path in {config.rootpath / one["cassette"] for one in accounts}:
        module = path.parent.parent.parent / f"{path.parent.name}.py"
        is_module_s = path.parent.parent.name == "cassettes" and module.exists()
        if is_module_s:
            has_run = _was_collected_whole(config, module) and str(module) not in not_passed
        else:
            has_run = ran_all(config) and not not_passed
        if has_run:
            _drop_older(path, started_at(config))


def _was_collected_whole(config: pytest.Config, module: Path) -> bool:
    base = config.invocation_params.dir
    return not any(
        "::" in arg and (base / arg.partition("::")[0]).resolve() == module.resolve() for arg in config.args
    )


def _drop_older(path: Path, moment: float) -> None:
    from unspool.cassette import store  # noqa: PLC0415 - cassettes have been in use: it's loaded

    if path.exists():
        held = store.load(path)
        store.merge(path, base=held, added=(), dropped=lambda one: (one.recorded_at or 0.0) < moment)


def _not_passed(config: pytest.Config) -> set[str] | None:
    """The modules whose tests haven't all passed; None if nobody has counted."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None:
        return None
    reports = [
        one
        for kind in ("failed", "error", "skipped", "xfailed", "xpassed")
        for one in reporter.stats.get(kind, ())
    ]
    return {str(config.rootpath / one.nodeid.partition("::")[0]) for one in reports}
