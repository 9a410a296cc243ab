from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from unspool.cassette.lock import locked
from unspool.clock import VirtualClock
from unspool.errors import CassetteWriteError

HOLDER = """
import sys, time
from pathlib import Path
from unspool.cassette.lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""

COUNTER = """
import sys
from pathlib import Path
from unspool.cassette.lock import locked
counter = Path(sys.argv[1])
for _ in range(50):
    with locked(counter):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


FORKER = """
import os, signal, sys, time
from pathlib import Path
from unspool.cassette.lock import locked
with locked(Path(sys.argv[1])):
    child = os.fork()
    if child == 0:  # it has inherited the open file, and does nothing with it
        time.sleep(60)
        os._exit(0)
try:
    with locked(Path(sys.argv[1]), timeout=0):
        pass
finally:
    os.kill(child, signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which holds the lock of `c.yaml`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "c.yaml")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_another_process_waits(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    clock = VirtualClock()

    with (
        pytest.raises(CassetteWriteError, match=f"waited 60 s for process {holder.pid}"),
        locked(tmp_path / "c.yaml", clock=clock),
    ):
        pass
    assert clock.elapsed == pytest.approx(60, abs=0.01)


def test_a_killed_process_holds_nothing(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()

    with locked(tmp_path / "c.yaml", timeout=0):
        pass


def test_processes_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    processes = [subprocess.Popen([sys.executable, "-c", COUNTER, str(counter)]) for _ in range(4)]

    assert [process.wait() for process in processes] == [0] * 4
    assert counter.read_text() == "200"


def test_threads_take_turns(tmp_path: Path) -> None:
    inside: list[int] = []
    most = 0

    def work() -> None:
        nonlocal most
        for _ in range(20):
            with locked(tmp_path / "c.yaml"):
                inside.append(1)
                most = max(most, len(inside))
                time.sleep(0)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_an_error_inside_frees_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "c.yaml"):
        _ = 1 / 0

    with locked(tmp_path / "c.yaml", timeout=0):
        pass


def test_two_cassettes_have_two_locks(tmp_path: Path) -> None:
    with locked(tmp_path / "a.yaml"), locked(tmp_path / "b.yaml", timeout=0):
        pass


def test_a_link_to_a_cassette_has_its_lock(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "c.yaml")

    with (
        pytest.raises(CassetteWriteError, match="waited 0 s"),
        locked(tmp_path / "c.yaml"),
        locked(tmp_path / "link.yaml", timeout=0),
    ):
        pass


def test_nothing_is_left_beside_the_cassette(tmp_path: Path) -> None:
    with locked(tmp_path / "c.yaml"):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_child_does_not_keep_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKER, str(tmp_path / "c.yaml")], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="another name there")
def test_without_a_folder_for_it_the_error_says_so(tmp_path: Path, own_temporary_folder: Path) -> None:
    (own_temporary_folder / f"unspool-{os.geteuid()}").write_text("in the way")

    with pytest.raises(CassetteWriteError, match="set TMPDIR"), locked(tmp_path / "c.yaml"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="each user has a temporary folder there")
def test_a_folder_of_another_user_is_not_trusted(
    tmp_path: Path, own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: uid + 1)
    (own_temporary_folder / f"unspool-{uid + 1}").mkdir()

    with pytest.raises(CassetteWriteError, match="isn't this user's own folder"), locked(tmp_path / "c.yaml"):
        pass
