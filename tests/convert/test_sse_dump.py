from __future__ import annotations

import pytest

from unspool.convert import from_sse
from unspool.convert.sse_dump import guess_uri, is_dump
from unspool.errors import CassetteFormatError

OPENAI = b'data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n'


def test_a_bare_body_is_a_streamed_answer() -> None:
    response = from_sse(OPENAI).response

    assert (response.status, response.reason, response.body) == (200, "OK", OPENAI)
    assert response.headers == (("content-type", "text/event-stream"),)


def test_nothing_is_known_of_its_times() -> None:
    assert from_sse(OPENAI).response.timeline is None


def test_the_method_and_uri_can_be_said() -> None:
    request = from_sse(b": hi\n\n", method="GET", uri="https://example.org/s").request

    assert (request.method, request.uri, request.headers, request.body) == (
        "GET",
        "https://example.org/s",
        (),
        b"",
    )


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_status_and_headers_may_stand_before_the_body(newline: bytes) -> None:
    head = newline.join([b"HTTP/1.1 429 Too Many Requests", b"Retry-After: 1", b"X-Empty:", b"", b""])

    response = from_sse(head + OPENAI).response

    assert (response.status, response.reason, response.body) == (429, "Too Many Requests", OPENAI)
    assert response.headers == (("Retry-After", "1"), ("X-Empty", ""))


def test_http2_has_no_reason() -> None:
    response = from_sse(b"HTTP/2 200 \r\ncontent-type: text/event-stream\r\n\r\n" + OPENAI).response

    assert (response.status, response.reason) == (200, "")


def test_of_several_heads_the_last_one_counts() -> None:
    proxy, wait = b"HTTP/1.1 200 Connection established\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"

    response = from_sse(proxy + wait + b"HTTP/1.1 201 Made\r\nA: b\r\n\r\n" + OPENAI).response

    assert (response.status, response.headers, response.body) == (201, (("A", "b"),), OPENAI)


def test_events_that_were_decoded_while_dumped_have_no_encoding_any_more() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"

    response = from_sse(head + OPENAI).response

    assert response.headers == (("Content-Length", str(len(OPENAI))),)


def test_a_body_that_is_no_events_keeps_its_headers() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"

    response = from_sse(head + b"\x1f\x8b\x08", uri="https://example.org").response

    assert (response.headers, response.body) == ((("Content-Encoding", "gzip"),), b"\x1f\x8b\x08")


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert from_sse(b"\xef\xbb\xbf" + OPENAI).response.body == OPENAI


@pytest.mark.parametrize(
    ("events", "uri"),
    [
        (OPENAI, "https://api.openai.com/v1/chat/completions"),
        (b'data: {"object":"","choices":[]}\n\n' + OPENAI, "https://api.openai.com/v1/chat/completions"),
        (b'data: {"choices":[{"delta":{}}]}\n\n', "https://api.openai.com/v1/chat/completions"),
        (b'data: {"object":"text_completion"}\n\n', "https://api.openai.com/v1/completions"),
        (
            b'event: response.created\ndata: {"type":"response.created"}\n\n',
            "https://api.openai.com/v1/responses",
        ),
        (
            b'event: message_start\ndata: {"type":"message_start"}\n\n',
            "https://api.anthropic.com/v1/messages",
        ),
        (b'data: {"type":"message-start"}\n\n', "https://api.cohere.com/v2/chat"),
        (
            b'data: {"candidates":[],"modelVersion":"gemini-2.5-pro"}\r\n\r\n',
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        ),
        (b"data: ping\n\ndata: [1]\n\n" + OPENAI, "https://api.openai.com/v1/chat/completions"),
    ],
)
def test_the_events_tell_whose_they_are(events: bytes, uri: str) -> None:
    assert guess_uri(events) == uri


def test_events_that_tell_nothing_need_a_uri() -> None:
    with pytest.raises(CassetteFormatError, match=r"got b'data: hello.* \(--uri\)"):
        from_sse(b"data: hello\n\n")


@pytest.mark.parametrize(
    "data", [b"data: x", b": comment", b"event: a", b"id:1", b"\n\nretry: 5", b"HTTP/2 200\r\n\r\n"]
)
def test_a_dump_begins_with_a_field_or_a_status_line(data: bytes) -> None:
    assert is_dump(data)


@pytest.mark.parametrize("data", [b"", b"interactions:\n", b"datadata: x", b"HTTP is a protocol"])
def test_other_texts_are_no_dumps(data: bytes) -> None:
    assert not is_dump(data)
