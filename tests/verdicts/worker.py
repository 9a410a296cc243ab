"""`python -m tests.verdicts.worker SDK FILE`: the verdicts on that SDK, as JSON in a file."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.verdicts.judging import verdicts
from tests.verdicts.rows import ROWS, Row

from unspool.faults import NoFault, Scenario

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it'd fetch its prices from the network

_WHOLE = Scenario("whole", "", "", NoFault())


def main() -> None:
    sdk, file = sys.argv[1:]
    found = [_row(row) for row in ROWS if row.sdk == sdk]
    Path(file).write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")


def _row(row: Row) -> dict[str, Any]:
    for way, ask in row.ways.items():
        ((_, whole),) = verdicts(ask, row.form, [_WHOLE])  # it also imports what comes with the first call
        if whole.findings or whole.log.outcome.error:
            raise RuntimeError(f"{row} {way} doesn't work at all: {whole}")
    started = time.perf_counter()
    ways = {
        way: {name: verdict.to_dict() for name, verdict in verdicts(ask, row.form)}
        for way, ask in row.ways.items()
    }
    return {
        "row": str(row),
        "version": version(row.distribution),
        "library": f"{row.library} {version(row.library)}",
        "seconds": time.perf_counter() - started,
        "ways": ways,
    }


if __name__ == "__main__":
    main()
