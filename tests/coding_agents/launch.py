"""Runs an agent under the variables that `unspool run` sets: `python launch.py NODE_MODULES AGENT`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.coding_agents.agents import AGENTS, STATUS


def main() -> None:
    """Write the agent's settings, run it, and write its exit status to a file in its home."""
    modules, name = sys.argv[1:]
    agent, url = AGENTS[name], os.environ["UNSPOOL_URL"]
    for path, text in agent.files(url).items():
        file = Path(os.environ["HOME"], path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    program = str(Path(modules, ".bin", agent.program))
    done = subprocess.run([program, *agent.words(url)], env={**os.environ, **agent.variables}, check=False)
    Path(os.environ["HOME"], STATUS).write_text(str(done.returncode))
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
