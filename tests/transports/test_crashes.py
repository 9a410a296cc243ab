"""A recording that is killed, a disk that is full, a file that is broken: a clear error, and nothing lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.cassette.recovery import recover
from unspool.errors import CassetteError, CassetteFormatError, CassetteWriteError
from unspool.transports.use_cassette import use_cassette

ONE, TWO = b"data: one\n\n", b"data: two\n\n"

RECORDING = """
import sys, httpx, unspool
url, path = sys.argv[1:]
with unspool.use_cassette(path, record_mode="new_episodes"):
    httpx.post(f"{url}/whole")
    with httpx.stream("POST", f"{url}/stalled") as response:
        for chunk in response.iter_raw():
            print(len(chunk), flush=True)
"""


def killed_while_recording(path: Path, how: signal.Signals) -> int:
    answers = {"/whole": Answer([ONE, TWO]), "/stalled": Answer([ONE], ending="stall")}
    with serve(answers) as server:
        command = [sys.executable, "-c", RECORDING, server.url, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"11\n"  # it's in the middle of the second stream
            child.send_signal(how)
            return child.wait(10)


def test_what_was_recorded_before_a_kill_can_be_recovered(tmp_path: Path) -> None:
    path = tmp_path / "killed.yaml"
    with serve({"/": Answer([ONE])}) as server, use_cassette(path):
        httpx.post(f"{server.url}/")
    before = path.read_bytes()
    killed_while_recording(path, signal.SIGKILL)
    assert path.read_bytes() == before
    assert recover(path) == 2
    bodies = [one.response.body for one in Cassette.load(path).interactions]
    assert bodies == [ONE, ONE + TWO, ONE]
    assert [found.name for found in tmp_path.iterdir()] == ["killed.yaml"]


def test_an_interrupted_recording_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "interrupted.yaml"
    killed_while_recording(path, signal.SIGINT)
    assert [one.response.body for one in Cassette.load(path).interactions] == [ONE + TWO, ONE]


def test_what_was_recorded_before_an_error_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "error.yaml"

    def fail(url: str) -> None:
        httpx.post(url)
        raise ZeroDivisionError

    with serve({"/": Answer([ONE])}) as server, pytest.raises(ZeroDivisionError), use_cassette(path):
        fail(f"{server.url}/")
    assert len(Cassette.load(path).interactions) == 1


def test_a_folder_that_cannot_be_made_is_noticed_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "cassette.yaml"
    with serve({"/": Answer([ONE])}) as server:
        with pytest.raises(CassetteWriteError, match="file"), use_cassette(path):
            httpx.post(f"{server.url}/")
        assert not server.requests


def test_a_name_that_is_too_long_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / f"{'n' * 300}.yaml"
    told = pytest.raises(CassetteWriteError, match="File name too long")
    with serve({"/": Answer([ONE])}) as server, told as caught, use_cassette(path):
        httpx.post(f"{server.url}/")
    kept = Path(str(caught.value).partition("is kept in ")[2].removesuffix("."))
    assert [one.response.body for one in Cassette.load(kept).interactions] == [ONE]
    kept.unlink()


FULL_DISK = """
import resource, signal, sys, httpx, unspool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with httpx.Client() as client:
    try:
        with unspool.use_cassette(sys.argv[2], record_mode="new_episodes"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
            print(len(client.post(sys.argv[1]).content))
            if sys.argv[3] == "room elsewhere":
                resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
    except unspool.CassetteError as error:
        print(type(error).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_disturbs_no_stream_and_leaves_the_old_cassette(tmp_path: Path) -> None:
    path = tmp_path / "full.yaml"
    with serve({"/": Answer([ONE * 400])}) as server:
        with use_cassette(path):
            httpx.post(f"{server.url}/", json=1)
        before = path.read_bytes()
        command = [sys.executable, "-c", FULL_DISK, f"{server.url}/", str(path), ""]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(len(ONE) * 400), "CassetteWriteError"], done.stderr
    assert path.read_bytes() == before


BROKEN = {
    "cut off": b"version: 1\ninteractions:\n- request: {method: 'GET",
    "an object": b"interactions:\n- !!python/object/apply:os.system ['touch owned']\n",
    "something else": b"just: text\n",
    "not text": b"\xff\xfe\x00",
    "NULs": b"interactions:\n- \x00\n",
    "laughs": b"a: &a [x,x]\nb: &b [*a,*a]\ninteractions: [*b, *b]\n",
}


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all", "rewrite"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_cassette_is_refused_and_left_as_it_is(
    tmp_path: Path, name: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "broken.yaml"
    path.write_bytes(BROKEN[name])
    with pytest.raises(CassetteFormatError, match=r"broken\.yaml"), use_cassette(path, record_mode=mode):
        pass
    assert path.read_bytes() == BROKEN[name]
    assert [found.name for found in tmp_path.iterdir()] == ["broken.yaml"]


def test_a_folder_is_no_cassette(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="folder"), use_cassette(tmp_path):
        pass


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def work(name: int) -> None:
        for turn in range(3):
            with use_cassette(path, record_mode="new_episodes"):
                httpx.post(url, json=[name, turn])

    path = tmp_path / "shared.yaml"
    with serve({"/": Answer([ONE])}) as server:
        url = f"{server.url}/"
        threads = [threading.Thread(target=work, args=[name]) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    bodies = {tuple(json.loads(one.request.body)) for one in Cassette.load(path).interactions}
    assert bodies == {(name, turn) for name in range(4) for turn in range(3)}
