from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from unspool.cassette.atomic import reason, replace_file

OLD, NEW = b"old\n", b"new\n" * 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "chat.yaml"
    path.write_bytes(OLD)
    return path


def test_the_bytes_are_there(path: Path) -> None:
    replace_file(path, NEW)

    assert path.read_bytes() == NEW
    assert os.listdir(path.parent) == ["chat.yaml"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    replace_file(tmp_path / "a" / "b" / "chat.yaml", NEW)

    assert (tmp_path / "a" / "b" / "chat.yaml").read_bytes() == NEW


@pytest.mark.skipif(sys.platform == "win32", reason="no such bits there")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o755])
def test_mode_bits_are_kept(path: Path, mode: int) -> None:
    path.chmod(mode)

    replace_file(path, NEW)

    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(sys.platform == "win32", reason="no such bits there")
def test_a_new_file_has_the_mode_bits_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "any").touch()

    replace_file(tmp_path / "chat.yaml", NEW)

    assert (tmp_path / "chat.yaml").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_links_target_is_replaced(path: Path) -> None:
    link = path.with_name("link.yaml")
    link.symlink_to(path)

    replace_file(link, NEW)

    assert link.is_symlink()
    assert path.read_bytes() == NEW


def test_a_link_to_nothing_gets_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "elsewhere" / "chat.yaml")

    replace_file(link, NEW)

    assert (tmp_path / "elsewhere" / "chat.yaml").read_bytes() == NEW


def test_a_crash_before_the_renaming_leaves_the_old_file_and_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", crash)

    with pytest.raises(KeyboardInterrupt):
        replace_file(path, NEW)
    assert path.read_bytes() == OLD
    assert os.listdir(path.parent) == ["chat.yaml"]


TOO_LARGE = """
import resource, sys
from pathlib import Path
from unspool.cassette.atomic import replace_file
resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
try:
    replace_file(Path(sys.argv[1]), b"x" * 51)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_a_full_disk_leaves_the_old_file_and_no_other(path: Path) -> None:
    command = [sys.executable, "-c", TOO_LARGE, str(path)]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert done.stdout == "File too large\n"
    assert path.read_bytes() == OLD
    assert os.listdir(path.parent) == ["chat.yaml"]


def test_a_read_only_file_is_not_replaced(path: Path) -> None:
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write to any file")

    with pytest.raises(PermissionError):
        replace_file(path, NEW)
    assert path.read_bytes() == OLD


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, NEW)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes there")
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="a device or a pipe"):
        replace_file(tmp_path / "pipe", NEW)


def test_a_reader_never_sees_half_a_file(path: Path) -> None:
    texts = {bytes([letter]) * 200_000 for letter in b"abc"} | {OLD}
    seen = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=replace_file, args=(path, text)) for text in texts for _ in range(10)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()

    assert seen <= texts


def test_a_reason_says_what_to_do() -> None:
    assert reason(OSError(28, "No space left on device")) == (
        "No space left on device. Make room on that disk."
    )


def test_an_unknown_reason_is_told_as_it_is() -> None:
    assert reason(OSError("strange")) == "strange."
