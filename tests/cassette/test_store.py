from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from unspool.cassette.file_format import Document, dumps
from unspool.cassette.model import End, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.store import load, merge, merged, reason, replace_file, write
from unspool.errors import CassetteError, CassetteFormatError, CassetteNotFoundError, CassetteWriteError


def recorded(name: str, at: float = 0.0) -> Interaction:
    body = b'data: {"name": "%s"}\n\n' % name.encode()
    return Interaction(
        Request("POST", f"https://api.test/{name}", (("Accept", "*/*"),), b'{"stream": true}'),
        Response(
            200,
            "OK",
            (("Content-Type", "text/event-stream"),),
            body,
            Timeline(
                chunks=(NetworkChunk(len(body), 0.2),),
                headers_at=0.1,
                recorded_at=1_700_000_000.0 + at,
                end=End.COMPLETE,
                ended_at=0.3,
            ),
        ),
    )


def names(path: Path) -> list[str]:
    return [one.request.uri.rpartition("/")[2] for one in load(path).interactions]


A, B, C, D = recorded("a", 1), recorded("b", 2), recorded("c", 3), recorded("d", 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.yaml"


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this test."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def kept(temporary: Path) -> Path:
    """The one file that was kept from being lost."""
    (file,) = (file for file in temporary.iterdir() if file.is_file())
    return file


# Loading and writing


@pytest.mark.parametrize("name", ["chat.yaml", "chat.yml", "chat.json", "chat"])
def test_what_was_written_is_loaded(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, Document((A, B), {}))

    assert load(tmp_path / name).interactions == (A, B)


@pytest.mark.parametrize("name", ["chat.json", "chat.JSON"])
def test_the_suffix_json_means_json(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, Document((A,), {}))

    assert len(json.loads((tmp_path / name).read_bytes())["interactions"]) == 1


def test_a_missing_cassette_is_told_how_to_record(path: Path) -> None:
    with pytest.raises(CassetteNotFoundError, match=r"no cassette .*chat\.yaml\. .* record_mode='once'"):
        load(path)


def test_a_missing_cassettes_nearest_neighbour_is_named(path: Path) -> None:
    path.with_name("chta.yaml").touch()
    path.with_name(".chat.yaml.1-a.part").touch()

    with pytest.raises(CassetteNotFoundError, match=r"the nearest name beside it is chta\.yaml"):
        load(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CassetteNotFoundError, match="nor its folder"):
        load(tmp_path / "nowhere" / "chat.yaml")


def test_a_folder_is_no_cassette(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="got the folder"):
        load(tmp_path)


def test_a_cassette_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")

    with pytest.raises(CassetteError, match=r"can't read the cassette .*: Too many levels of symbolic links"):
        load(tmp_path / "loop.yaml")


def test_a_broken_cassette_is_named(path: Path) -> None:
    path.write_text("interactions: [")

    with pytest.raises(CassetteFormatError, match=r"chat\.yaml"):
        load(path)


# What can't be written


def test_what_cannot_be_written_is_kept_elsewhere(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CassetteWriteError) as caught:
        write(tmp_path / "file" / "chat.yaml", Document((A,), {}))

    assert str(caught.value) == (
        f"can't write the cassette {tmp_path}/file/chat.yaml: File exists. A file stands where its folder"
        " should be: move that, or name another folder. What stood there before still does. What was to be"
        f" written is kept in {kept(temporary)}."
    )
    assert load(kept(temporary)).interactions == (A,)


def test_a_name_too_long_is_told_so(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(CassetteWriteError, match=r"File name too long\. Give it a shorter name\."):
        write(tmp_path / f"{'x' * 300}.json", Document((A,), {}))

    assert load(kept(temporary)).interactions == (A,)


def test_where_nothing_can_be_kept_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr("tempfile.tempdir", str(file))

    with pytest.raises(CassetteWriteError, match="couldn't be kept among the temporary files either"):
        write(file / "chat.yaml", Document((A,), {}))


def test_a_failed_disk_leaves_the_old_cassette(
    path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, Document((A,), {}))

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(CassetteWriteError, match="Make room on that disk"):
        write(path, Document((B,), {}))

    assert names(path) == ["a"]
    assert os.listdir(path.parent) == ["chat.yaml"]
    assert load(kept(temporary)).interactions == (B,)


# Merging


def test_the_first_recording_makes_the_file(path: Path) -> None:
    merged = merge(path, base=None, added=[A])

    assert names(path) == ["a"]
    assert load(path) == merged


def test_what_others_wrote_meanwhile_is_kept(path: Path) -> None:
    base = merge(path, base=None, added=[A])
    merge(path, base=base, added=[B])

    merge(path, base=base, added=[C], dropped=lambda _: True)

    assert names(path) == ["b", "c"]


def test_what_has_been_saved_can_be_dropped_by_its_own_writer(path: Path) -> None:
    merge(path, base=None, added=[A])

    merge(path, base=Document((A,), {}), added=[A, B], dropped=lambda one: one == A)

    assert names(path) == ["a", "b"]


def test_where_nothing_changes_the_file_is_not_touched(path: Path) -> None:
    base = merge(path, base=None, added=[A, B])
    os.utime(path, (1, 1))

    merged = merge(path, base=base, added=[B], dropped=lambda one: one == B)

    assert path.stat().st_mtime == 1
    assert merged == base


def test_without_recordings_no_file_is_made(path: Path) -> None:
    assert merge(path, base=None, added=[]).interactions == ()
    assert not path.exists()


def test_a_cassette_deleted_meanwhile_is_begun_anew(path: Path) -> None:
    base = merge(path, base=None, added=[A])
    path.unlink()

    merge(path, base=base, added=[B])

    assert names(path) == ["b"]


def test_what_cannot_be_merged_is_kept_elsewhere(path: Path, temporary: Path) -> None:
    path.write_text("<<<<<<< HEAD\n")

    with pytest.raises(CassetteWriteError, match=r"chat\.yaml.* Nothing was written there\. .* is kept in"):
        merge(path, base=None, added=[A])

    assert path.read_text() == "<<<<<<< HEAD\n"
    assert load(kept(temporary)).interactions == (A,)


def test_threads_lose_nothing(path: Path) -> None:
    def record(worker: int) -> None:
        for number in range(10):
            merge(path, base=None, added=[recorded(f"{worker}-{number}", number)])

    threads = [threading.Thread(target=record, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(names(path)) == sorted(f"{worker}-{number}" for worker in range(8) for number in range(10))


WRITER = """
import sys
from pathlib import Path
from unspool.cassette.file_format import Document, loads
from unspool.cassette.store import merge
path, name = Path(sys.argv[1]), sys.argv[2]
base = None
mine = loads(sys.stdin.buffer.read(), name=name).interactions
for one in mine:
    base = merge(path, base=base, added=[one])
"""


def test_processes_lose_nothing(path: Path) -> None:
    expected = {
        worker: [recorded(f"{worker}-{number}", number + worker / 10) for number in range(20)]
        for worker in range(8)
    }
    processes = {
        worker: subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(worker)], stdin=subprocess.PIPE
        )
        for worker in expected
    }
    for worker, process in processes.items():
        assert process.stdin is not None
        process.stdin.write(dumps(Document(tuple(expected[worker]), {})))
        process.stdin.close()
    assert [process.wait() for process in processes.values()] == [0] * 8

    interactions = load(path).interactions

    assert len(interactions) == 160
    for worker, mine in expected.items():  # each worker's in its own order
        assert [one for one in interactions if f"/{worker}-" in one.request.uri] == mine
    assert os.listdir(path.parent) == ["chat.yaml"]


def made(name: str, at: float | None = 0.0) -> Interaction:
    timeline = None if at is None else Timeline(recorded_at=at)
    return Interaction(Request("GET", f"/{name}"), Response(200, timeline=timeline))


def names_of(found: Sequence[Interaction], **changes: Sequence[Interaction]) -> str:
    base, added, gone = (changes.get(key, ()) for key in ("base", "added", "gone"))
    result = merged(found, base=base, added=added, dropped=lambda one: one in gone)
    return "".join(one.request.uri.strip("/") for one in result)


ONE, TWO, THREE, FOUR = made("a", 1.0), made("b", 2.0), made("c", 3.0), made("d", 4.0)


def test_what_is_added_comes_last() -> None:
    assert names_of([ONE, TWO], base=[ONE, TWO], added=[THREE, FOUR]) == "abcd"


def test_what_is_added_keeps_its_order_even_where_its_clock_was_set_back() -> None:
    assert names_of([TWO], added=[FOUR, ONE, THREE]) == "bdac"


def test_what_others_added_is_kept_and_stands_in_the_order_of_recording() -> None:
    assert names_of([ONE, THREE], base=[ONE], added=[TWO, FOUR]) == "abcd"


def test_of_what_was_recorded_at_one_moment_the_others_come_first() -> None:
    assert names_of([made("x"), made("y")], added=[made("z")]) == "xyz"


def test_what_is_dropped_is_gone() -> None:
    assert names_of([ONE, TWO, THREE], base=[ONE, TWO, THREE], gone=[ONE, THREE]) == "b"


def test_what_others_added_is_not_dropped() -> None:
    assert names_of([ONE, TWO], base=[ONE], gone=[ONE, TWO]) == "b"


def test_of_two_that_are_equal_one_may_be_another_writers() -> None:
    assert names_of([ONE, ONE], base=[ONE], gone=[ONE]) == "a"


def test_what_others_have_dropped_stays_dropped() -> None:
    assert names_of([TWO], base=[ONE, TWO], added=[THREE]) == "bc"


def test_a_recording_changed_by_others_is_theirs() -> None:
    changed = Interaction(ONE.request, Response(500, timeline=ONE.response.timeline))

    assert list(merged([changed], base=[ONE], added=[], dropped=lambda _: True)) == [changed]


def test_what_is_there_is_never_reordered() -> None:
    assert names_of([ONE, FOUR, TWO], base=[ONE, TWO], added=[THREE]) == "adbc"


def test_recordings_without_a_moment_stay_before_new_ones() -> None:
    assert names_of([made("x", None), made("y", None)], added=[ONE]) == "xya"


def test_interactions_with_extra_keys_can_be_merged() -> None:
    extra = Interaction(ONE.request, ONE.response, {"recorded_with": ["vcrpy"]})

    assert list(merged([extra], base=[extra], added=[TWO], dropped=lambda _: True)) == [TWO]


def test_headers_grouped_by_a_file_are_the_same_headers() -> None:
    headers = (("Accept", "a"), ("X", "x"), ("accept", "b"))
    mine = Interaction(Request("GET", "/", headers), Response(200, "", headers))
    joined = (("Accept", "a, b"), ("X", "x"))
    grouped = (("Accept", "a"), ("Accept", "b"), ("X", "x"))
    saved = Interaction(Request("GET", "/", joined), Response(200, "", grouped))

    assert list(merged([saved], base=[mine], added=[], dropped=lambda _: True)) == []


OLD, NEW = b"old\n", b"new\n" * 100


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "chat.yaml"
    target.write_bytes(OLD)
    return target


def test_the_bytes_are_there(target: Path) -> None:
    replace_file(target, NEW)

    assert target.read_bytes() == NEW
    assert os.listdir(target.parent) == ["chat.yaml"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    replace_file(tmp_path / "a" / "b" / "chat.yaml", NEW)

    assert (tmp_path / "a" / "b" / "chat.yaml").read_bytes() == NEW


@pytest.mark.skipif(sys.platform == "win32", reason="no such bits there")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o755])
def test_mode_bits_are_kept(target: Path, mode: int) -> None:
    target.chmod(mode)

    replace_file(target, NEW)

    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.skipif(sys.platform == "win32", reason="no such bits there")
def test_a_new_file_has_the_mode_bits_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "any").touch()

    replace_file(tmp_path / "chat.yaml", NEW)

    assert (tmp_path / "chat.yaml").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_links_target_is_replaced(target: Path) -> None:
    link = target.with_name("link.yaml")
    link.symlink_to(target)

    replace_file(link, NEW)

    assert link.is_symlink()
    assert target.read_bytes() == NEW


def test_a_link_to_nothing_gets_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "elsewhere" / "chat.yaml")

    replace_file(link, NEW)

    assert (tmp_path / "elsewhere" / "chat.yaml").read_bytes() == NEW


def test_a_crash_before_the_renaming_leaves_the_old_file_and_no_other(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", crash)

    with pytest.raises(KeyboardInterrupt):
        replace_file(target, NEW)
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == ["chat.yaml"]


TOO_LARGE = """
import resource, sys
from pathlib import Path
from unspool.cassette.store import replace_file
resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
try:
    replace_file(Path(sys.argv[1]), b"x" * 51)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_a_full_disk_leaves_the_old_file_and_no_other(target: Path) -> None:
    command = [sys.executable, "-c", TOO_LARGE, str(target)]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert done.stdout == "File too large\n"
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == ["chat.yaml"]


def test_a_read_only_file_is_not_replaced(target: Path) -> None:
    target.chmod(0o444)
    if os.access(target, os.W_OK):
        pytest.skip("this user may write to any file")

    with pytest.raises(PermissionError):
        replace_file(target, NEW)
    assert target.read_bytes() == OLD


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, NEW)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes there")
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="a device or a pipe"):
        replace_file(tmp_path / "pipe", NEW)


def test_a_reader_never_sees_half_a_file(target: Path) -> None:
    texts = {bytes([letter]) * 200_000 for letter in b"abc"} | {OLD}
    seen = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(target.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        threading.Thread(target=replace_file, args=(target, text)) for text in texts for _ in range(10)
    ]
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
