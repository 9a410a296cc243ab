"""`python -m tests.frameworks [NAME …]`: each framework's agent, in an environment of its own, by uv.

Beside the agent it runs the framework's section of docs/how-to/script-a-model.md and its own tests, if it has
some: `on_….py`. Without names it tries them all. Their rows in docs/frameworks.md are written anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.frameworks.sections import GUIDE, sections
from tests.frameworks.weather import AGENTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "frameworks.md"
HEAD = """# Frameworks

The agent at the top of [Script a model](how-to/script-a-model.md), written in each SDK and framework as its
users do, and run under the same script, `call("get_weather", city="Oslo"), text("Rain ☔ in Oslo.")`, not one
line changed. The agents are in `tests/frameworks/weather.py`. `nox -s frameworks` makes this page: the
current release of each, in an environment of its own.

| package | version | its requests | streamed | result |
| --- | --- | --- | --- | --- |
"""


def main(names: list[str]) -> int:
    has_failed = False
    for name in names or AGENTS:
        result = tried(name)
        print(name, json.dumps(result), flush=True)
        write(name, result)
        has_failed = has_failed or "error" in result
    return int(has_failed)


def write(name: str, result: dict[str, Any]) -> None:
    """Put a row into the page, in the place of the one that is there."""
    lines = PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []
    rows = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}
    rows[name] = _row(name, result)
    PAGE.write_text(HEAD + "".join(f"{rows[one]}\n" for one in AGENTS if one in rows), "utf-8")


def tried(name: str) -> dict[str, Any]:
    """What became of an agent: its package's version and format, or the error."""
    with TemporaryDirectory() as folder:
        python = Path(folder, "venv", "bin", "python")
        _uv(
            "venv",
            "-q",
            "--python",
            f"{sys.version_info.major}.{sys.version_info.minor}",
            str(python.parents[1]),
        )
        install = ("pip", "install", "-q", "--python", str(python), "-e", f"{ROOT}[httpx2,pytest]")
        made = _uv(*install, *AGENTS[name][1].split())
        if made.returncode:
            return {"error": f"can't be installed: {made.stderr.strip()[-200:]}"}
        agent = [str(python), str(Path(__file__).with_name("weather.py")), name]
        done = subprocess.run(agent, capture_output=True, text=True, cwd=folder, check=False, timeout=900)
        if done.returncode:
            return {"error": (done.stderr.strip().splitlines() or ["?"])[-1][-300:]}
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        failed = _tests(python, name, Path(folder))
        return {"error": failed} if failed else result


def _tests(python: Path, name: str, folder: Path) -> str:
    """How the tests of a framework failed: its section of the page, and its own; empty if they pass."""
    section = folder / "test_section.py"
    section.write_text(sections(GUIDE.read_text("utf-8"))[name], "utf-8")
    own = Path(__file__).with_name(f"on_{name.replace('-', '_')}.py")
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", os.devnull)
    files = [section, own] if own.exists() else [section]
    done = subprocess.run(
        [str(python), "-m", "pytest", *options, *map(str, files)],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=900,
    )
    return "" if done.returncode == 0 else " ".join(done.stdout.split())[-300:]


def _uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False, timeout=600
    )


def _row(name: str, result: dict[str, Any]) -> str:
    if "error" in result:
        return f"| {name} | | | | {result['error'].replace('|', '/')} |"
    streamed = "yes" if result["streamed"] else "no"
    return f"| {name} | {result['version']} | {result['format']} | {streamed} | passes |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
