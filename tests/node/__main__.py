"""`python -m tests.node`: SDKs for JavaScript, as npm has them today, against `unspool serve`.

It needs Node, npm and a package index. The packages are installed in a folder of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from unspool.errors import UnspoolError
from unspool.faults import Break, ErrorEvent, Fault, Rechunk
from unspool.script import Script, call, error, reasoning, text
from unspool.server.scripted import only
from unspool.server.serving import Server, running

CLIENTS = Path(__file__).with_name("clients.mjs")
PACKAGES = ("openai", "@anthropic-ai/sdk", "@google/genai", "ai", "@ai-sdk/openai", "@ai-sdk/anthropic")
RAIN = "Rain ☔ in Oslo, 🌧️ all day."


@dataclass(frozen=True)
class Case:
    """What a client asks, and what it should get.

    Attributes:
        client: its name in clients.mjs.
        turns: what the model says.
        expected: checks what the client printed.
        fault: what happens to the response.
    """

    client: str
    turns: tuple[Any, ...]
    expected: Callable[[Mapping[str, Any]], bool]
    fault: Fault | None = None


def _says(**fields: Any) -> Callable[[Mapping[str, Any]], bool]:
    return lambda got: all(got.get(name) == value for name, value in fields.items())


def _fails(got: Mapping[str, Any]) -> bool:
    return "error" in got


CALLS = (call("get_weather", city="Oslo"), call("get_weather", city="Bergen"))
CASES = (
    Case("openai", (text(RAIN),), _says(text=RAIN, finish="stop")),
    Case("openai", (text(RAIN),), lambda got: got["total"] > 0),
    Case(
        "openai",
        (CALLS[0] + CALLS[1],),
        lambda got: [json.loads(one["arguments"])["city"] for one in got["calls"]] == ["Oslo", "Bergen"],
    ),
    Case("openai", (text(RAIN),), _says(text=RAIN), Rechunk(7)),
    Case("openai", (text(RAIN),), _says(text=RAIN), Rechunk(1)),
    Case("openai", (error(429),), _says(status=429)),
    Case("openai", (text(RAIN),), _fails, Break(after=2)),
    Case("openai", (text(RAIN),), _fails, ErrorEvent(after=2)),
    Case("openai-responses", (text(RAIN),), _says(text=RAIN, status="completed")),
    Case("openai-aborted", (text("One two three four five six seven."),), _says(count=3)),
    Case("anthropic", (text(RAIN),), _says(text=RAIN, stop="end_turn")),
    Case(
        "anthropic",
        (reasoning("It may rain.", signature="c2ln") + CALLS[0] + CALLS[1],),
        lambda got: (
            got["kinds"][0] == "thinking"
            and [one["input"] for one in got["calls"]] == [{"city": "Oslo"}, {"city": "Bergen"}]
        ),
    ),
    Case("anthropic", (error(529),), _says(status=529)),
    Case("gemini", (text(RAIN),), _says(text=RAIN)),
    Case("vercel-openai", (text(RAIN),), _says(text=RAIN, finish="stop")),
    Case("vercel-anthropic", (text(RAIN),), _says(text=RAIN, finish="stop")),
)


def main() -> int:
    """Run all cases; the result is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.node", description=__doc__)
    parser.add_argument("--modules", type=Path, help="a folder with node_modules, instead of a new one")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = options.modules or Path(name)
        if options.modules is None:
            _run(["npm", "install", "--silent", "--no-fund", "--no-audit", *PACKAGES], folder)
        shutil.copy(CLIENTS, folder / CLIENTS.name)
        for package in PACKAGES:
            found = json.loads((folder / "node_modules" / package / "package.json").read_text("utf-8"))
            _show(package, found["version"])
        return 1 if sum(_differs(case, folder) for case in CASES) else 0


def _show(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def _differs(case: Case, folder: Path) -> bool:
    script = Script(*case.turns)
    with running(Server(only(script), fault=case.fault)) as server:
        environment = {**os.environ, "UNSPOOL_URL": server.url}
        got = json.loads(_run(["node", CLIENTS.name, case.client], folder, environment))
        problems = [] if case.fault is None else server.problems()
    is_right = case.expected(got) and not problems and bool(script.calls)
    _show("ok  " if is_right else "FAIL", case.client, case.fault or "", "" if is_right else got, *problems)
    return not is_right


def _run(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    program = shutil.which(command[0])
    if program is None:
        raise UnspoolError(f"expected {command[0]} to be installed")
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=dict(environment or os.environ),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise UnspoolError(f"{' '.join(command)} failed: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
