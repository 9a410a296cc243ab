from __future__ import annotations

import gzip
from typing import Any

import pytest

from unspool.cassette.model import Interaction, header
from unspool.cassette.other_recorders import to_standard
from unspool.cassette.vcr_format import from_record
from unspool.cassette.yaml_text import parse_yaml
from unspool.errors import CassetteFormatError

REQUEST: dict[str, Any] = {"method": "POST", "uri": "https://a.example/", "body": "", "headers": {}}
RESPONSE: dict[str, Any] = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": ""}}


def read(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None) -> Interaction:
    """A plain interaction with other keys in the place of its own; those that are `...` are taken out."""
    record = {"request": _with(REQUEST, request), "response": _with(RESPONSE, response)}
    return from_record(to_standard(record))


def _with(record: dict[str, Any], other: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in {**record, **(other or {})}.items() if value is not ...}


@pytest.mark.parametrize("body", [{"string": "a"}, {}, None, "a"])
def test_a_standard_record_is_handed_on_as_it_is(body: object) -> None:
    record = {"request": REQUEST, "response": {**RESPONSE, "body": body}}

    assert to_standard(record) is record


@pytest.mark.parametrize(
    "record", [{}, {"request": 1, "response": 2}, {"request": REQUEST, "response": None}]
)
def test_what_is_no_interaction_is_left_for_others_to_refuse(record: dict[str, Any]) -> None:
    assert to_standard(record) is record


def test_what_stands_beside_is_kept() -> None:
    record = {
        "request": REQUEST,
        "response": {**RESPONSE, "status": 200, "unspool": {"v": 1}},
        "recorded_at": "x",
    }

    standard = to_standard(record)

    assert standard["recorded_at"] == "x"
    assert standard["response"]["unspool"] == {"v": 1}


# vcrpy before 6.0, with httpx

OLD_HTTPX = """
request:
  body: ''
  headers:
    accept:
    - '*/*'
  method: GET
  uri: https://a.example/
response:
  content: 'data: {"a": 1}


    '
  headers:
    Content-Encoding:
    - gzip
    Content-Length:
    - '9'
    Content-Type:
    - text/event-stream
  http_version: HTTP/1.1
  status_code: 200
"""


def test_the_old_form_of_httpx_is_read() -> None:
    response = from_record(to_standard(parse_yaml(OLD_HTTPX))).response

    assert response.status == 200
    assert response.body == b'data: {"a": 1}\n\n'
    assert header(response.headers, "content-type") == "text/event-stream"
    assert response.extra == {"http_version": "HTTP/1.1"}


def test_its_content_stands_decoded_so_the_headers_are_made_to_fit() -> None:
    response = from_record(to_standard(parse_yaml(OLD_HTTPX))).response

    assert header(response.headers, "content-encoding") is None
    assert header(response.headers, "content-length") == "16"


def test_content_that_is_still_compressed_keeps_its_headers() -> None:
    data = gzip.compress(b"data: a\n\n")

    response = read(
        response={
            "status": ...,
            "body": ...,
            "status_code": 200,
            "content": data,
            "headers": {"content-encoding": "gzip"},
        }
    ).response

    assert response.body == data
    assert header(response.headers, "content-encoding") == "gzip"


def test_no_content_is_no_body() -> None:
    assert (
        read(response={"status": ..., "body": ..., "status_code": 204, "content": None}).response.body == b""
    )


# pydantic-ai

PYDANTIC_AI = """
interactions:
- request:
    headers:
      content-length:
      - '90'
      content-type:
      - application/json
    method: POST
    parsed_body:
      messages:
      - content: |+
          Was heißt „Gruß“?

        role: user
      stream: false
      temperature: 0.5
      seed: null
    uri: https://api.example/v1/messages
  response:
    headers:
      content-encoding:
      - gzip
      content-length:
      - '433'
      content-type:
      - application/json
    parsed_body:
      id: msg_1
      created: 1700000000
      at: '2026-03-16T21:31:48Z'
    status:
      code: 200
      message: OK
version: 1
"""


def test_a_parsed_body_is_compact_json_again() -> None:
    (record,) = parse_yaml(PYDANTIC_AI)["interactions"]

    interaction = from_record(to_standard(record))

    assert (
        interaction.request.body
        == (
            '{"messages":[{"content":"Was heißt „Gruß“?\\n\\n","role":"user"}],'
            '"stream":false,"temperature":0.5,"seed":null}'
        ).encode()
    )
    assert interaction.response.body == b'{"id":"msg_1","created":1700000000,"at":"2026-03-16T21:31:48Z"}'


def test_the_headers_of_a_parsed_response_fit_its_new_body() -> None:
    (record,) = parse_yaml(PYDANTIC_AI)["interactions"]

    response = from_record(to_standard(record)).response

    assert header(response.headers, "content-encoding") is None
    assert header(response.headers, "content-length") == str(len(response.body))


def test_a_parsed_request_keeps_the_length_that_a_client_sends() -> None:
    (record,) = parse_yaml(PYDANTIC_AI)["interactions"]

    assert header(from_record(to_standard(record)).request.headers, "content-length") == "90"


def test_nothing_of_the_dialect_is_left_over() -> None:
    interaction = read({"parsed_body": {}}, {"parsed_body": {}})

    assert interaction.response.extra == {}


def test_a_parsed_body_goes_before_a_body_beside_it() -> None:
    interaction = read(
        {"parsed_body": [1], "body": "other"}, {"parsed_body": [2], "body": {"string": "other"}}
    )

    assert (interaction.request.body, interaction.response.body) == (b"[1]", b"[2]")


def test_a_stream_stays_in_its_body_beside_a_parsed_request() -> None:
    interaction = read({"parsed_body": {"stream": True}, "body": ...}, {"body": {"string": "data: a\n\n"}})

    assert interaction.request.body == b'{"stream":true}'
    assert interaction.response.body == b"data: a\n\n"


def test_a_parsed_body_may_be_null() -> None:
    assert read({"parsed_body": None, "body": ...}).request.body == b"null"


# cassetter

CASSETTER = """
version: 1
interactions:
- request:
    method: POST
    uri: http://127.0.0.1:41995/sse
    headers:
      content-encoding:
      - gzip
      content-length:
      - "28"
    body:
      type: json
      content:
        a: 1.0e-7
        b: 12:30:45
        c: 2026-01-01
        d: =
  response:
    status: 404
    headers:
      content-length:
      - "18"
      x-a:
      - "1"
      - "2"
    body:
      type: text
      content: |+
        data: a
        <blank>
        data: b
        <blank>
  recorded_at: 2026-11-23T23:48:17.340221+00:00
""".replace("<blank>", "")  # it indents empty lines too


def test_a_file_of_cassetters_is_read() -> None:
    (record,) = parse_yaml(CASSETTER)["interactions"]

    interaction = from_record(to_standard(record))

    assert interaction.request.body == b'{"a":1e-07,"b":"12:30:45","c":"2026-01-01","d":"="}'
    assert interaction.request.headers == (("content-length", "28"),)
    assert interaction.response.status == 404
    assert interaction.response.headers == (("content-length", "18"), ("x-a", "1"), ("x-a", "2"))
    assert interaction.response.body == b"data: a\n\ndata: b\n\n"
    assert interaction.extra == {"recorded_at": "2026-11-23T23:48:17.340221+00:00"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "none"}, b""),
        ({"type": "none", "content": None}, b""),
        ({"type": "text", "content": "é"}, "é".encode()),
        ({"type": "json", "content": None}, b"null"),
        ({"type": "json", "content": "hi"}, b'"hi"'),
        ({"type": "binary", "content": "00ff"}, b"\0\xff"),
        ({"type": "binary", "content": ""}, b""),
        ({"type": "binary", "content": b"\xff"}, b"\xff"),
        ({"encoding": "ASCII-8BIT", "base64_string": "AP8="}, b"\0\xff"),
        ({"base64_string": "AP\n8="}, b"\0\xff"),
    ],
)
def test_each_kind_of_body_is_read(body: dict[str, Any], expected: bytes) -> None:
    interaction = read({"body": body}, {"body": body})

    assert interaction.request.body == interaction.response.body == expected


def test_bytes_keep_their_encoding() -> None:
    data = gzip.compress(b"data: a\n\n")
    response = {"headers": {"content-encoding": ["gzip"]}, "body": {"type": "binary", "content": data.hex()}}

    assert header(read(response=response).response.headers, "content-encoding") == "gzip"


def test_a_request_body_of_rubys_vcr_is_read() -> None:
    assert read({"body": {"encoding": "UTF-8", "string": "a"}}).request.body == b"a"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "xml"}, r"body\.type: expected one of json, text, binary, none, got 'xml'"),
        ({"type": ["json"]}, r"body\.type: expected one of json, text, binary, none"),
        ({"type": "text", "content": 5}, r"body\.content: expected text, got int"),
        ({"type": "text"}, r"body\.content: expected text, got NoneType"),
        ({"type": "binary", "content": "0g"}, r"body\.content: expected bytes as text, got '0g'"),
        ({"type": "json", "content": b"\xff"}, r"body\.content: expected what JSON can contain"),
        ({"base64_string": "a"}, r"body\.base64_string: expected bytes as text, got 'a'"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(body: dict[str, Any], message: str) -> None:
    with pytest.raises(CassetteFormatError, match=rf"^request\.{message}"):
        read({"body": body})
    with pytest.raises(CassetteFormatError, match=rf"^response\.{message}"):
        read(response={"body": body})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"model": "m", "stream": True}, b'{"model":"m","stream":true}'),
        ({"type": "message", "text": "hi"}, b'{"type":"message","text":"hi"}'),
        ({}, b"{}"),
        ([{"a": 1}], b'[{"a":1}]'),
        ([b"a", "b"], b"ab"),
    ],
)
def test_what_aiohttp_was_given_as_json_is_json_again(body: Any, expected: bytes) -> None:
    assert read({"body": body}).request.body == expected


def test_headers_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(CassetteFormatError, match=r"response\.headers: expected a mapping"):
        read(response={"parsed_body": {}, "headers": 5})


def test_a_header_whose_name_is_a_number_is_refused_by_name() -> None:
    with pytest.raises(CassetteFormatError, match=r"response\.headers: expected text, got 1"):
        read(response={"headers": {1: ["x"]}, "body": {"string": "x"}})


# NeMo Guardrails

CHAT = [{"choices": [{"delta": {"content": "☔"}}]}, "[DONE]"]
SSE = {"Content-Type": ["text/event-stream; charset=utf-8"]}


def test_the_parsed_events_of_a_stream_are_a_stream_again() -> None:
    response = read(response={"headers": SSE, "body": {"parsed_body": CHAT}}).response

    assert response.body.decode() == 'data: {"choices":[{"delta":{"content":"☔"}}]}\n\ndata: [DONE]\n\n'


def test_parsed_events_with_a_type_get_its_name() -> None:
    events = [{"type": "message_start"}, {"event": "ping", "data": {"a": 1}}, {"event": None, "data": "x\ny"}]

    assert read(response={"headers": SSE, "body": ..., "parsed_body": events}).response.body == (
        b'event: message_start\ndata: {"type":"message_start"}\n\n'
        b'event: ping\ndata: {"a":1}\n\n'
        b"data: x\ndata: y\n\n"
    )


def test_parsed_lines_of_json_are_lines_again() -> None:
    headers = {"content-type": "application/x-ndjson"}

    assert read(
        response={"headers": headers, "body": {"parsed_body": [{"a": 1}, {"b": 2}]}}
    ).response.body == (b'{"a":1}\n{"b":2}\n')


def test_a_parsed_list_under_another_type_is_a_list() -> None:
    assert read(response={"body": {"parsed_body": [{"a": 1}]}}).response.body == b'[{"a":1}]'


@pytest.mark.parametrize(
    ("headers", "events", "message"),
    [
        (SSE, [5], r"parsed_body\[0\]: expected an event of a stream, got int"),
        (SSE, ["a\rb"], r"parsed_body\[0\]: expected an event of a stream, got SSE can't carry"),
        ({"content-type": "application/vnd.amazon.eventstream"}, [{}], "the frames of an AWS event stream"),
    ],
)
def test_events_that_are_none_are_refused(headers: dict[str, Any], events: list[Any], message: str) -> None:
    with pytest.raises(CassetteFormatError, match=message):
        read(response={"headers": headers, "body": {"parsed_body": events}})


# opencode


def test_opencodes_recordings_are_read() -> None:
    request = {"uri": ..., "url": "https://a.example/v1"}
    found = read(request, {"status": 200, "body": "AP8=", "bodyEncoding": "base64"})

    assert (found.request.uri, found.response.status, found.response.body) == (
        "https://a.example/v1",
        200,
        b"\0\xff",
    )
    assert "bodyEncoding" not in found.response.extra


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"bodyEncoding": "rot13"}, r"response\.bodyEncoding: expected base64 or text, got 'rot13'"),
        ({"bodyEncoding": "base64", "body": "a"}, r"response\.body: expected bytes as text, got 'a'"),
    ],
)
def test_an_encoding_that_is_none_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(CassetteFormatError, match=message):
        read(response=changed)


# Ruby's VCR


def test_rubys_methods_are_upper_case() -> None:
    assert read({"method": "post", "body": {"encoding": "UTF-8", "string": "é"}}).request.method == "POST"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("ISO-8859-1", b"caf\xe9"),
        ("UTF-8", "café".encode()),
        ("ASCII-8BIT", "café".encode()),
        ("", "café".encode()),
    ],
)
def test_a_text_is_in_its_own_charset(charset: str, body: bytes) -> None:
    assert read(response={"body": {"encoding": charset, "string": "café"}}).response.body == body


@pytest.mark.parametrize("charset", ["klingon", "ascii"])
def test_a_text_that_its_charset_cannot_have_is_refused(charset: str) -> None:
    with pytest.raises(CassetteFormatError, match=f"expected text in '{charset}', as its encoding says"):
        read(response={"body": {"encoding": charset, "string": "café"}})


# Bodies that nobody knows


@pytest.mark.parametrize(
    "changed",
    [
        {"body": {"stream": ["a"]}},
        {"body": {"encoding": "UTF-8", "file": "a.txt"}},
        {"body": {"content": "a"}},
        {"body": ..., "body_json": {"a": 1}},
        {"body": None, "content": "a"},
        {"body": ..., "chunks": ["a"]},
    ],
)
def test_a_body_of_an_unknown_shape_is_no_empty_body(changed: dict[str, Any]) -> None:
    with pytest.raises(
        CassetteFormatError, match="expected a body as text or bytes, or a mapping with string"
    ):
        read(response=changed)


def test_an_answer_without_a_body_has_an_empty_one() -> None:
    assert read(response={"body": ..., "url": "https://a.example/"}).response.body == b""
