from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from tests.cassette.recordings import INTERACTIONS

from unspool.cassette.model import (
    End,
    Failure,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
    sizes_fit,
)
from unspool.cassette.vcr_format import (
    KEY,
    VERSION,
    format_chunks,
    from_record,
    parse_chunks,
    round_ms,
    to_record,
)
from unspool.errors import CassetteFormatError

INTERACTION = Interaction(
    Request("POST", "https://api.example/v1?a=b", (("accept", "*/*"),), b'{"stream":true}'),
    Response(
        200,
        "OK",
        (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-type", "text/event-stream")),
        b"data: a\n\n",
        Timeline(
            chunks=(NetworkChunk(5, 0.1289), NetworkChunk(4, 0.2)),
            headers_at=0.1284,
            recorded_at=1795476445.123456,
            http_version="HTTP/2",
            end=End.RESET,
            ended_at=0.3,
            failure=Failure("ReadError", "connection lost"),
        ),
    ),
)
RECORD: dict[str, Any] = {
    "request": {
        "method": "POST",
        "uri": "https://api.example/v1?a=b",
        "body": '{"stream":true}',
        "headers": {"accept": ["*/*"]},
    },
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {"set-cookie": ["a=1", "b=2"], "content-type": ["text/event-stream"]},
        "body": {"string": "data: a\n\n"},
        "unspool": {
            "v": 1,
            "recorded_at": "2026-11-23T23:27:25.123456Z",
            "http_version": "HTTP/2",
            "headers_ms": 128.4,
            "chunks": "5@128.9 4@200",
            "end": "reset",
            "ended_ms": 300,
            "error": {"type": "ReadError", "message": "connection lost"},
        },
    },
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The record with another value at a path such as `response.status`; without it if that's `...`."""
    name, _, rest = path.partition(".")
    return _changed(RECORD, name, rest, value)


def _changed(record: Any, name: str, rest: str, value: object) -> dict[str, Any]:
    if rest:
        inner, _, further = rest.partition(".")
        value = _changed(record[name], inner, further, value)
    return {key: entry for key, entry in {**record, name: value}.items() if entry is not ...}


def request_of(path: str, value: object) -> Request:
    return from_record(changed(path, value)).request


def response_of(path: str, value: object) -> Response:
    return from_record(changed(path, value)).response


def timeline_of(path: str, value: object) -> Timeline:
    timeline = response_of(f"response.{KEY}.{path}", value).timeline
    assert timeline is not None
    return timeline


def test_an_interaction_becomes_vcrpys_record_with_a_key_of_our_own() -> None:
    assert to_record(INTERACTION) == RECORD


def test_the_keys_stand_in_the_order_in_which_people_read_them() -> None:
    record = to_record(INTERACTION)

    assert list(record["request"]) == ["method", "uri", "body", "headers"]
    assert list(record["response"]) == ["status", "headers", "body", "unspool"]
    assert list(record["response"]["unspool"]) == list(RECORD["response"]["unspool"])


def test_the_record_becomes_the_same_interaction() -> None:
    assert from_record(RECORD) == INTERACTION


@given(INTERACTIONS)
def test_any_interaction_comes_back_as_it_was(interaction: Interaction) -> None:
    assert from_record(to_record(interaction)) == interaction


def test_a_response_without_a_timeline_has_no_key_of_ours() -> None:
    interaction = replace(INTERACTION, response=replace(INTERACTION.response, timeline=None))

    assert list(to_record(interaction)["response"]) == ["status", "headers", "body"]
    assert from_record(to_record(interaction)) == interaction


def test_what_is_not_known_of_a_timeline_is_left_out() -> None:
    interaction = replace(INTERACTION, response=replace(INTERACTION.response, timeline=Timeline()))

    assert to_record(interaction)["response"][KEY] == {
        "v": VERSION,
        "http_version": "HTTP/1.1",
        "end": "complete",
    }
    assert from_record(to_record(interaction)) == interaction


def test_times_are_kept_to_a_tenth_of_a_millisecond_and_a_moment_to_a_microsecond() -> None:
    timeline = Timeline((NetworkChunk(9, 1 / 3),), headers_at=1 / 7, recorded_at=1 / 3, ended_at=2 / 3)

    kept = from_record(
        to_record(replace(INTERACTION, response=replace(INTERACTION.response, timeline=timeline)))
    ).response.timeline

    assert kept == Timeline(
        (NetworkChunk(9, 0.3333),), headers_at=0.1429, recorded_at=0.333333, ended_at=0.6667
    )


def test_bodies_are_text_where_they_are_utf8_and_bytes_elsewhere() -> None:
    request = replace(INTERACTION.request, body=b"\xff")
    response = replace(INTERACTION.response, body="\ufeffcaf\u00e9\r\n\0".encode())

    record = to_record(Interaction(request, response))

    assert record["request"]["body"] == b"\xff"
    assert record["response"]["body"] == {"string": "\ufeffcaf\u00e9\r\n\0"}
    assert from_record(record) == Interaction(request, response)


def test_request_headers_of_one_name_are_joined_because_vcrpy_keeps_one() -> None:
    request = replace(INTERACTION.request, headers=(("X-A", "1"), ("b", "2"), ("x-a", "3")))

    assert to_record(Interaction(request, INTERACTION.response))["request"]["headers"] == {
        "X-A": ["1, 3"],
        "b": ["2"],
    }


def test_response_headers_are_grouped_by_name() -> None:
    response = replace(INTERACTION.response, headers=(("a", "1"), ("b", "2"), ("a", "3")))

    assert from_record(to_record(Interaction(INTERACTION.request, response))).response.headers == (
        ("a", "1"),
        ("a", "3"),
        ("b", "2"),
    )


def test_unknown_keys_of_a_response_are_kept() -> None:
    interaction = from_record(changed("response.x_note", {"a": [1]}))

    assert interaction.response.extra == {"x_note": {"a": [1]}}
    assert to_record(interaction) == changed("response.x_note", {"a": [1]})


def test_unknown_keys_beside_request_and_response_are_kept() -> None:
    interaction = from_record(changed("recorded_at", "2026-01-01"))

    assert interaction.extra == {"recorded_at": "2026-01-01"}
    assert to_record(interaction) == changed("recorded_at", "2026-01-01")


def test_an_unknown_key_of_a_request_is_dropped_because_vcrpy_would_choke_on_it() -> None:
    assert to_record(from_record(changed("request.x_note", 1))) == RECORD


def test_unknown_keys_under_our_own_are_kept() -> None:
    interaction = from_record(changed("response.unspool.pings", 3))

    assert interaction.response.timeline == INTERACTION.response.timeline
    assert to_record(interaction) == changed("response.unspool.pings", 3)


def test_a_timeline_of_a_newer_unspool_is_kept_and_not_read() -> None:
    newer = changed("response.unspool", {"v": 2, "chunks": ["new"]})

    interaction = from_record(newer)

    assert interaction.response.timeline is None
    assert interaction.response.body == b"data: a\n\n"
    assert to_record(interaction) == newer


def test_a_new_timeline_takes_the_place_of_one_of_a_newer_unspool() -> None:
    interaction = from_record(changed("response.unspool", {"v": 2, "chunks": ["new"]}))
    response = replace(interaction.response, timeline=INTERACTION.response.timeline)

    assert to_record(replace(interaction, response=response)) == RECORD


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("caf\u00e9", "caf\u00e9".encode()),
        (b"\xff", b"\xff"),
        ("", b""),
        (None, b""),
        (..., b""),
        ([b"a", "b"], b"ab"),
        ([], b""),
        (("a",), b"a"),
    ],
)
def test_a_request_body_may_be_any_that_vcrpy_writes(body: object, expected: bytes) -> None:
    assert request_of("request.body", body).body == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [({"string": "a"}, b"a"), ({"string": None}, b""), ({}, b""), (None, b""), (..., b""), ("a", b"a")],
)
def test_a_response_body_may_be_any_that_vcrpy_writes(body: object, expected: bytes) -> None:
    assert response_of("response.body", body).body == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"a": "1"}, (("a", "1"),)),
        ({"a": ["1", "2"]}, (("a", "1"), ("a", "2"))),
        ({"a": ("1",)}, (("a", "1"),)),
        ({"a": 12, "b": [b"\xe9"]}, (("a", "12"), ("b", "\xe9"))),
        ({"a": []}, ()),
        ({}, ()),
        (None, ()),
        (..., ()),
    ],
)
def test_header_values_may_be_one_or_several(headers: object, expected: object) -> None:
    assert request_of("request.headers", headers).headers == expected
    assert response_of("response.headers", headers).headers == expected


@pytest.mark.parametrize("message", [None, ..., ""])
def test_a_status_needs_no_message(message: object) -> None:
    assert response_of("response.status.message", message).reason == ""


def test_sizes_that_do_not_add_up_are_read_as_they_are() -> None:
    response = response_of("response.unspool.chunks", "1@2")

    assert response.timeline is not None
    assert response.timeline.chunks == (NetworkChunk(1, 0.002),)
    assert not sizes_fit(response)


@pytest.mark.parametrize("name", ["recorded_at", "headers_ms", "chunks", "ended_ms", "error"])
def test_of_a_timeline_anything_may_be_missing(name: str) -> None:
    assert timeline_of(name, ...) == timeline_of(name, None)


@pytest.mark.parametrize("text", ["2026-11-24T01:27:25.123456+02:00", "2026-11-23 23:27:25.123456"])
def test_a_moment_without_a_zone_is_utc(text: str) -> None:
    assert timeline_of("recorded_at", text).recorded_at == 1795476445.123456


def test_a_failure_needs_no_message() -> None:
    assert timeline_of("error", {"type": "ReadError"}).failure == Failure("ReadError", "")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("request", ..., "request: expected a mapping, got nothing"),
        ("request", [1], "request: expected a mapping, got a list of 1"),
        ("request.method", ..., "request.method: expected text, got nothing"),
        ("request.method", 5, "request.method: expected text, got 5"),
        ("request.uri", ..., "request.uri: expected text, got nothing"),
        ("request.body", 5, "request.body: expected text, bytes or nothing, got 5"),
        ("request.body", {"a": 1}, "request.body: expected text, bytes or nothing, got a dict of 1"),
        ("request.body", ["a", 5], "request.body: expected text, bytes or nothing, got 5"),
        ("request.headers", ["a"], "request.headers: expected a mapping, got a list of 1"),
        ("request.headers", {"a": [["b"]]}, "request.headers: expected text, got a list of 1"),
        ("request.headers", {"a": True}, "request.headers: expected text, got True"),
        ("request.headers", {True: "a"}, "request.headers: expected text, got True"),
        ("response", None, "response: expected a mapping, got nothing"),
        ("response.status", ..., "response.status: expected a mapping, got nothing"),
        ("response.status.code", ..., "response.status.code: expected a number such as 200, got nothing"),
        ("response.status.code", "200", "response.status.code: expected a number such as 200, got '200'"),
        ("response.status.code", True, "response.status.code: expected a number such as 200, got True"),
        ("response.status.message", 5, "response.status.message: expected text, got 5"),
        ("response.body", {"string": 5}, "response.body: expected text, bytes or nothing, got 5"),
        ("response.unspool", "x" * 99, f"response.unspool: expected a mapping, got {'x' * 60!r}"),
        ("response.unspool", None, "response.unspool: expected a mapping, got nothing"),
        ("response.unspool.v", ..., "response.unspool.v: expected 1, got nothing"),
        ("response.unspool.v", 0, "response.unspool.v: expected 1, got 0"),
        ("response.unspool.v", "1", "response.unspool.v: expected 1, got '1'"),
        ("response.unspool.chunks", [1], "response.unspool.chunks: expected text, got a list of 1"),
        (
            "response.unspool.chunks",
            "5@1 six",
            "response.unspool.chunks: expected pieces such as 212@128.9 or 3*70@400.1, got 'six'",
        ),
        (
            "response.unspool.end",
            "exploded",
            f"response.unspool.end: expected one of {', '.join(End)}, got 'exploded'",
        ),
        (
            "response.unspool.recorded_at",
            "today",
            "response.unspool.recorded_at: expected a time such as 2026-11-23T23:27:25.123456Z, got 'today'",
        ),
        (
            "response.unspool.recorded_at",
            "0001-01-01T00:00:00+01:00",
            (
                "response.unspool.recorded_at: expected a time such as 2026-11-23T23:27:25.123456Z, "
                "got '0001-01-01T00:00:00+01:00'"
            ),
        ),
        ("response.unspool.recorded_at", 5, "response.unspool.recorded_at: expected text, got 5"),
        ("response.unspool.http_version", 2, "response.unspool.http_version: expected text, got 2"),
        ("response.unspool.error", "x", "response.unspool.error: expected a mapping, got 'x'"),
        ("response.unspool.error", {}, "response.unspool.error.type: expected text, got nothing"),
    ],
)
def test_what_is_no_interaction_is_refused_by_its_field(path: str, value: object, message: str) -> None:
    with pytest.raises(CassetteFormatError) as caught:
        from_record(changed(path, value))

    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["headers_ms", "ended_ms"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, -1, 10**400, "128.4", True, [1]])
def test_a_time_that_is_none_is_refused(name: str, value: object) -> None:
    with pytest.raises(CassetteFormatError, match=rf"{name}: expected milliseconds, 0 or more"):
        timeline_of(name, value)


@pytest.mark.parametrize(
    "timeline",
    [
        Timeline(recorded_at=1e12),
        Timeline(recorded_at=math.inf),
        Timeline(recorded_at=-1e12),
        Timeline(headers_at=1e300),
        Timeline(ended_at=math.nan),
        Timeline(ended_at=-1.0),
    ],
)
def test_a_time_that_no_cassette_can_hold_is_an_error_of_ours(timeline: Timeline) -> None:
    with pytest.raises(CassetteFormatError, match="expected a time of"):
        to_record(Interaction(Request("GET", "/"), Response(200, timeline=timeline)))


CHUNKS = (
    NetworkChunk(212, 0.1289),
    NetworkChunk(70, 0.4),
    NetworkChunk(70, 0.4),
    NetworkChunk(70, 0.4),
    NetworkChunk(5, 61.0),
)
TEXT = "212@128.9 3*70@400 5@61000"


def test_pieces_become_one_line() -> None:
    assert format_chunks(CHUNKS) == TEXT


def test_the_line_becomes_the_same_pieces() -> None:
    assert parse_chunks(TEXT) == CHUNKS


def test_parsed_chunks_have_names() -> None:
    assert [(chunk.size, chunk.at) for chunk in parse_chunks("212@128.9 70@400.1")] == [
        (212, 0.1289),
        (70, 0.4001),
    ]


def test_a_wrapped_line_is_the_same_line() -> None:
    assert parse_chunks(TEXT.replace(" ", "\n      ")) == CHUNKS


def test_a_rounded_moment_survives_the_text() -> None:
    at = round_ms(0.123456789)
    assert parse_chunks(format_chunks([NetworkChunk(1, at)])) == (NetworkChunk(1, at),)


def test_no_pieces_are_an_empty_line() -> None:
    assert format_chunks(()) == ""
    assert parse_chunks("") == ()


@pytest.mark.parametrize("text", ["212", "@5", "x@1", "1@-5", "1@1e9", "2*3*4@5", "[1, 2]", f"1@{'9' * 400}"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="expected pieces such as"):
        parse_chunks(text)


def test_a_few_bytes_do_not_become_gigabytes() -> None:
    with pytest.raises(ValueError, match="at most 10,000,000 pieces"):
        parse_chunks("999999999999*1@0")
