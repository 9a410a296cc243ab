"""`python -m tests.sdks.worker SDK FILE`: what comes of that SDK's rows, as JSON in a file."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.loopback import Answer, serve
from tests.sdks.adapters import Call
from tests.sdks.rows import ROWS, Row
from tests.sdks.runs import run
from tests.sdks.scenarios import SCENARIOS, SSE
from tests.sdks.verdict import judge

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it'd fetch its prices from the network


def main() -> None:
    sdk, file = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        found = [_row(row, Path(folder)) for row in ROWS if row.sdk == sdk]
    Path(file).write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")


def _row(row: Row, folder: Path) -> dict[str, Any]:
    _warm_up(row)
    verdicts = []
    for scenario in SCENARIOS:
        verdict = judge(row, scenario, folder)
        print(f"{row} {scenario}: {'; '.join(verdict.differs) or '✓'}", flush=True)  # noqa: T201 - it's a command
        verdicts.append(asdict(verdict))
    return {
        "row": str(row),
        "version": version(row.distribution),
        "libraries": {library: version(library) for library in row.libraries},
        "verdicts": verdicts,
    }


def _warm_up(row: Row) -> None:
    """Let the SDK import what it imports at its first calls, which would be late in all that they read."""
    whole = {row.form.answers_at: Answer.json(row.form.whole)}
    stream = {row.form.streams_at: Answer(row.form.events, headers=SSE)}
    for streaming, answers in ((False, whole), (True, stream)):
        with serve(answers) as server:
            done = run(row.adapter, Call(server.url, streaming), leave_after=None, now=lambda: 0.0)
        if done.error:
            raise RuntimeError(f"{row} doesn't work at all: {done.error}")


if __name__ == "__main__":
    main()
