"""`python -m tests.differential --litellm PYTHON [--streams FOLDER]`: where the two differ, and by which row.

`nox -s differential` makes an environment for litellm and runs this. A difference that no row of
docs/differences.md explains makes it fail. `--write` puts the counts into that page, where they stand.
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
from tests.differential.explain import ROWS, explanation
from tests.differential.scripts import JSON, Script, recorded, script
from tests.venvs import ROOT

import unspool

NEVER = 10**9

PAGE = ROOT / "docs" / "differences.md"
FIRST = "<!-- figures of `python -m tests.differential --write` -->"
LAST = "<!-- end of figures -->"


def main() -> None:
    options = _options()
    groups = {"scripts": {f"seed {seed}": script(seed) for seed in range(options.scripts)}}
    if options.streams is not None:
        groups["recorded streams"] = dict(recorded(options.streams))
    compared = {name: compare(group, options.litellm) for name, group in groups.items()}
    print("\n".join(figures(name, counts) for name, (counts, _) in compared.items()))  # noqa: T201 - a command
    unexplained = [difference for _, differences in compared.values() for difference in differences]
    print("\n".join(unexplained[: options.shown]))  # noqa: T201 - as above
    if options.write and not unexplained:
        lines = [figures(name, counts) for name, (counts, _) in compared.items()]
        PAGE.write_text(with_figures(PAGE.read_text("utf-8"), lines), "utf-8")
    sys.exit(bool(unexplained))


def compare(scripts: dict[str, Script], litellm: Path) -> tuple[Counter[str], list[str]]:
    """How many scripts are equal, or differ by which row; and what no row explains."""
    counts: Counter[str] = Counter()
    unexplained = []
    for (name, chunks), litellms in zip(
        scripts.items(), _litellms(litellm, list(scripts.values())), strict=True
    ):
        mine = ours(chunks)
        reason = "equal" if mine == litellms else explanation(chunks, mine, litellms)
        counts[reason or "UNEXPLAINED"] += 1
        if reason is None:
            unexplained.append(
                f"{name}\n  unspool {json.dumps(mine)[:600]}\n  litellm {json.dumps(litellms)[:600]}"
            )
    return counts, unexplained


def figures(name: str, counts: Counter[str]) -> str:
    """A line of the page, such as `- Of 2,000 scripts 1,400 are equal; …`."""
    rows = [f'{counts[row]:,} by "{row}"' for row in (*ROWS, "UNEXPLAINED") if counts[row]]
    differ = f"; the others differ: {', '.join(rows)}" if rows else ""
    return f"- {counts.total():,} {name}: {counts['equal']:,} are equal{differ}."


def with_figures(page: str, lines: list[str]) -> str:
    """The page with these lines between its two marks.

    Raises:
        ValueError: a mark is missing.
    """
    before, after = page.index(FIRST) + len(FIRST), page.index(LAST)
    return page[:before] + "\n".join(["", *lines, ""]) + page[after:]


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
    parser.add_argument("--write", action="store_true", help="write the counts into docs/differences.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
