"""Runs of pytest, each in a process forked from one that has imported what they all import.

A run is as separate as `python -m pytest` in a folder, without the second that Python, pytest and httpx take
to start. Run as a script, this file reads a line of JSON for each run, and answers when the run has
ended.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import random
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn


def run_pytest(
    folder: Path,
    *options: str,
    env: Mapping[str, str],
    python: str = sys.executable,
    fresh: bool = False,
) -> str:
    """Run `python -m pytest` in a folder.

    A run that is to be fresh, or has other settings of Python than the server's, is started anew.

    Returns:
        What it printed: stdout, then stderr.
    """
    is_forked = (
        not fresh
        and hasattr(os, "fork")
        and python == sys.executable
        and _pythons(env) == _pythons(os.environ)
    )
    return _forked(folder, options, env) if is_forked else _started(folder, options, env, python)


def _pythons(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith("PYTHON")}


def _started(folder: Path, options: Sequence[str], env: Mapping[str, str], python: str) -> str:
    command = [python, "-m", "pytest", *options]
    done = subprocess.run(command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _forked(folder: Path, options: Sequence[str], env: Mapping[str, str]) -> str:
    with tempfile.TemporaryDirectory() as outputs:
        order = {"folder": str(folder), "outputs": outputs, "env": dict(env), "options": list(options)}
        server = _server()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        assert server.stdout.readline(), "the server of runs has ended"
        return "".join(Path(outputs, name).read_text("utf-8") for name in ("1", "2"))


@functools.cache
def _server() -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(server.communicate)
    return server


# The server


def _serve() -> list[str]:
    """Fork for each order.

    Returns:
        In a forked process, pytest's options; in the server, at the end, nothing.
    """
    sys.path[0] = ""  # else what stands beside this file could be imported
    _import_all()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            return _become(**order)
        os.waitpid(pid, 0)
        sys.stdout.write("done\n")
        sys.stdout.flush()
    return []


def _import_all() -> None:
    """Import what most runs import, but not the plugin itself, whose assertions pytest rewrites."""
    import _pytest.config
    import httpx
    import trio  # noqa: F401
    import vcr.stubs  # noqa: F401 - and all clients that it has stubs for

    import unspool
    import unspool.transports.vcr_stubs

    for name in _pytest.config.default_plugins:
        importlib.import_module(f"_pytest.{name}")
    for name in unspool.__all__:
        getattr(unspool, name)
    # A recording compiles more at its first use.
    with tempfile.TemporaryDirectory() as folder:
        served = httpx.MockTransport(lambda _request: httpx.Response(200, text="data: 1\n\n"))
        recorded = unspool.RecordTransport(served, Path(folder, "a.yaml"))
        with httpx.Client(transport=recorded) as client:
            client.post("http://127.0.0.1/", json={})


def _become(*, folder: str, outputs: str, env: dict[str, str], options: list[str]) -> list[str]:
    """Make this process look as if it had just been started in a folder."""
    for descriptor, path in enumerate([os.devnull, f"{outputs}/1", f"{outputs}/2"]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.path[0] = folder
    random.seed()
    return options


def _status_of_pytest() -> int:
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    return 0


def _exit(status: int) -> NoReturn:
    """Exit as Python does, but for taking apart every module that the server has imported."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    given = _serve()
    if given:
        sys.argv[1:] = given
        _exit(_status_of_pytest())
