"""Runs of a coding agent in a network namespace that has nothing but loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.coding_agents.agents import AGENTS, RAN, STATUS

HERE = Path(__file__).parent
_REQUEST = re.compile(r"^  \d+\. (\S+ \S+) (\S+) (\w+), ", re.MULTILINE)
_NO_NETWORK = ("unshare", "--map-root-user", "--net", "bash", "-c")
_LOOPBACK = 'ip link set lo up && exec "$@"'
_BESIDE = """
ip link set lo up
"$PYTHON" -m unspool serve "$TURNS" --port 4999 --log none 2>/dev/null &
server=$!
trap 'kill $server' EXIT
until (exec 3<>/dev/tcp/127.0.0.1/4999) 2>/dev/null; do sleep 0.1; done
"$@"
"""
UPSTREAM = "http://127.0.0.1:4999"


@dataclass(frozen=True)
class Run:
    """What became of one run.

    Attributes:
        status: the agent's exit status; None if it was still running when its time was over.
        checked: the status of `unspool`, which is 3 for a request without a response.
        printed: what the agent and `unspool run` wrote.
        tool_runs: how often the shell tool ran.
        seconds: how long it took.
        requests: method and path, status and outcome of each request, as the server saw them.
    """

    status: int | None
    checked: int | None
    printed: str
    tool_runs: int
    seconds: float
    requests: Sequence[tuple[str, str, str]]

    def says(self, words: str) -> bool:
        """Whether the agent itself printed these words; `unspool` quotes them, too."""
        return words in self.printed.partition("\nunspool: ")[0]


class Place:
    """A folder with a home, a working directory and the installed agents.

    The working directory is the same in each run, because agents put it into their prompts.
    """

    def __init__(self, folder: Path, modules: Path) -> None:
        self.folder = folder
        self.modules = modules

    def clean(self) -> None:
        """Make a new home and an empty working directory."""
        for name in ("home", "work"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True)

    def run(self, name: str, words: Sequence[str], *, seconds: float, beside: str = "") -> Run:
        """Run `unspool WORDS -- AGENT` from nothing.

        Args:
            name: the agent's.
            words: such as `run --cassette turns.py:works`.
            beside: the script that a server at `UPSTREAM` plays meanwhile; none if empty.
            seconds: how long it may take; then it's ended as Ctrl-C would end it, and killed if it has to be.
        """
        self.clean()
        launch = (sys.executable, str(HERE / "launch.py"), str(self.modules), name)
        namespace = (*_NO_NETWORK, _BESIDE if beside else _LOOPBACK, "bash")
        command = [*namespace, sys.executable, "-m", "unspool", *words, "--", *launch]
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.folder / "work",
            env={**self._environment(name), "TURNS": beside, "PYTHON": sys.executable},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        printed, is_over = _output(process, seconds)
        ran, status = self.folder / "work" / RAN, self.folder / "home" / STATUS
        return Run(
            int(status.read_text()) if is_over and status.exists() else None,
            process.returncode if is_over else None,
            printed,
            len(ran.read_text().splitlines()) if ran.exists() else 0,
            time.monotonic() - started,
            [found.groups() for found in _REQUEST.finditer(printed)],  # type: ignore[misc]
        )

    def _environment(self, name: str) -> dict[str, str]:
        agent, home = AGENTS[name], str(self.folder / "home")
        own = {"HOME": home, "UNSPOOL_TOOL": agent.tool, "UNSPOOL_ARGUMENTS": json.dumps(agent.arguments)}
        keys = {f"{one}_API_KEY": "none" for one in ("OPENAI", "ANTHROPIC", "GEMINI")}
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        own |= {"UNSPOOL_FORMAT": agent.format}
        return {**kept, **own, **keys, "TERM": "dumb", "NO_COLOR": "1"}


def _output(process: subprocess.Popen[str], seconds: float) -> tuple[str, bool]:
    """What a process prints, and whether it ended by itself."""
    try:
        return process.communicate(timeout=seconds)[0], True
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
    try:
        return process.communicate(timeout=10)[0], False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0], False
