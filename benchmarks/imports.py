"""What an import costs, each in an interpreter of its own; the interpreter's own start isn't counted.

Recorders are imported where httpx has been, and their plugins where pytest has been, as everywhere where they
are used. Some of them import the rest when the first cassette is opened, so that is measured, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial

from benchmarks.peers import OFFLINE, is_installed
from benchmarks.rounds import Contest

_BASE = "from pydantic import BaseModel"
_MODEL = "from pydantic import create_model; create_model('Model', field=int)"
_OURS = ("import unspool", "from unspool import CustomStreamWrapper")
_PEER = "import litellm"

_RECORDERS = {
    "unspool": "from unspool import use_cassette",
    "vcrpy": "from vcr import use_cassette",
    "cassetter": "from cassetter import use_cassette",
}
_OPENED = "use_cassette('benchmark.yaml', record_mode='all').__enter__()"  # which writes nothing
_PLUGINS = {
    "unspool": "import pytest_unspool.plugin",
    "pytest-recording": "import pytest_recording.plugin",
    "cassetter": "import cassetter.pytest_plugin",
}


def contests() -> Iterator[Contest]:
    statements = [_BASE, _MODEL, *_OURS, *([_PEER] if is_installed("litellm") else [])]
    opened = {name: f"{statement}; {_OPENED}" for name, statement in _RECORDERS.items()}
    yield _contest("import", dict(zip(statements, statements, strict=True)))
    yield _contest("import, recorder", _installed(_RECORDERS), before="import httpx")
    yield _contest("import, and a cassette opened", _installed(opened), before="import httpx")
    yield _contest("import, pytest plugin", _installed(_PLUGINS), before="import pytest")


def _installed(statements: Mapping[str, str]) -> dict[str, str]:
    return {name: statement for name, statement in statements.items() if is_installed(name)}


def _contest(title: str, statements: Mapping[str, str], *, before: str = "") -> Contest:
    sides = {name: partial(_run, before, statement) for name, statement in statements.items()}
    return Contest(title, 1, sides, unit="ms")


def _run(before: str, statement: str) -> float:
    code = "\n".join(
        (
            "import time",
            before,
            "start = time.perf_counter()",
            statement,
            "print(time.perf_counter() - start)",
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1])
