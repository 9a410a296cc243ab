from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from unspool.cassette.model import Interaction, NetworkChunk, header
from unspool.convert import from_har
from unspool.errors import CassetteFormatError

EVENTS = 'data: {"delta":"Grüße"}\n\ndata: [DONE]\n\n'


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-23T12:00:00.250Z",
        "time": 900,
        "request": {
            "method": "POST",
            "url": "https://api.openai.com/v1/chat/completions?a=1",
            "httpVersion": "h2",
            "headers": [
                {"name": ":path", "value": "/v1/chat/completions?a=1"},
                {"name": "Content-Type", "value": "application/json"},
            ],
            "postData": {"mimeType": "application/json", "text": '{"stream":true}'},
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "httpVersion": "h2",
            "headers": [
                {"name": "Content-Type", "value": "text/event-stream"},
                {"name": "Content-Encoding", "value": "br"},
                {"name": "Content-Length", "value": "17"},
            ],
            "content": {"size": len(EVENTS), "mimeType": "text/event-stream", "text": EVENTS},
        },
        "timings": {
            "blocked": 5,
            "dns": -1,
            "ssl": 20,
            "connect": 30,
            "send": 1,
            "wait": 100.25,
            "receive": 700,
        },
        **changes,
    }


def response_of(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = entry()["response"]
    return {**whole, **changes}


def converted(*entries: dict[str, Any]) -> list[Interaction]:
    return from_har({"log": {"version": "1.2", "entries": list(entries)}})[0]


def notes_on(*entries: dict[str, Any]) -> list[str]:
    return from_har({"log": {"version": "1.2", "entries": list(entries)}})[1]


def test_the_request_is_taken_over_without_http2s_pseudo_headers() -> None:
    request = converted(entry())[0].request

    assert (request.method, request.uri) == ("POST", "https://api.openai.com/v1/chat/completions?a=1")
    assert request.headers == (("Content-Type", "application/json"),)
    assert request.body == b'{"stream":true}'


def test_an_entry_without_notes_has_lost_nothing() -> None:
    assert notes_on(entry()) == []


def test_a_fragment_was_never_sent() -> None:
    request = {**entry()["request"], "url": "https://example.org/a?b=1#top"}

    assert converted(entry(request=request))[0].request.uri == "https://example.org/a?b=1"


def test_a_forms_fields_are_encoded_where_its_text_is_missing() -> None:
    form = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a", "value": "1 2"}, {"name": "é"}],
    }
    request = {**entry()["request"], "postData": form}

    assert converted(entry(request=request))[0].request.body == b"a=1+2&%C3%A9="


def test_a_multipart_request_that_kept_its_parts_only_is_noted() -> None:
    parts = {"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "file", "fileName": "a"}]}
    request = {**entry()["request"], "postData": parts}

    assert converted(entry(request=request))[0].request.body == b""
    assert notes_on(entry(request=request)) == [
        "entries[0]: the request's parts are kept, but not its body; it's empty now"
    ]


def test_the_body_is_decoded_already_so_its_headers_say_that() -> None:
    response = converted(entry())[0].response

    assert response.body == EVENTS.encode()
    assert header(response.headers, "content-encoding") is None
    assert header(response.headers, "content-length") == str(len(EVENTS.encode()))
    assert (response.status, response.reason) == (200, "OK")


def test_a_binary_body_is_in_base64() -> None:
    image = bytes(range(256))
    content = {"mimeType": "image/png", "text": base64.b64encode(image).decode(), "encoding": "base64"}
    headers = [{"name": "content-type", "value": "image/png"}]

    response = converted(entry(response=response_of(content=content, headers=headers)))[0].response

    assert response.body == image


def test_the_chunks_of_a_body_that_polly_left_compressed_are_kept() -> None:
    whole = gzip.compress(EVENTS.encode())
    pieces = [base64.b64encode(piece).decode() for piece in (whole[:9], whole[9:])]
    content = {"mimeType": "text/event-stream", "text": json.dumps(pieces), "encoding": "base64"}

    response = converted(entry(response=response_of(content=content)))[0].response

    assert response.body == whole
    assert header(response.headers, "content-encoding") == "br"
    assert response.timeline is not None
    assert [chunk.size for chunk in response.timeline.chunks] == [9, len(whole) - 9]


def test_a_text_goes_back_into_the_charset_that_its_header_names() -> None:
    content = {"mimeType": "text/html", "text": "é"}
    headers = [{"name": "Content-Type", "value": 'text/html; charset="iso-8859-1"'}]

    response = converted(entry(response=response_of(content=content, headers=headers)))[0].response

    assert response.body == b"\xe9"


@pytest.mark.parametrize("kind", ["text/html; charset=klingon", "text/event-stream; charset=iso-8859-1"])
def test_an_unknown_charset_and_that_of_events_is_utf_8(kind: str) -> None:
    headers = [{"name": "Content-Type", "value": kind}]

    response = converted(entry(response=response_of(headers=headers)))[0].response

    assert response.body == EVENTS.encode()


def test_headers_that_chrome_joined_are_parted_again() -> None:
    headers = [{"name": "set-cookie", "value": "a=1\nb=2"}, {"name": "x", "value": ""}]

    response = converted(entry(response=response_of(headers=headers)))[0].response

    assert response.headers == (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x", ""))


def test_the_length_that_the_answer_to_a_head_tells_is_left_alone() -> None:
    request = {"method": "HEAD", "url": "https://example.org/", "headers": []}
    response = response_of(content={"size": 0}, headers=[{"name": "content-length", "value": "17"}])

    converted_response = converted(entry(request=request, response=response))[0].response

    assert converted_response.headers == (("content-length", "17"),)


def test_the_phases_add_up_to_the_moments_of_headers_and_end() -> None:
    timeline = converted(entry())[0].response.timeline

    assert timeline is not None
    assert timeline.headers_at == pytest.approx(0.1363)
    assert timeline.ended_at == pytest.approx(0.8363)
    assert timeline.recorded_at == 1_795_435_200.25


def test_unknown_phases_make_unknown_moments() -> None:
    timeline = converted(entry(timings={"send": 0, "wait": -1, "receive": -1}))[0].response.timeline

    assert timeline is not None
    assert (timeline.headers_at, timeline.ended_at) == (None, None)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("h2", "HTTP/2"), ("HTTP/2.0", "HTTP/2"), ("h3", "HTTP/3"), ("http/1.1", "HTTP/1.1"), ("", "HTTP/1.1")],
)
def test_the_http_version_has_one_name(said: str, meant: str) -> None:
    timeline = converted(entry(response=response_of(httpVersion=said)))[0].response.timeline

    assert timeline is not None
    assert timeline.http_version == meant


def test_each_event_is_a_chunk_that_came_with_the_headers() -> None:
    timeline = converted(entry())[0].response.timeline

    assert timeline is not None
    assert timeline.chunks == (NetworkChunk(27, 0.1363), NetworkChunk(14, 0.1363))


def messages(*seconds: float) -> list[dict[str, Any]]:
    texts = ['{"delta":"Grüße"}', "[DONE]"]
    return [
        {"time": time, "eventName": "message", "eventId": "", "data": text}
        for time, text in zip(seconds, texts, strict=True)
    ]


def test_chromes_events_give_their_own_moments() -> None:
    kept = messages(1_795_435_200.75, 1_795_435_201.5)

    timeline = converted(entry(_eventSourceMessages=kept))[0].response.timeline

    assert timeline is not None
    assert [chunk.at for chunk in timeline.chunks] == [0.5, 1.25]
    assert timeline.ended_at == 1.25


def test_chromes_events_stand_in_for_a_body_that_is_missing() -> None:
    kept = messages(1_795_435_200.75, 1_795_435_201.5)
    stripped = response_of(content={"size": 41, "mimeType": "text/event-stream"})

    response = converted(entry(_eventSourceMessages=kept, response=stripped))[0].response

    assert response.body == EVENTS.encode()
    assert notes_on(entry(_eventSourceMessages=kept, response=stripped)) == []


def test_a_named_event_keeps_its_name_and_id() -> None:
    kept = [{"time": 1_795_435_200_750, "eventName": "delta", "eventId": "7", "data": "x"}]
    stripped = response_of(content={})

    response = converted(entry(_eventSourceMessages=kept, response=stripped))[0].response

    assert response.body == b"event: delta\nid: 7\ndata: x\n\n"
    assert response.timeline is not None
    assert response.timeline.chunks[0].at == 0.5


def test_a_body_that_is_not_in_the_file_is_noted() -> None:
    stripped = response_of(content={"size": 5_000, "mimeType": "text/event-stream"})

    assert notes_on(entry(response=stripped)) == [
        "entries[0]: the response's body of 5,000 bytes is not in the HAR; it's empty now"
    ]


def test_what_is_no_http_is_left_out_and_counted() -> None:
    socket = entry(request={"method": "GET", "url": "wss://example.org/", "headers": []})
    inline = entry(request={"method": "GET", "url": "data:text/plain,hi", "headers": []})

    assert len(converted(socket, entry(), inline, socket)) == 1
    assert notes_on(socket, entry(), inline, socket) == [
        "left out 2 of the entries: wss is no HTTP",
        "left out 1 of the entries: data is no HTTP",
    ]


def test_a_request_without_an_answer_is_left_out_and_counted() -> None:
    blocked = entry(response=response_of(status=0))

    assert converted(blocked) == []
    assert notes_on(blocked) == [
        "left out 1 of the entries: no answer is kept, they failed or were blocked or cancelled"
    ]


def test_the_interactions_stand_in_the_order_of_their_requests() -> None:
    later, earlier = entry(), entry(startedDateTime="2026-11-23T13:00:00+02:00")

    moments = [interaction.recorded_at for interaction in converted(later, earlier)]

    assert moments == [1_795_431_600.0, 1_795_435_200.25]


def test_without_their_moments_they_stand_as_in_the_file() -> None:
    unknown = entry(startedDateTime="")

    moments = [interaction.recorded_at for interaction in converted(entry(), unknown)]

    assert moments == [1_795_435_200.25, None]


def test_an_entry_that_breaks_the_format_is_named() -> None:
    with pytest.raises(CassetteFormatError, match=r"entries\[1\] of the HAR .* KeyError: 'request'"):
        converted(entry(), {"response": {}})


@pytest.mark.parametrize("har", [{"log": {}}, {"log": []}, {}])
def test_a_har_without_entries_is_refused(har: dict[str, Any]) -> None:
    with pytest.raises(CassetteFormatError, match="no list of entries"):
        from_har(har)
