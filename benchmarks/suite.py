"""A suite of 50 tests, each of which replays a cassette of its own or a script: what a test costs in pytest.

The clock starts after one test more, which has all that is imported late imported. Of pytest's plugins only
the one that is measured is loaded: two of them can't be in one run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.clients import client
from benchmarks.peers import is_installed
from benchmarks.recorders import CASSETTER_PARTS, VCRPY_PARTS, cassette
from benchmarks.rounds import Contest
from benchmarks.server import REQUEST, events, serving

_TESTS = 50
_EVENTS = 20


class _Way(NamedTuple):
    """A way to write such tests: what has to be installed, who recorded, the file's head, and each test's."""

    needs: str
    recorder: str
    head: str
    test: str
    plugin: str = "terminal"  # always there


_MARK = "@pytest.mark.vcr\ndef test_{number}(): ask()\n"
_CONFIG = "import pytest\n@pytest.fixture(scope='module')\ndef vcr_config(): return {{'match_on': {parts}}}\n"
_WAYS = {
    "unspool, use_cassette": _Way(
        "unspool",
        "unspool",
        "from unspool import use_cassette\n",
        "@use_cassette({path!r}, record_mode='none')\ndef test_{number}(): ask()\n",
    ),
    "unspool's plugin": _Way(
        "unspool",
        "unspool",
        "import pytest\n",
        "@pytest.mark.stream_cassette\ndef test_{number}(): ask()\n",
        "pytest_unspool.plugin",
    ),
    "vcrpy, use_cassette": _Way(
        "vcrpy",
        "vcrpy",
        "from vcr import use_cassette\n",
        f"@use_cassette({{path!r}}, record_mode='none', match_on={VCRPY_PARTS})\n"
        "def test_{number}(): ask()\n",
    ),
    "pytest-recording": _Way(
        "pytest-recording", "vcrpy", _CONFIG.format(parts=VCRPY_PARTS), _MARK, "pytest_recording.plugin"
    ),
    "cassetter's plugin": _Way(
        "cassetter", "cassetter", _CONFIG.format(parts=CASSETTER_PARTS), _MARK, "cassetter.pytest_plugin"
    ),
}
_SCRIPTS = {
    "no stream": _Way("unspool", "unspool", "", "def test_{number}(): pass\n", "pytest_unspool.plugin"),
    "stream_wrapper": _Way(
        "unspool",
        "unspool",
        "import unspool\n",
        "def test_{number}(stream_wrapper):\n"
        f"    assert len(list(stream_wrapper(['It rains. '] * {_EVENTS}))) == {_EVENTS + 1}\n",
        "pytest_unspool.plugin",
    ),
}
_ASK = """\
import httpx
client = httpx.Client(trust_env=False)
def ask():
    with client.stream("POST", {url!r}, json={body}) as response:
        assert sum(map(bool, response.iter_lines())) == {events}
"""
_CLOCK = """\
import time
moments = []
def pytest_runtest_logfinish():
    moments.append(time.perf_counter())
def pytest_sessionfinish():
    print("seconds:", moments[-1] - moments[0])
"""


def contests() -> Iterator[Contest]:
    with serving() as server, TemporaryDirectory() as folder:
        url = server + events(_EVENTS)
        sides = {
            name: partial(_run, way, url, Path(folder, name))
            for name, way in _WAYS.items()
            if is_installed(way.needs)
        }
        yield Contest("pytest, a test that replays", _TESTS, sides, unit="ms")
        scripted = {name: partial(_run, way, url, Path(folder, name)) for name, way in _SCRIPTS.items()}
        yield Contest("pytest, a test with a script", _TESTS, scripted, unit="ms")


def _run(way: _Way, url: str, folder: Path) -> float:
    if not folder.exists():
        _write(way, url, folder)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", way.plugin, "."],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout)
    return float(done.stdout.rpartition("seconds:")[2].split()[0])


def _write(way: _Way, url: str, folder: Path) -> None:
    """The tests, and their cassettes where the plugins look for them."""
    paths = [folder / "cassettes" / "test_suite" / f"test_{number}.yaml" for number in range(_TESTS + 1)]
    paths[0].parent.mkdir(parents=True)
    with cassette(way.recorder, paths[0], "all"):
        client("httpx").post(url, json=REQUEST)
    for path in paths[1:]:
        shutil.copy(paths[0], path)
    tests = (way.test.format(number=number, path=str(path)) for number, path in enumerate(paths))
    (folder / "test_suite.py").write_text(
        "".join([way.head, _ASK.format(url=url, body=REQUEST, events=_EVENTS), *tests])
    )
    (folder / "conftest.py").write_text(_CLOCK)
    (folder / "pytest.ini").write_text("[pytest]\n")
