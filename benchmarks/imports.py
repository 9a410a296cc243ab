"""What an import costs, each in an interpreter of its own; the interpreter's own start isn't counted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.peers import OFFLINE, is_installed
from benchmarks.rounds import Contest

_BASE = "from pydantic import BaseModel"
_MODEL = "from pydantic import create_model; create_model('Model', field=int)"
_OURS = ("import unspool", "from unspool import CustomStreamWrapper")
_PEER = "import litellm"


def contests() -> Iterator[Contest]:
    statements = [_BASE, _MODEL, *_OURS, *([_PEER] if is_installed("litellm") else [])]
    yield Contest("import", 1, {statement: partial(_run, statement) for statement in statements})


def _run(statement: str) -> float:
    code = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1])
