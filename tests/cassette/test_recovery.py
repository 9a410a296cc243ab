from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unspool.cassette.file_format import Document
from unspool.cassette.journal import Journal
from unspool.cassette.journal_lines import FIRST_LINE, from_lines
from unspool.cassette.model import End, Request, Response
from unspool.cassette.recovery import leftovers, recover
from unspool.cassette.store import load, write
from unspool.errors import CassetteError, CassetteFormatError, CassetteWriteError

RECORDER = """
import sys, time
from pathlib import Path
from unspool.cassette.journal import Journal
from unspool.cassette.model import End, Request

class Nothing:
    request = response = same_length = lambda self, data: data

journal = Journal(Path(sys.argv[1]), redactor=Nothing())
for slot in range(1_000_000):
    journal.begin(slot, Request("GET", f"https://api.test/{slot}"), 1_700_000_000.0 + slot)
    journal.head(slot, 200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1", 0.1)
    for number in range(10):
        journal.chunk(slot, b"data: %d\\n\\n" % number, 0.2)
        print(slot, number, flush=True)
    journal.end(slot, End.COMPLETE, None, 0.3)
"""
ANSWER = b"".join(b"data: %d\n\n" % number for number in range(10))


class Nothing:
    """Redacts nothing."""

    def request(self, request: Request) -> Request:
        return request

    def response(self, response: Response) -> Response:
        return response

    def same_length(self, data: bytes) -> bytes:
        return data


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "chat.yaml"


def begun(cassette: Path, *uris: str, at: float = 5.0) -> Journal:
    """A journal with an answer for each of these."""
    journal = Journal(cassette, redactor=Nothing())
    for slot, uri in enumerate(uris):
        journal.begin(slot, Request("GET", uri), at + slot)
        journal.head(slot, 200, "OK", (("content-type", "text/plain"),), "HTTP/1.1", 0.1)
        journal.chunk(slot, b"hello\n", 0.2)
        journal.end(slot, End.COMPLETE, None, 0.3)
    return journal


def uris(cassette: Path) -> list[str]:
    return [one.request.uri for one in load(cassette).interactions]


def test_a_recorder_killed_while_writing_loses_at_most_its_last_line(cassette: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", RECORDER, str(cassette)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(1234):
            process.stdout.readline()
        process.kill()
        told = process.stdout.read().split(b"\n")[:-1]  # the kill may have cut the last line
    slot, number = map(int, told[-1].split()) if told else (123, 3)

    gained = recover(cassette)

    *whole, last = load(cassette).interactions
    assert gained == len(whole) + 1 >= slot + 1
    assert [one.response.body for one in whole] == [ANSWER] * len(whole)
    assert last.response.body == ANSWER[: len(last.response.body)]
    if gained == slot + 1:
        assert len(last.response.body) >= len(b"data: 0\n\n") * (number + 1)
    assert os.listdir(cassette.parent) == ["chat.yaml"]


def test_a_killed_answer_says_that_it_was(cassette: Path) -> None:
    journal = begun(cassette)
    journal.begin(0, Request("GET", "https://api.test/"), 5.0)
    journal.head(0, 200, "OK", (("content-type", "text/plain"),), "HTTP/1.1", 0.1)
    journal.chunk(0, b"hel\nlo", 0.2)
    journal.close()

    recover(cassette)

    (one,) = load(cassette).interactions
    assert one.response.body == b"hel\n"
    assert one.response.timeline is not None
    assert one.response.timeline.end is End.FAILED
    assert one.response.timeline.failure is not None
    assert one.response.timeline.failure.type == "Killed"


def test_a_recording_going_on_is_not_left_over(cassette: Path) -> None:
    journal = begun(cassette, "/a")

    assert leftovers(cassette) == []
    assert recover(cassette) == 0

    journal.close()

    assert len(leftovers(cassette)) == 1


def test_a_recording_going_on_can_be_read(cassette: Path) -> None:
    journal = begun(cassette, "/a")
    (file,) = cassette.parent.iterdir()

    assert [one.request.uri for one in from_lines(file.read_bytes(), name=str(file))] == ["/a"]
    journal.discard()


def test_another_cassettes_journal_is_not_left_over(cassette: Path) -> None:
    begun(cassette.with_name("chat.yaml.yaml"), "/a").close()

    assert leftovers(cassette) == []


def test_without_a_folder_nothing_is_left_over(tmp_path: Path) -> None:
    assert leftovers(tmp_path / "nowhere" / "chat.yaml") == []


def test_a_link_to_a_cassette_has_its_leftovers(cassette: Path) -> None:
    begun(cassette, "/a").close()
    (cassette.parent / "other").mkdir()
    link = cassette.parent / "other" / "link.yaml"
    link.symlink_to(cassette)

    assert recover(link) == 1
    assert uris(cassette) == ["/a"]


def test_all_leftovers_are_recovered_in_the_order_of_recording(cassette: Path) -> None:
    begun(cassette, "/c", "/d", at=30.0).close()
    begun(cassette, "/a", "/b", at=10.0).close()

    assert recover(cassette) == 4
    assert uris(cassette) == ["/a", "/b", "/c", "/d"]
    assert recover(cassette) == 0


def test_what_the_cassette_holds_stays(cassette: Path) -> None:
    begun(cassette, "/a").close()
    recover(cassette)
    begun(cassette, "/b", at=9.0).close()

    assert recover(cassette) == 1
    assert uris(cassette) == ["/a", "/b"]


def test_what_was_saved_before_the_kill_is_not_recovered_twice(cassette: Path) -> None:
    begun(cassette, "/a", "/b").close()
    (journal,) = leftovers(cassette)
    saved, _ = from_lines(journal.read_bytes(), name=str(journal))
    write(cassette, Document((saved,), {}))

    assert recover(cassette) == 1
    assert uris(cassette) == ["/a", "/b"]


def test_an_empty_journal_is_deleted_and_makes_no_cassette(cassette: Path) -> None:
    cassette.with_name(".chat.yaml.1-a.part").touch()

    assert recover(cassette) == 0
    assert os.listdir(cassette.parent) == []


def test_a_broken_journal_is_told_and_stays_and_the_others_are_recovered(cassette: Path) -> None:
    broken = cassette.with_name(".chat.yaml.1-a.part")
    broken.write_bytes(FIRST_LINE + b"garbage\n")
    begun(cassette, "/a").close()

    with pytest.raises(CassetteFormatError, match=r"\.chat\.yaml\.1-a\.part, line 2"):
        recover(cassette)
    assert uris(cassette) == ["/a"]
    assert leftovers(cassette) == [broken]


def test_a_journal_stays_where_its_cassette_cannot_be_read(cassette: Path) -> None:
    begun(cassette, "/a").close()
    cassette.mkdir()

    with pytest.raises(CassetteError, match="got the folder"):
        recover(cassette)
    assert len(leftovers(cassette)) == 1


def test_a_journal_stays_where_its_cassette_cannot_be_written(
    cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(cassette, "/a").close()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(CassetteWriteError, match="Make room on that disk"):
        recover(cassette)
    assert len(leftovers(cassette)) == 1


def test_of_a_damaged_journal_what_is_whole_is_recovered(cassette: Path) -> None:
    begun(cassette, "/a", "/b", "/c").close()
    (journal,) = leftovers(cassette)
    lines = journal.read_bytes().splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if b'"/b"' in line)
    journal.write_bytes(b"".join([*lines[:at], lines[at].replace(b"GET", b"GOT"), *lines[at + 1 :]]))

    with pytest.raises(CassetteFormatError, match=r"checksum is wrong.* 2 undamaged interactions"):
        recover(cassette)

    assert uris(cassette) == ["/a", "/c"]
    assert leftovers(cassette) == [journal]


def test_a_file_of_a_killed_save_is_deleted(cassette: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    left, mine = (cassette.with_name(f".chat.yaml.{pid}-ab.tmp") for pid in (dead.pid, os.getpid()))
    left.write_bytes(b"half a casse")
    mine.write_bytes(b"at work")

    recover(cassette)

    assert not left.exists()
    assert mine.exists()
