"""`python -m tests.differential --litellm PYTHON [--streams FOLDER]`: where the two differ, and by which row.

`nox -s differential` makes an environment for litellm and runs this. A difference that no row of
docs/differences.md explains makes it fail.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.differential import outcome as theirs
from tests.differential.explain import explanation
from tests.differential.scripts import JSON, Script, recorded, script

import unspool

NEVER = 10**9


def main() -> None:
    options = _options()
    scripts = {f"seed {seed}": script(seed) for seed in range(options.scripts)}
    if options.streams is not None:
        scripts |= dict(recorded(options.streams))
    expected = _litellms(options.litellm, list(scripts.values()))
    counts: Counter[str] = Counter()
    unexplained = []
    for (name, chunks), litellms in zip(scripts.items(), expected, strict=True):
        mine = ours(chunks)
        reason = "equal" if mine == litellms else explanation(chunks, mine, litellms)
        counts[reason or "UNEXPLAINED"] += 1
        if reason is None:
            unexplained.append(
                f"{name}\n  unspool {json.dumps(mine)[:600]}\n  litellm {json.dumps(litellms)[:600]}"
            )
    lines = [f"{count:6} {reason}" for reason, count in counts.most_common()]
    print("\n".join([*lines, *unexplained[: options.shown]]))  # noqa: T201 - it's a command
    sys.exit(bool(unexplained))


def ours(chunks: Script) -> JSON:
    def wrap(source: object) -> unspool.CustomStreamWrapper:
        return unspool.CustomStreamWrapper(
            source, "gpt-4o-mini", custom_llm_provider="openai", repeated_chunk_limit=NEVER
        )

    made: JSON = json.loads(json.dumps(theirs.outcome(chunks, wrap, unspool.stream_chunk_builder)))
    return made


def _litellms(python: Path, scripts: list[Script]) -> list[JSON]:
    run = subprocess.run(
        [python, theirs.__file__],
        input=json.dumps(scripts),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    found: list[JSON] = json.loads(run.stdout.splitlines()[-1])
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--litellm", type=Path, required=True, help="a Python that has litellm")
    parser.add_argument("--streams", type=Path, help="a folder of recorded streams")
    parser.add_argument("--scripts", type=int, default=2000)
    parser.add_argument("--shown", type=int, default=10, help="how many unexplained differences to show")
    return parser.parse_args()


if __name__ == "__main__":
    main()
