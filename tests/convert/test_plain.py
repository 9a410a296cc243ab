from __future__ import annotations

import gzip

import pytest

from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.convert import lost_in_plain, to_plain
from unspool.errors import CassetteFormatError

REQUEST = Request("GET", "https://example.org/")
GZIPPED = gzip.compress(b"data: hello\n\n")
AS_IF_ALL = "vcrpy replays the part before as if it were whole"
HEADERS = (("Content-Encoding", "gzip"), ("Content-Length", str(len(GZIPPED))))


def ended(end: End, *, status: int = 200, failure: Failure | None = None) -> Interaction:
    return Interaction(REQUEST, Response(status, timeline=Timeline(end=end, failure=failure)))


def test_the_timeline_is_gone() -> None:
    timeline = Timeline(chunks=(NetworkChunk(2, 0.5),))

    assert to_plain(Interaction(REQUEST, Response(200, body=b"hi", timeline=timeline))) == Interaction(
        REQUEST, Response(200, body=b"hi")
    )


def test_the_body_is_decoded_and_its_headers_say_so() -> None:
    plain = to_plain(Interaction(REQUEST, Response(200, "OK", HEADERS, GZIPPED))).response

    assert plain == Response(200, "OK", (("Content-Length", "13"),), b"data: hello\n\n")


def test_what_else_the_cassette_holds_is_kept() -> None:
    kept = Interaction(REQUEST, Response(200, extra={"note": "mine"}), extra={"tag": 1})

    assert to_plain(kept) == kept


def test_a_body_that_cannot_be_decoded_is_an_error() -> None:
    with pytest.raises(CassetteFormatError, match="content-encoding gzip"):
        to_plain(Interaction(REQUEST, Response(200, "OK", HEADERS, b"not gzip")))


@pytest.mark.parametrize("timeline", [None, Timeline(), Timeline(chunks=(NetworkChunk(0, 9.0),))])
def test_of_a_whole_answer_only_the_times_are_lost(timeline: Timeline | None) -> None:
    assert lost_in_plain(Interaction(REQUEST, Response(200, timeline=timeline))) is None


@pytest.mark.parametrize(
    ("interaction", "lost"),
    [
        (
            ended(End.RESET, failure=Failure("ReadError", "reset")),
            f"it broke off (ReadError); {AS_IF_ALL}",
        ),
        (
            ended(End.CLOSED),
            f"it broke off (the client disconnected before the end); {AS_IF_ALL}",
        ),
        (
            ended(End.LIMIT),
            f"it broke off (the recorder stopped there); {AS_IF_ALL}",
        ),
        (
            ended(End.RESET, status=NO_RESPONSE, failure=Failure("ConnectError")),
            "no response arrived (ConnectError); vcrpy replays one with status 599",
        ),
    ],
)
def test_what_vcrpy_cannot_say_is_told(interaction: Interaction, lost: str) -> None:
    assert lost_in_plain(interaction) == lost
