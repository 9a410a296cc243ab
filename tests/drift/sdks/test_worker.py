from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

from unspool.drift.sdks import worker

FILE = Path(worker.__file__)


def _python(code: str, *, lines: str = "") -> subprocess.CompletedProcess[str]:
    prelude = f"import runpy, sys; space = runpy.run_path({str(FILE)!r}, run_name='worker'); "
    command = [sys.executable, "-I", "-c", prelude + code]
    return subprocess.run(command, input=lines, capture_output=True, text=True, check=False)


ASKED = json.dumps({"format": "any", "body": base64.b64encode(b"Hi").decode()})


def _run(reader: str) -> subprocess.CompletedProcess[str]:
    """Run the worker with a reader of our own, a lambda's body, in place of an SDK's."""
    code = (
        "import socket, types; space['_name_package'](); from unspool.drift.sdks.seen import Seen; "
        f"own = types.ModuleType('own'); own.readers = lambda: {{'any': lambda body: {reader}}}; "
        "sys.modules['unspool.drift.sdks.sdk_own'] = own; sys.argv = ['worker', 'sdk_own']; "
        "space['main'].__globals__['_name_package'] = lambda: None; space['main']()"
    )
    return _python(code, lines=f"{ASKED}\n")


def test_a_line_in_is_a_reading_out() -> None:
    done = _run("Seen(items=[print('noise') or body.decode()])")
    formats, seen = done.stdout.splitlines()
    assert json.loads(formats) == ["any"]
    assert json.loads(seen)["items"] == ["Hi"]
    assert "noise" in done.stderr


def test_an_sdk_cannot_reach_the_network() -> None:
    done = _run("socket.create_connection(('127.0.0.1', 9), timeout=1)")
    assert done.returncode
    assert "tried to reach the network" in done.stderr


def test_the_readers_need_no_library_of_unspools() -> None:
    code = (
        "space['_name_package'](); import unspool.drift.sdks.sdk_openai; "
        "print([name for name in ('pydantic', 'httpx', 'yaml') if name in sys.modules])"
    )
    assert _python(code).stdout.strip() == "[]"
