"""A suite of 50 tests, each of which replays a cassette of its own or a script: what a test costs in pytest.

And one of 300 tests with cassettes of 20 to 100 events, as a user has it: the wall time of a whole run.

The clock starts after one test more, which has all that is imported late imported. Of pytest's plugins only
the one that is measured is loaded: two of them can't be in one run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, islice
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
_WHOLE = 300
_WHOLE_EVENTS = (20, 40, 60, 80, 100)


class _Way(NamedTuple):
    """A way to write such tests: what has to be installed, who recorded, the file's head, and each test's."""

    needs: str
    recorder: str
    head: str
    test: str
    plugin: str = "terminal"  # always there


_MARK = "@pytest.mark.vcr\ndef test_{number}(): ask({url!r}, {events})\n"
_CONFIG = "import pytest\n@pytest.fixture(scope='module')\ndef vcr_config(): return {{'match_on': {parts}}}\n"
_WAYS = {
    "unspool, use_cassette": _Way(
        "unspool",
        "unspool",
        "from unspool import use_cassette\n",
        "@use_cassette({path!r}, record_mode='none')\ndef test_{number}(): ask({url!r}, {events})\n",
    ),
    "unspool's plugin": _Way(
        "unspool",
        "unspool",
        "import pytest\n",
        "@pytest.mark.stream_cassette\ndef test_{number}(): ask({url!r}, {events})\n",
        "pytest_unspool.plugin",
    ),
    "vcrpy, use_cassette": _Way(
        "vcrpy",
        "vcrpy",
        "from vcr import use_cassette\n",
        f"@use_cassette({{path!r}}, record_mode='none', match_on={VCRPY_PARTS})\n"
        "def test_{number}(): ask({url!r}, {events})\n",
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
def ask(url, events):
    with client.stream("POST", url, json={body}) as response:
        assert sum(map(bool, response.iter_lines())) == events
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
        ways = {name: way for name, way in _WAYS.items() if is_installed(way.needs)}
        few, many = [_EVENTS] * (_TESTS + 1), list(islice(cycle(_WHOLE_EVENTS), _WHOLE))
        sides = {name: partial(_tests, way, server, few, Path(folder, name)) for name, way in ways.items()}
        yield Contest("pytest, a test that replays", _TESTS, sides, unit="ms")
        scripted = {
            name: partial(_tests, way, server, few, Path(folder, name)) for name, way in _SCRIPTS.items()
        }
        yield Contest("pytest, a test with a script", _TESTS, scripted, unit="ms")
        whole = {
            name: partial(_whole, way, server, many, Path(folder, f"{name}, whole"))
            for name, way in ways.items()
            if way.plugin != "terminal"
        }
        yield Contest("pytest, a suite of 300 tests, YAML", 1, whole, unit="ms", rounds=3)


def _tests(way: _Way, server: str, events_: Sequence[int], folder: Path) -> float:
    """What the tests took, but for the first one."""
    return float(_run(way, server, events_, folder).rpartition("seconds:")[2].split()[0])


def _whole(way: _Way, server: str, events_: Sequence[int], folder: Path) -> float:
    """What the run took, from the start of the interpreter to its end; writing the suite isn't counted."""
    if not folder.exists():
        _write(way, server, events_, folder)
    start = time.perf_counter()
    _run(way, server, events_, folder)
    return time.perf_counter() - start


def _run(way: _Way, server: str, events_: Sequence[int], folder: Path) -> str:
    if not folder.exists():
        _write(way, server, events_, folder)
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
    return done.stdout


def _write(way: _Way, server: str, events_: Sequence[int], folder: Path) -> None:
    """The tests, and their cassettes where the plugins look for them."""
    cassettes = folder / "cassettes" / "test_suite"
    cassettes.mkdir(parents=True)
    recorded: dict[int, Path] = {}
    tests = []
    for number, count in enumerate(events_):
        path, url = cassettes / f"test_{number}.yaml", server + events(count)
        if count in recorded:
            shutil.copy(recorded[count], path)
        else:
            with cassette(way.recorder, path, "all"):
                client("httpx").post(url, json=REQUEST)
            recorded[count] = path
        tests.append(way.test.format(number=number, path=str(path), url=url, events=count))
    text = "".join([way.head, _ASK.format(body=REQUEST), *tests])
    (folder / "test_suite.py").write_text(text)
    (folder / "conftest.py").write_text(_CLOCK)
    (folder / "pytest.ini").write_text("[pytest]\n")
