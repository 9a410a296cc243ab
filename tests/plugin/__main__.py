"""`python -m tests.plugin`: the plugin beside its neighbours, and on the oldest pytest and the newest.

Each row has a virtual environment of its own, with this checkout in it; the same small project is run in it
twice, to record and to replay.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.loopback import serve
from tests.plugin.conftest import ANSWER
from tests.plugin.project import Outcome, Project
from tests.venvs import environment

ROWS = {
    "pytest 8.0": ("pytest==8.0.0",),
    "newest pytest": ("pytest",),
    "pytest-xdist, -asyncio, -trio": ("pytest", "pytest-xdist", "pytest-asyncio", "pytest-trio"),
    "pytest-recording": ("pytest-recording",),
    "cassetter": ("cassetter",),
    "pytest-mockllm": ("pytest-mockllm",),
    "pytest-recording and -mockllm": ("pytest-recording", "pytest-mockllm"),
    "pytest-timeout and time-machine": ("pytest-timeout", "time-machine"),
}
_BRING_ASYNCIO = {"pytest-asyncio", "pytest-mockllm"}
"""Who brings pytest-asyncio along, which warns where an ini key of its own isn't set."""

TESTS = """
def test_canned(stream_wrapper):
    texts = [chunk.choices[0].delta.content or "" for chunk in stream_wrapper(["Hel", "lo"])]
    assert "".join(texts) == "Hello"

def test_loop(looping_stream):
    loop = looping_stream("How are you?", limit=10)
    with pytest.raises(unspool.InternalServerError):
        for _ in loop: ...
    loop.assert_stopped(within_chunks=12)

@pytest.mark.stream_cassette
def test_recorded():
    assert "It rains" in ask()

def test_recorded_by_a_client(stream_transport):
    with httpx.Client(transport=stream_transport) as client:
        assert "It rains" in ask(client=client)

@pytest.mark.anyio
async def test_recorded_async(stream_cassette):
    async with httpx.AsyncClient() as client:
        assert "It rains" in (await client.post(URL, json={})).text
"""
CONFTEST = 'import pytest\n\n@pytest.fixture\ndef anyio_backend(): return "asyncio"\n'
PASSED = 5

OF_TIME = """
import datetime, time
import time_machine

@pytest.mark.timeout(5)
def test_a_virtual_pause_is_no_timeout(stream_wrapper):
    started = time.monotonic()
    list(stream_wrapper(["a", unspool.Pause(60), "b"]))
    assert time.monotonic() - started >= 60

@pytest.mark.timeout(1, method="signal")
def test_a_real_one_is(stream_wrapper):
    stream = stream_wrapper(["a", unspool.Pause(60), "b"])
    next(stream), next(stream)
    with pytest.raises(pytest.fail.Exception, match="Timeout"):
        unspool.RealClock().sleep(5)

@time_machine.travel("2020-02-02", tick=False)
def test_in_another_time(stream_wrapper):
    started = time.monotonic()
    list(stream_wrapper(["a", unspool.Pause(60), "b"]))
    assert time.monotonic() - started >= 60
    assert datetime.datetime.now().year == 2020

def test_afterwards():
    assert datetime.datetime.now().year > 2020
"""
"""What the last row is run with too."""

MORE = {"pytest-timeout and time-machine": (OF_TIME, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.plugin", description=__doc__)
    parser.add_argument("--cache", metavar="FOLDER", help="keep the virtual environments there")
    parser.add_argument("--only", choices=ROWS, help="one row")
    options = parser.parse_args()
    os.environ.pop("CI", None)  # the first run of each project records, as on a developer's machine
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(options.cache or folder).resolve()
        found = [_is_fine(name, cache) for name in ROWS if options.only in {None, name}]
    sys.exit(not all(found))


def _is_fine(name: str, cache: Path) -> bool:
    python = environment(name.replace(" ", "-").replace(",", ""), ROWS[name], cache)
    with tempfile.TemporaryDirectory() as folder, serve({"/": ANSWER}) as server:
        project = Project(Path(folder), f"{server.url}/", python=python)
        project.write("conftest.py", CONFTEST)
        more, count = MORE.get(name, ("", 0))
        project.write_tests(TESTS + more)
        if _BRING_ASYNCIO.intersection(ROWS[name]):
            project.write("pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        outcomes = [project.run_bare() for _ in range(2)]
        fine = [outcome.counts for outcome in outcomes] == [{"passed": PASSED + count}] * 2 and len(
            server.requests
        ) == 3
    print(f"{name}: {'✓' if fine else _complaint(outcomes)}", flush=True)  # noqa: T201 - it's a command
    return fine


def _complaint(outcomes: list[Outcome]) -> str:
    return "\n".join(map(str, outcomes))


if __name__ == "__main__":
    main()
