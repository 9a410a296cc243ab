"""The account of a run: what was recorded and replayed, and what is left lying about.

Workers of pytest-xdist hand theirs to the one who reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import marks, naming

if TYPE_CHECKING:
    from unspool import Cassette

Account = dict[str, Any]
"""What became of a cassette in a test: plain data, for it travels between processes."""

_ACCOUNTS = pytest.StashKey[list[Account]]()
_CLAIMS = pytest.StashKey[dict[str, list[str]]]()
_KEY = "unspool"


def account(cassette: Cassette, path: str, *, waited: float) -> Account:
    """What became of a cassette.

    Args:
        waited: which part of the recorded time was waited for.
    """
    from unspool.cassette.redact import redactions_in  # noqa: PLC0415 - a cassette is in use: it's loaded

    timelines = [play.interaction.response.timeline for play in cassette.plays]
    seconds = sum((timeline.ended_at or 0.0) for timeline in timelines if timeline is not None)
    recorded = cassette.recorded
    return {
        "cassette": path,
        "recorded": len(recorded),
        "replayed": len(cassette.plays),
        "unplayed": len(cassette.unplayed) if cassette.plays else 0,
        "scrubbed": sum(map(redactions_in, recorded)),
        "saved": seconds * (1 - waited),
    }


def account_of_canned(path: Path) -> Account:
    """What became of a cassette of which one answer was played as a canned stream."""
    return {
        "cassette": str(path),
        "recorded": 0,
        "replayed": 1,
        "unplayed": 0,
        "scrubbed": 0,
        "saved": 0.0,
    }


def keep(config: pytest.Config, made: Account) -> None:
    """Note an account for the report."""
    config.stash.setdefault(_ACCOUNTS, []).append(made)


def claim(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Note which cassettes the tests of each collected module call their own, where they usually are."""
    claims: dict[str, list[str]] = config.stash.setdefault(_CLAIMS, {})
    for item in items:
        names = claims.setdefault(str(item.path), [])
        name = marks.options_of(item).get("name", naming.name_of(item))
        names.append(str(_cassette_path(naming.folder_of(item.path), name)))


def _cassette_path(folder: Path, name: str) -> Path:
    from unspool.cassette.names import cassette_path  # noqa: PLC0415 - only if a report is wanted

    return cassette_path(folder, name)


# From worker to reporter


def hand_over(config: pytest.Config) -> None:
    """In a worker of pytest-xdist: send the accounts to whoever reports."""
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]  # xdist's
    output[_KEY] = {"accounts": config.stash.get(_ACCOUNTS, []), "claims": config.stash.get(_CLAIMS, {})}


def take_over(node: Any) -> None:
    """The accounts of a worker that is done; a crashed one has none."""
    sent = getattr(node, "workeroutput", {}).get(_KEY, {})
    node.config.stash.setdefault(_ACCOUNTS, []).extend(sent.get("accounts", []))
    node.config.stash.setdefault(_CLAIMS, {}).update(sent.get("claims", {}))


# What is said at the end


def summarize(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The report."""
    accounts = config.stash.get(_ACCOUNTS, [])
    reporter.section("Unspool")
    for line in _lines(accounts, list(_orphans(config, accounts))):
        reporter.write_line(line)


def _lines(accounts: Sequence[Account], orphans: Sequence[str]) -> Iterator[str]:
    scrubbed, saved = (sum(one[key] for one in accounts) for key in ("scrubbed", "saved"))
    yield f"recorded: {_count(accounts, 'recorded')}, {scrubbed} secrets scrubbed"
    yield f"replayed: {_count(accounts, 'replayed')}, {saved:.1f} s of waiting saved"
    yield f"unplayed: {_count(accounts, 'unplayed')}"
    yield from (f"  {one['cassette']}: {one['unplayed']}" for one in accounts if one["unplayed"])
    yield f"orphaned: {len(orphans)} cassettes"
    yield from (f"  {path}" for path in orphans)


def _count(accounts: Iterable[Account], key: str) -> str:
    having = [one for one in accounts if one[key]]
    cassettes = {one["cassette"] for one in having}
    return f"{sum(one[key] for one in having)} interactions, {len(cassettes)} cassettes"


def _orphans(config: pytest.Config, accounts: Sequence[Account]) -> Iterator[str]:
    """The cassettes in the usual folders that are no test's.

    Nothing is known of a module that was collected in parts, or not at all, unless it's gone.
    """
    root = config.rootpath
    claims = config.stash.get(_CLAIMS, {})
    taken = {name for names in claims.values() for name in names} | {
        str(root / one["cassette"]) for one in accounts
    }
    base = config.invocation_params.dir
    in_parts = {str((base / arg.partition("::")[0]).resolve()) for arg in config.args if "::" in arg}
    for folder in sorted({Path(module).parent / "cassettes" for module in claims}):
        for path in sorted(folder.glob("*/**/*")):
            module = folder.parent / f"{path.relative_to(folder).parts[0]}.py"
            known = (str(module) in claims and str(module.resolve()) not in in_parts) or not module.exists()
            if known and path.suffix in {".yaml", ".yml", ".json"} and str(path) not in taken:
                yield path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
