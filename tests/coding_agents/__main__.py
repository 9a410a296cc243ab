"""`python -m tests.coding_agents`: coding agents from npm under scripts, recordings and faults.

It installs them into a folder, runs each in a network namespace that has nothing but loopback, and prints
what they do; `--write` makes docs/coding-agents.md of it. It needs Node, npm and Linux.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.coding_agents.agents import AGENTS
from tests.coding_agents.runs import HERE, UPSTREAM, Place, Run
from tests.coding_agents.turns import WORDS

from unspool.counts import counted

PAGE = Path(__file__).parents[2] / "docs" / "coding-agents.md"
TURNS = HERE / "turns.py"
SCENARIOS = {
    "stall": "the answer stalls for ever",
    "error_event": "an error event in the answer, once",
    "reset": "a reset in the answer, once",
    "cut_call": "a tool call cut by `max_tokens`",
    "repeated_call": "the same call for ever",
    "loop": "the same words for ever",
}


def main() -> int:
    """Run what was asked for; the exit status is 1 if an agent can't be scripted, recorded and replayed."""
    parser = argparse.ArgumentParser(prog="python -m tests.coding_agents", description=__doc__)
    parser.add_argument("--only", metavar="AGENT", help=f"one of {', '.join(AGENTS)}")
    parser.add_argument("--seconds", type=float, default=40.0, help="how long a run may take")
    parser.add_argument("--modules", type=Path, help="node_modules in which the agents are installed")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    names = [options.only] if options.only else list(AGENTS)
    with TemporaryDirectory() as name:
        folder = Path(name)
        modules = options.modules or _installed(folder, names)
        place = Place(folder / "place", modules.resolve())
        rows = {name: _results(place, name, options.seconds) for name in names}
        page = "\n".join(_page(rows, modules)) + "\n"
    sys.stdout.write(page)
    if options.write:
        PAGE.write_text(page, "utf-8")
    return 0 if all(_passes(runs) for runs in rows.values()) else 1


def _installed(folder: Path, names: list[str]) -> Path:
    """Install the agents, as npm has them today."""
    packages = [AGENTS[name].package for name in names]
    command = ["npm", "install", "--no-fund", "--no-audit", "--loglevel=error", *packages]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "node_modules"


def _results(place: Place, name: str, seconds: float) -> dict[str, Run]:
    """An agent's run of each kind, by name."""
    runs = {"works": place.run(name, _scripted("works"), seconds=2 * seconds)}
    cassette = place.folder / f"{name}.yaml"
    record = ("record", "--to", str(cassette), "--upstream", UPSTREAM)
    runs["recorded"] = place.run(name, record, seconds=2 * seconds, beside=f"{TURNS}:works")
    replay = ("run", "--cassette", str(cassette), "--match", "llm")
    runs["replayed"] = place.run(name, replay, seconds=2 * seconds)
    for scenario in SCENARIOS:
        runs[scenario] = place.run(name, _scripted(scenario), seconds=seconds)
    for kind, run in runs.items():
        sys.stderr.write(f"{name}, {kind}: {_said(run)}\n")
    return runs


def _scripted(scenario: str) -> tuple[str, ...]:
    return "run", "--cassette", f"{TURNS}:{scenario}"


def _passes(runs: dict[str, Run]) -> bool:
    return all(_is_whole(runs[kind]) for kind in ("works", "recorded", "replayed"))


def _is_whole(run: Run) -> bool:
    return run.status == 0 and run.checked == 0 and run.tool_runs == 1 and run.says(WORDS)


def _said(run: Run) -> str:
    """What a run did, in a few words."""
    asked = f"; {counted(len(run.requests), 'request')}" if run.requests else ""
    if run.status is None:
        end = f"still at it after {run.seconds:.0f} s"
    elif run.says(WORDS):
        end = "ends with the answer"
    elif run.status == 0:
        end = "ends as if all were well, without the whole answer"
    else:
        end = f"ends with an error (exit {run.status})"
    return f"{end}{asked}; tool runs: {run.tool_runs}"


_INTRODUCTION = (
    "Written by `nox -s coding_agents -- --write`, which installs the agents from npm and runs each in a",
    "network namespace that has nothing but loopback, with no account and no key. The model is a script: it",
    "calls the agent's shell tool once, and then answers.",
)
_BROKEN = (
    "The tool call and its result are whole, where the title doesn't say otherwise; the answer after it is",
    "broken. The requests are all that the agent sent: retries and requests beside the conversation count.",
)


def _page(rows: dict[str, dict[str, Run]], modules: Path) -> Iterator[str]:
    yield "# What coding agents do with broken streams"
    yield ""
    yield from _INTRODUCTION
    yield ""
    yield f"{datetime.now(tz=UTC):%Y-%m-%d}: " + ", ".join(_versions(rows, modules)) + "."
    yield ""
    yield from _found(rows)
    yield ""
    yield "## Scripted, recorded, replayed"
    yield ""
    yield "| agent | a scripted tool call | recorded by `unspool record` | replayed with `--match llm` |"
    yield "|---|---|---|---|"
    for name, runs in rows.items():
        yield (
            f"| {name} | "
            + " | ".join(_said(runs[kind]) for kind in ("works", "recorded", "replayed"))
            + " |"
        )
    yield ""
    yield "## Broken"
    yield ""
    yield from _BROKEN
    for scenario, title in SCENARIOS.items():
        yield ""
        yield f"### {title[0].upper()}{title[1:]}"
        yield ""
        yield "| agent | what it did |"
        yield "|---|---|"
        for name, runs in rows.items():
            yield f"| {name} | {_said(runs[scenario])} |"


def _versions(rows: dict[str, dict[str, Run]], modules: Path) -> Iterator[str]:
    for name in rows:
        package = AGENTS[name].package
        version = json.loads((modules / package / "package.json").read_text())["version"]
        yield f"{name} {version} (`{package}`)"


def _found(rows: dict[str, dict[str, Run]]) -> Iterator[str]:
    """The findings, counted from the runs."""
    count = len(rows)
    ran = [name for name, runs in rows.items() if runs["cut_call"].tool_runs]
    endless = [name for name, runs in rows.items() if runs["repeated_call"].status is None]
    waits = [name for name, runs in rows.items() if runs["stall"].status is None]
    looped = [name for name, runs in rows.items() if runs["loop"].status is None]
    partial = [
        name
        for name, runs in rows.items()
        if any(runs[one].status == 0 and not runs[one].says(WORDS) for one in ("error_event", "reset"))
    ]
    for found, text in (
        (
            ran,
            "ran a tool whose call was cut off by `max_tokens`",
        ),
        (endless, "went on calling the same tool for as long as it was let"),
        (waits, "still waited for a stalled stream when the run was ended"),
        (looped, "went on reading the same words for as long as they came"),
        (partial, "took an answer that an error or a reset had cut off for the whole, and exited with 0"),
    ):
        yield f"- {len(found)} of {count} {text}{': ' + ', '.join(found) if found else ''}."


if __name__ == "__main__":
    sys.exit(main())
