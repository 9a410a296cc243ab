"""Code that keeps real time, and threads that have nothing to do.

Test runners and debuggers measure and guard the real run. Subprocesses live in real time, and so does the
code that waits for them.
"""

from __future__ import annotations

import os
from types import FrameType

_ON_REAL_TIME = frozenset({
    "_pydev_bundle",
    "_pydevd_bundle",
    "_pytest",
    "coverage",
    "debugpy",
    "execnet",
    "faulthandler",
    "freezegun",
    "hypothesis",
    "multiprocessing",
    "pluggy",
    "pydevd",
    "pytest",
    "pytest_asyncio",
    "pytest_benchmark",
    "pytest_rerunfailures",
    "pytest_timeout",
    "pytest_trio",
    "pytest_unspool",
    "selectors",
    "socketserver",
    "subprocess",
    "time_machine",
    "trio",
    "unspool",
    "xdist",
})  # fmt: skip
"""Top-level modules whose clocks and sleeps stay real."""

_IN_REAL_THREADS = _ON_REAL_TIME - {"pytest", "selectors", "socketserver", "trio", "unspool"}
"""Top-level modules whose threads are no part of the application."""


_STARTING = frozenset({("threading.py", "start")})

_DEPTH_OF_START = 5
"""How many frames above `Condition.wait` it's that `Thread.start` waits, replaced functions included."""


def keeps_real_time(module: str) -> bool:
    """Whether a module of this name reads real clocks."""
    return module.partition(".")[0] in _ON_REAL_TIME


def is_real_caller(frame: FrameType) -> bool:
    """Whether the code of this frame reads real clocks."""
    name = frame.f_globals.get("__name__")
    return isinstance(name, str) and keeps_real_time(name)


def _place(*path: str) -> str:
    return os.sep.join(path)


_IDLE = frozenset({
    (_place("concurrent", "futures", "thread.py"), "_worker"),
    (_place("trio", "_core", "_thread_cache.py"), "_work"),
    (_place("asyncio", "runners.py"), "run"),
    ("socket.py", "accept"),
    ("threading.py", "wait"),
    ("threading.py", "join"),
    ("threading.py", "_wait_for_tstate_lock"),
})  # fmt: skip
"""Where a thread blocks that waits for work or for another thread: file and function."""

_SELECTING = frozenset({
    (_place("asyncio", "base_events.py"), "_run_once"),
    ("socketserver.py", "serve_forever"),
})  # fmt: skip
"""The callers of `select` that wait for any request: servers and event loops."""


def is_idle(frame: FrameType) -> bool:
    """Whether a thread in this frame waits for work, or belongs to a test runner or a debugger."""
    caller = frame.f_back
    if _is_at(frame, _IDLE):
        return not _starts_a_thread(frame)
    if frame.f_code.co_name == "select" and caller is not None and _is_at(caller, _SELECTING):
        return True
    return _belongs_to_a_bystander(frame)


def _starts_a_thread(frame: FrameType) -> bool:
    """Whether it waits for a new thread to run, which isn't to be seen yet."""
    at: FrameType | None = frame
    for _ in range(_DEPTH_OF_START):
        if at is None:
            return False
        if _is_at(at, _STARTING):
            return True
        at = at.f_back
    return False


def _is_at(frame: FrameType, places: frozenset[tuple[str, str]]) -> bool:
    code = frame.f_code
    return any(code.co_name == name and code.co_filename.endswith(path) for path, name in places)


def _belongs_to_a_bystander(frame: FrameType) -> bool:
    """Judge by where a thread began. The main thread begins in `__main__`, under any test runner."""
    modules: list[str] = []
    at: FrameType | None = frame
    while at is not None:
        modules.append(str(at.f_globals.get("__name__", "")).partition(".")[0])
        at = at.f_back
    while len(modules) > 1 and modules[-1] == "threading":
        modules.pop()
    return modules[-1] in _IN_REAL_THREADS
