from __future__ import annotations

import tracemalloc
from typing import Any

from unspool.cassette.file_format import Document, dumps, loads
from unspool.cassette.model import NO_RESPONSE, End, Failure, NetworkChunk, Request
from unspool.cassette.recording import Take

REQUEST = Request("POST", "https://api.example.com/v1/chat", (), b"{}")
SSE = (("content-type", "text/event-stream"),)


def take(**options: Any) -> Take:
    return Take(REQUEST, recorded_at=1_700_000_000.5, **options)


def headed(**options: Any) -> Take:
    begun = take(**options)
    begun.head(200, "OK", SSE, "HTTP/1.1", 0.1)
    return begun


def test_a_take_tells_what_came_and_when() -> None:
    done = headed()
    done.chunk(b"ab", 0.2)
    done.chunk(b"cde", 0.3)
    done.end(End.COMPLETE, 0.4)
    response = done.interaction().response
    assert (response.status, response.reason, response.body) == (200, "OK", b"abcde")
    assert response.timeline is not None
    assert response.timeline.chunks == (NetworkChunk(2, 0.2), NetworkChunk(3, 0.3))
    assert (response.timeline.headers_at, response.timeline.ended_at) == (0.1, 0.4)
    assert response.timeline.recorded_at == 1_700_000_000.5
    assert response.timeline.end is End.COMPLETE


def test_before_its_end_it_is_as_if_the_client_had_hung_up() -> None:
    begun = headed()
    begun.chunk(b"ab", 0.2)
    timeline = begun.interaction().response.timeline
    assert timeline is not None
    assert (timeline.end, timeline.ended_at) == (End.CLOSED, None)


def test_it_goes_on_after_it_was_asked() -> None:
    begun = headed()
    begun.chunk(b"ab", 0.2)
    begun.interaction()
    begun.chunk(b"cd", 0.3)
    begun.end(End.COMPLETE, 0.4)
    assert begun.interaction().response.body == b"abcd"


def test_asked_twice_after_its_end_it_says_the_same() -> None:
    done = headed()
    done.chunk(b"ab", 0.2)
    done.end(End.COMPLETE, 0.4)
    assert done.interaction() == done.interaction()
    assert done.interaction().response.body == b"ab"


def test_the_first_end_counts() -> None:
    done = headed()
    done.end(End.RESET, 0.2, Failure("ReadError", "gone"))
    done.end(End.CLOSED, 0.3)
    done.chunk(b"late", 0.4)
    response = done.interaction().response
    assert response.timeline is not None
    assert (response.timeline.end, response.timeline.failure) == (End.RESET, Failure("ReadError", "gone"))
    assert response.body == b""


def test_no_answer_has_a_status_of_its_own() -> None:
    done = take()
    done.end(End.RESET, 0.2, Failure("ConnectError", "refused"))
    response = done.interaction().response
    assert response.status == NO_RESPONSE
    assert response.timeline is not None
    assert response.timeline.headers_at is None


def test_it_keeps_no_more_chunks_than_it_may() -> None:
    limited = headed(max_chunks=2)
    for data in (b"a", b"b", b"c", b"d"):
        limited.chunk(data, 0.2)
    limited.end(End.COMPLETE, 0.3)
    response = limited.interaction().response
    assert response.body == b"ab"
    assert response.timeline is not None
    assert response.timeline.end is End.LIMIT


def test_it_keeps_them_no_longer_than_it_may() -> None:
    limited = headed(max_seconds=1.0)
    limited.chunk(b"a", 0.9)
    limited.chunk(b"b", 1.1)
    assert limited.interaction().response.body == b"a"


def test_a_stream_of_just_that_many_chunks_is_complete() -> None:
    limited = headed(max_chunks=1)
    limited.chunk(b"a", 0.2)
    limited.end(End.COMPLETE, 0.3)
    timeline = limited.interaction().response.timeline
    assert timeline is not None
    assert timeline.end is End.COMPLETE


def test_an_empty_chunk_is_none() -> None:
    begun = headed()
    begun.chunk(b"", 0.2)
    timeline = begun.interaction().response.timeline
    assert timeline is not None
    assert timeline.chunks == ()


def test_it_knows_a_goodbye_that_came_in_two_chunks() -> None:
    begun = headed()
    begun.chunk(b"data: [DO", 0.2)
    assert not begun.has_said_goodbye
    begun.chunk(b"NE]\n\n", 0.2)
    assert begun.has_said_goodbye


def test_it_knows_when_all_that_was_promised_has_come() -> None:
    begun = take()
    begun.head(200, "OK", (("Content-Length", "2"),), "HTTP/1.1", 0.1)
    begun.chunk(b"a", 0.2)
    assert not begun.is_whole
    begun.chunk(b"b", 0.2)
    assert begun.is_whole


def test_what_no_file_could_hold_is_escaped() -> None:
    done = take()
    done.head(200, "\udce9", (("location", "\udce9\xe9"),), "HTTP/1.1", 0.1)
    done.end(End.FAILED, 0.2, Failure("OSError", "no file \udcff"))
    kept = done.interaction()
    assert (kept.response.reason, kept.response.headers) == (r"\udce9", (("location", "\\udce9\xe9"),))
    assert kept.response.timeline is not None
    assert kept.response.timeline.failure == Failure("OSError", r"no file \udcff")
    assert loads(dumps(Document((kept,))), name="x").interactions == (kept,)


def test_whoever_observes_it_is_told_everything() -> None:
    told: list[tuple[Any, ...]] = []

    class Told:
        def head(self, *what: Any) -> None:
            told.append(what)

        chunk = end = head

    done = headed(slot=3, observer=Told())
    done.chunk(b"a", 0.2)
    done.end(End.COMPLETE, 0.3)
    assert told == [
        (3, 200, "OK", SSE, "HTTP/1.1", 0.1),
        (3, b"a", 0.2),
        (3, End.COMPLETE, None, 0.3),
    ]


def test_a_take_of_many_pieces_holds_its_body_once() -> None:
    tracemalloc.start()
    try:
        take = Take(Request("POST", "https://api.example", (), b""), recorded_at=1.0)
        take.head(200, "OK", (), "HTTP/1.1", 0.0)
        for _ in range(1_000):
            take.chunk(b"data: 0123456789\n\n" * 500, 0.1)
        take.end(End.COMPLETE, 0.2)
        size = len(take.interaction().response.body)
        assert tracemalloc.get_traced_memory()[1] < 1.5 * size
    finally:
        tracemalloc.stop()


def test_a_take_shows_only_the_chunks_that_have_been_stored() -> None:
    take = Take(Request("POST", "https://api.example", (), b""), recorded_at=1.0)
    take.head(200, "OK", (), "HTTP/1.1", 0.0)
    take.chunk(b"one", 0.1)
    take._chunks.append(NetworkChunk(3, 0.2))  # as another thread, between a chunk's size and its bytes
    response = take.interaction().response
    assert response.body == b"one"
    assert response.timeline is not None
    assert [chunk.size for chunk in response.timeline.chunks] == [3]
