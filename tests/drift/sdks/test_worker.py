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


def test_a_line_in_is_a_reading_out() -> None:
    # A reader of our own in place of an SDK's.
    code = (
        "import types; space['_name_package'](); from unspool.drift.sdks.seen import Seen; "
        "own = types.ModuleType('unspool.drift.sdks.sdk_own'); "
        "own.readers = lambda: {'any': lambda body: Seen(items=[print('noise') or body.decode()])}; "
        "sys.modules['unspool.drift.sdks.sdk_own'] = own; sys.argv = ['worker', 'sdk_own']; "
        "space['_name_package'] = lambda: None; space['main'].__globals__['_name_package'] = lambda: None; "
        "space['main']()"
    )
    asked = json.dumps({"format": "any", "body": base64.b64encode(b"Hi").decode()})
    done = _python(code, lines=f"{asked}\n")
    formats, seen = done.stdout.splitlines()
    assert json.loads(formats) == ["any"]
    assert json.loads(seen)["items"] == ["Hi"]
    assert "noise" in done.stderr


def test_an_sdk_cannot_reach_the_network() -> None:
    code = (
        "import socket; sys.addaudithook(space['_close_network']); "
        "socket.create_connection(('127.0.0.1', 9), timeout=1)"
    )
    assert "tried to reach the network" in _python(code).stderr


def test_the_readers_need_no_library_of_unspools() -> None:
    code = (
        "space['_name_package'](); import unspool.drift.sdks.sdk_openai; "
        "print([name for name in ('pydantic', 'httpx', 'yaml') if name in sys.modules])"
    )
    assert _python(code).stdout.strip() == "[]"
