"""The workflow that `docs/how-to/drift.md` offers to copy."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from unspool.commands.drift import add_arguments

FILE = Path(__file__).parents[2] / "examples" / "drift.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text("utf-8"))
STEPS = [step.get("run", "") for job in WORKFLOW["jobs"].values() for step in job["steps"]]
COMMANDS = [
    found[0] for step in STEPS for found in re.finditer(r"unspool drift [^>|]+", step.replace("\\\n", " "))
]


def test_it_runs_each_week_and_by_hand() -> None:
    triggers = WORKFLOW[True]  # YAML's `on`
    assert triggers["schedule"] == [{"cron": "17 5 * * 1"}]
    assert "workflow_dispatch" in triggers


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_understood(command: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = parser.parse_args(shlex.split(command.replace('"$GITHUB_RUN_NUMBER"', "7"))[2:])
    assert options.paths == [Path("tests/cassettes")]


def test_only_one_job_asks_providers_and_within_a_budget() -> None:
    [asking] = [command for command in COMMANDS if "--rerecord" in command]
    assert "--max-requests" in asking
    assert "--max-tokens" in asking


@pytest.mark.skipif(shutil.which("bash") is None, reason="the workflow's steps are bash's")
def test_new_recordings_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    [script] = [step for step in STEPS if ".rerecorded." in step]
    folder = tmp_path / "tests" / "cassettes" / "a folder"
    folder.mkdir(parents=True)
    for name in ("chat.yaml", "chat.rerecorded.yaml", "other.json"):
        (folder / name).write_text(name, "utf-8")
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)
    held = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert held == {"chat.yaml": "chat.rerecorded.yaml", "other.json": "other.json"}
