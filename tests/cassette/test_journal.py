from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from unspool.cassette.journal import Journal
from unspool.cassette.journal_lines import KILLED, from_lines
from unspool.cassette.model import End, Failure, Headers, Interaction, Request, Response
from unspool.cassette.redact import Redactor
from unspool.errors import CassetteWriteError
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

SSE: Headers = (("Content-Type", "text/event-stream; charset=utf-8"),)
GZIP: Headers = (*SSE, ("Content-Encoding", "gzip"))
REQUEST = Request("POST", "https://api.test/v1?key=sk-111", (("x", "sk-222"),), b"sk-333")
KEY = b"sk-" + b"a1" * 20


class Masks:
    """Keeps `sk-…` off the disk."""

    def request(self, request: Request) -> Request:
        headers = self.headers(request.headers)
        return Request(request.method, self.text(request.uri), headers, self.same_length(request.body))

    def response(self, response: Response) -> Response:
        if response.timeline is not None and response.timeline.failure is not None:
            failure = response.timeline.failure
            shown = Failure(failure.type, self.text(failure.message))
            response = replace(response, timeline=replace(response.timeline, failure=shown))
        headers, body = self.headers(response.headers), self.same_length(response.body)
        return replace(response, headers=headers, body=body)

    def headers(self, headers: Headers) -> Headers:
        return tuple((name, self.text(value)) for name, value in headers)

    def text(self, text: str) -> str:
        return self.same_length(text.encode()).decode()

    def same_length(self, data: bytes) -> bytes:
        return re.sub(rb"sk-\w+", lambda found: b"*" * len(found[0]), data)


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "chat.yaml"


@pytest.fixture
def journal(cassette: Path) -> Journal:
    return Journal(cassette, redactor=Masks())


def written(cassette: Path) -> bytes:
    (file,) = cassette.parent.iterdir()
    return file.read_bytes()


def found(cassette: Path) -> list[Interaction]:
    return from_lines(written(cassette), name="journal")


def test_there_is_no_file_before_the_first_request(journal: Journal, cassette: Path) -> None:
    assert not cassette.parent.exists()


def test_the_file_is_hidden_beside_the_cassette(journal: Journal, cassette: Path) -> None:
    journal.begin(0, REQUEST, 5.0)

    (file,) = cassette.parent.iterdir()
    assert re.fullmatch(rf"\.chat\.yaml\.{os.getpid()}-[0-9a-f]{{8}}\.part", file.name)


def test_what_was_told_can_be_read_at_any_moment(journal: Journal, cassette: Path) -> None:
    journal.begin(0, Request("GET", "/"), 5.0)
    journal.head(0, 200, "OK", SSE, "HTTP/1.1", 0.1)
    journal.chunk(0, b"data: 1\n\n", 0.2)

    assert [one.response.body for one in found(cassette)] == [b"data: 1\n\n"]

    journal.end(0, End.COMPLETE, None, 0.3)

    (one,) = found(cassette)
    assert one.response.timeline is not None
    assert one.response.timeline.end is End.COMPLETE


def test_text_is_held_back_until_its_line_ends(journal: Journal, cassette: Path) -> None:
    journal.begin(0, Request("GET", "/"), 5.0)
    journal.head(0, 200, "OK", SSE, "HTTP/1.1", 0.1)
    journal.chunk(0, b"data: 1\n\ndata: ", 0.2)

    assert found(cassette)[0].response.body == b"data: 1\n\n"

    journal.chunk(0, b"2\n", 0.3)

    assert found(cassette)[0].response.body == b"data: 1\n\ndata: 2\n"


def test_no_secret_gets_to_the_disk(journal: Journal, cassette: Path) -> None:
    journal.begin(0, REQUEST, 5.0)
    journal.head(0, 200, "OK", (*SSE, ("x", "sk-444")), "HTTP/1.1", 0.1)
    journal.chunk(0, b"key: " + KEY[:10], 0.2)
    journal.chunk(0, KEY[10:] + b"\n" + KEY, 0.3)
    journal.end(0, End.FAILED, Failure("ValueError", "sk-555"), 0.4)

    assert b"sk-" not in written(cassette)
    assert b"a1" not in written(cassette)


@pytest.mark.parametrize("headers", [GZIP, (("content-type", "audio/mpeg"),)])
def test_what_is_no_plain_text_is_written_at_its_end(
    journal: Journal, cassette: Path, headers: Headers
) -> None:
    journal.begin(0, Request("GET", "/"), 5.0)
    journal.head(0, 200, "OK", headers, "HTTP/1.1", 0.1)
    journal.chunk(0, b"\x1f\x8b\n" + KEY[:5], 0.2)
    journal.chunk(0, KEY[5:] + b"\n", 0.3)

    assert found(cassette)[0].response.body == b""

    journal.end(0, End.COMPLETE, None, 0.4)

    (one,) = found(cassette)
    assert one.response.body == b"\x1f\x8b\n" + b"*" * len(KEY) + b"\n"
    assert one.response.timeline is not None
    assert [chunk.size for chunk in one.response.timeline.chunks] == [8, len(KEY) - 4]


def test_frames_of_an_event_stream_are_written_as_they_come(cassette: Path) -> None:
    journal = Journal(cassette, redactor=Redactor())
    journal.begin(0, Request("GET", "/"), 5.0)
    journal.head(0, 200, "OK", (("content-type", "application/vnd.amazon.eventstream"),), "HTTP/1.1", 0.1)
    frames = [encode_aws(WireEvent(name="c", data=json.dumps({"text": text}))) for text in ("It ", "rains")]
    journal.chunk(0, frames[0] + frames[1][:7], 0.2)

    (killed,) = found(cassette)
    assert killed.response.body == frames[0]
    assert killed.response.timeline is not None
    assert killed.response.timeline.failure == KILLED

    journal.chunk(0, frames[1][7:], 0.3)
    journal.end(0, End.COMPLETE, None, 0.4)

    (whole,) = found(cassette)
    assert whole.response.body == b"".join(frames)
    assert whole.response.timeline is not None
    assert [chunk.size for chunk in whole.response.timeline.chunks] == [
        len(frames[0]) + 7,
        len(frames[1]) - 7,
    ]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/vnd.api+json", "TEXT/plain", "application/x-ndjson"]
)
def test_plain_text_is_written_as_it_comes(journal: Journal, cassette: Path, content_type: str) -> None:
    journal.begin(0, Request("GET", "/"), 5.0)
    journal.head(0, 200, "OK", (("content-type", content_type),), "HTTP/1.1", 0.1)
    journal.chunk(0, b"{\n", 0.2)

    assert found(cassette)[0].response.body == b"{\n"


def test_answers_that_come_at_once_stay_apart(journal: Journal, cassette: Path) -> None:
    def record(slot: int) -> None:
        journal.begin(slot, Request("GET", f"/{slot}"), 5.0)
        journal.head(slot, 200, "OK", SSE, "HTTP/1.1", 0.1)
        for number in range(100):
            journal.chunk(slot, b"%d: %d\nx" % (slot, number), 0.2)
        journal.end(slot, End.COMPLETE, None, 0.3)

    threads = [threading.Thread(target=record, args=(slot,)) for slot in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bodies = [one.response.body for one in found(cassette)]
    assert bodies == [b"".join(b"%d: %d\nx" % (slot, number) for number in range(100)) for slot in range(8)]


def test_discarding_deletes_the_file(journal: Journal, cassette: Path) -> None:
    journal.begin(0, REQUEST, 5.0)
    journal.discard()

    assert list(cassette.parent.iterdir()) == []


def test_after_discarding_an_answer_still_coming_is_no_error(journal: Journal, cassette: Path) -> None:
    journal.begin(0, REQUEST, 5.0)
    journal.discard()
    journal.head(0, 200, "OK", SSE, "HTTP/1.1", 0.1)
    journal.chunk(0, b"x\n", 0.2)
    journal.end(0, End.COMPLETE, None, 0.3)

    assert list(cassette.parent.iterdir()) == []


def test_after_discarding_the_next_request_begins_a_file_anew(journal: Journal, cassette: Path) -> None:
    journal.begin(0, REQUEST, 5.0)
    journal.discard()
    journal.begin(1, Request("GET", "/1"), 5.0)
    journal.end(1, End.RESET, None, 0.3)

    assert [one.request.uri for one in found(cassette)] == ["/1"]


def test_discarding_and_closing_without_a_file_do_nothing(journal: Journal) -> None:
    journal.discard()
    journal.close()
    journal.close()


def test_closing_leaves_the_file(journal: Journal, cassette: Path) -> None:
    journal.begin(0, REQUEST, 5.0)
    journal.end(0, End.RESET, None, 0.3)
    journal.close()

    assert len(found(cassette)) == 1


def test_a_folder_that_cannot_be_made_is_noticed_before_the_first_request(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    journal = Journal(tmp_path / "file" / "chat.yaml", redactor=Masks())

    for slot in range(2):  # a client that retries hears it again
        with pytest.raises(CassetteWriteError, match=r"A file stands where .* Nothing was sent"):
            journal.begin(slot, REQUEST, 5.0)


FULL_DISK = """
import resource, sys
from pathlib import Path
from unspool.cassette.journal import Journal
from unspool.cassette.model import End, Request
from unspool.cassette.redact import Redactor
from unspool.errors import CassetteWriteError
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

class Nothing:
    request = response = same_length = lambda self, data: data

def limit(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

path = Path(sys.argv[1])
limit(1000)
journal = Journal(path, redactor=Nothing())
journal.begin(0, Request("GET", "/0"), 5.0)
journal.head(0, 200, "OK", (), "HTTP/1.1", 0.1)
for _ in range(100):
    journal.chunk(0, b"x" * 99 + b"\\n", 0.2)
print(type(journal.failed).__name__, flush=True)
limit(resource.RLIM_INFINITY)
journal.chunk(0, b"after the gap\\n", 0.3)
journal.end(0, End.COMPLETE, None, 0.4)
journal.begin(1, Request("GET", "/1"), 5.0)
journal.close()
limit(5)
try:
    Journal(path.with_name("other.yaml"), redactor=Nothing()).begin(0, Request("GET", "/"), 5.0)
except CassetteWriteError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_a_full_disk_disturbs_nobody_and_leaves_what_fitted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "chat.yaml")]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert done.stdout.startswith("OSError\n")
    (one,) = found(tmp_path / "chat.yaml")
    assert set(one.response.body) == set(b"x\n")
    assert len(one.response.body) % 100 == 0
    assert "File too large. Allow files of that size (ulimit -f). Nothing was sent." in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices there")
@pytest.mark.parametrize("place", ["/dev/null", "/dev/full"])
def test_a_device_is_refused_before_the_first_request(place: str) -> None:
    before = os.listdir("/dev")

    with pytest.raises(CassetteWriteError, match=r"device or a pipe.* Nothing was sent"):
        Journal(Path(place), redactor=Masks()).begin(0, REQUEST, 5.0)

    assert os.listdir("/dev") == before


def test_a_folder_is_refused_before_the_first_request(tmp_path: Path) -> None:
    with pytest.raises(CassetteWriteError, match=r"A folder has that name.* Nothing was sent"):
        Journal(tmp_path, redactor=Masks()).begin(0, REQUEST, 5.0)
