"""`python -m tests.agents`: each agent under the whole catalogue, in an environment of its own.

An agent may fail in any way of its own. What ends the run with an error is a failure that is Unspool's.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.agents.made import AGENTS, SHARED, TESTS
from tests.plugin.test_agents import openai_cassette
from tests.venvs import environment


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(options.cache or folder).resolve()
        chosen = options.only or list(AGENTS)
        failed = [name for name in chosen if not _passes(name, cache, Path(folder), options.options)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _passes(name: str, cache: Path, folder: Path, options: list[str]) -> bool:
    needs, code = AGENTS[name]
    python = environment(name, ["pytest-timeout", *needs], cache)
    project = folder / "projects" / name
    cassette = project / "cassettes" / "test_it" / "agent.yaml"
    cassette.parent.mkdir(parents=True)
    cassette.write_text(openai_cassette(), "utf-8")
    (project / "test_it.py").write_text(SHARED + code + TESTS, "utf-8")
    print(f"== {name}", flush=True)  # noqa: T201 - it's a command
    pytest = ["-q", "-p", "no:cacheprovider", "--unspool-record=none", "--timeout=300", *options]
    return subprocess.run([str(python), "-m", "pytest", *pytest], cwd=project, check=False).returncode == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.agents", description=__doc__)
    parser.add_argument("--only", action="append", choices=AGENTS, help="one agent")
    parser.add_argument("--cache", metavar="FOLDER", help="keep the virtual environments there")
    parser.add_argument("options", nargs="*", help="go to pytest")
    return parser.parse_args()


if __name__ == "__main__":
    main()
