from __future__ import annotations

import base64
import gzip
import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cassette.test_secrets import ESCAPED, INNOCENT, KEYS, digits, hexes, letters

from unspool.cassette.content_coding import decoded, frame_texts
from unspool.cassette.model import (
    Failure,
    Headers,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
    header,
    sizes_fit,
)
from unspool.cassette.redact import REDACTED, Redactor, _shapes
from unspool.cassette.secrets import ALLOWED_HEADERS, FIELDS, PATTERNS, Pattern
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent

URL = "https://api.example.com/v1/chat"
JSON = (("content-type", "application/json"),)
SSE = (("content-type", "text/event-stream"),)
FORM = (("content-type", "application/x-www-form-urlencoded"),)

REDACTOR = Redactor()
SECRETS = KEYS | ESCAPED


def post(body: bytes = b"", headers: Headers = JSON, uri: str = URL) -> Request:
    return Request("POST", uri, headers, body)


def answer(body: bytes = b"", headers: Headers = SSE) -> Response:
    return Response(200, "OK", headers, body, Timeline(chunks=(NetworkChunk(len(body), 0.1),)))


def exchange(request: Request | None = None, response: Response | None = None) -> Interaction:
    return Interaction(request or post(), response or answer())


def chat(text: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": f"Use this:\n{text}\tplease"}]}).encode()


def tool_call(text: str) -> bytes:
    arguments = json.dumps({"note": f"it is\n{text}"})
    return json.dumps({"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}).encode()


def event(text: str) -> bytes:
    return b'data: {"id":"chatcmpl-1"}\n\ndata: ' + chat(text) + b"\n\ndata: [DONE]\n\n"


def failed(text: str) -> Response:
    return replace(answer(), timeline=Timeline(failure=Failure("ReadError", f"broke while sending {text}")))


PLACES: dict[str, Callable[[str], Interaction]] = {
    "request header": lambda text: exchange(post(headers=(("user-agent", text),))),
    "request header that isn't allowed": lambda text: exchange(post(headers=(("x-whatever", text),))),
    "request": lambda text: exchange(post(chat(text))),
    "tool call in a request": lambda text: exchange(post(tool_call(text))),
    "request that is text": lambda text: exchange(post(text.encode(), (("content-type", "text/plain"),))),
    "response header": lambda text: exchange(response=answer(headers=(("x-request-id", text),))),
    "cookie": lambda text: exchange(response=answer(headers=(("Set-Cookie", f"a={text}; Secure"),))),
    "response": lambda text: exchange(response=answer(tool_call(text), JSON)),
    "stream": lambda text: exchange(response=answer(event(text))),
    "compressed stream": lambda text: exchange(
        response=answer(gzip.compress(event(text)), (*SSE, ("content-encoding", "gzip")))
    ),
    "reason": lambda text: exchange(response=replace(answer(), reason=text)),
    "error": lambda text: exchange(response=failed(text)),
    "what else the cassette holds": lambda text: Interaction(post(), answer(), {"note": [{"n": text}]}),
}


def held_in(interaction: Interaction) -> str:
    """All that a cassette would hold of it, in a form in which a secret can be searched for."""
    return repr(replace(interaction, response=decoded(interaction.response)))


def core(text: str) -> str:
    """What no scrubbed text may hold: the longest word of a secret, which is the random part of it."""
    words: list[str] = re.findall(r"[A-Za-z0-9]+", text)
    return max(words, key=len)


@pytest.mark.parametrize("place", PLACES)
def test_every_planted_secret_is_there_at_first(place: str) -> None:
    hidden = {kind for kind, text in SECRETS.items() if core(text) not in held_in(PLACES[place](text))}

    assert hidden == set()


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_left(kind: str) -> None:
    text = SECRETS[kind]

    left = [p for p, plant in PLACES.items() if core(text) in held_in(REDACTOR.interaction(plant(text)))]

    assert left == []


@pytest.mark.parametrize("kind", KEYS)
def test_no_key_is_left_in_a_query(kind: str) -> None:
    request = REDACTOR.request(post(uri=f"{URL}?note={quote(KEYS[kind], safe='')}&alt=sse"))

    assert core(KEYS[kind]) not in request.uri
    assert parse_qs(urlsplit(request.uri).query)["alt"] == ["sse"]


@pytest.mark.parametrize("kind", SECRETS)
def test_json_stays_json_and_the_rest_of_it_the_same(kind: str) -> None:
    body = tool_call((SECRETS)[kind])

    for got in (REDACTOR.request(post(body)).body, REDACTOR.response(answer(body, JSON)).body):
        arguments = json.loads(json.loads(got)["tool_calls"][0]["function"]["arguments"])
        assert arguments["note"].startswith("it is\n")


@pytest.mark.parametrize("kind", SECRETS)
def test_a_second_time_changes_nothing(kind: str) -> None:
    once = {place: REDACTOR.interaction(plant(SECRETS[kind])) for place, plant in PLACES.items()}

    assert [place for place, got in once.items() if REDACTOR.interaction(got) is not got] == []


@pytest.mark.parametrize("text", INNOCENT)
def test_without_a_secret_the_interaction_itself_comes_back(text: str) -> None:
    allowed = (("user-agent", text), *JSON)
    innocent = exchange(post(chat(text), allowed), answer(event(text), (("x-request-id", text), *SSE)))

    assert REDACTOR.interaction(innocent) is innocent


# --- headers


@pytest.mark.parametrize(
    "name", ["Authorization", "x-api-key", "OpenAI-Organization", "Set-Cookie", "x-something-new"]
)
def test_a_header_that_is_not_allowed_keeps_its_name_only(name: str) -> None:
    assert REDACTOR.request(post(headers=((name, "v"),))).headers == ((name, REDACTED),)
    assert REDACTOR.response(answer(headers=((name, "v"),))).headers == ((name, REDACTED),)


def test_a_header_that_comes_twice_still_does() -> None:
    twice = (("x-new", "a=1"), ("x-new", "b=2"))

    assert REDACTOR.response(answer(headers=twice)).headers == (("x-new", REDACTED),) * 2


def test_a_cookie_keeps_its_name_and_attributes() -> None:
    cookies = (("Set-Cookie", "sid=s3cr3t; Path=/; HttpOnly; Max-Age=9"), ("set-cookie", "b=2"))

    got = REDACTOR.response(answer(headers=cookies)).headers

    assert got == (("Set-Cookie", "sid=REDACTED; Path=/; HttpOnly; Max-Age=9"), ("set-cookie", "b=REDACTED"))


def test_a_request_s_cookies_keep_their_names() -> None:
    assert REDACTOR.request(post(headers=(("cookie", "a=1; b=2"),))).headers == (
        ("cookie", "a=REDACTED; b=REDACTED"),
    )


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "X-RateLimit-Remaining-Tokens", "anthropic-ratelimit-tokens-reset", "x-stainless-os"],
)
def test_a_header_that_is_allowed_keeps_its_value(name: str) -> None:
    response = answer(headers=((name, "value"),))

    assert REDACTOR.response(response) is response


def test_other_headers_can_be_allowed() -> None:
    response = answer(headers=(("mcp-session-id", "1"), ("acme-trace", "2"), ("acme", "3")))

    got = Redactor(allow_headers=ALLOWED_HEADERS | {"mcp-session-id", "acme-*"}).response(response)

    assert got.headers == (("mcp-session-id", "1"), ("acme-trace", "2"), ("acme", REDACTED))


def test_the_url_of_a_redirect_is_scrubbed_by_name() -> None:
    response = answer(headers=(("Location", f"{URL}?key=short&alt=sse"), ("date", "?key=short")))

    assert REDACTOR.response(response).headers == (
        ("Location", f"{URL}?key={REDACTED}&alt=sse"),
        ("date", "?key=short"),
    )


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "api_key",
        "apikey",
        "api-key",
        "access_token",
        "token",
        "sig",
        "signature",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "client_secret",
        "api%5Fkey",
    ],
)
def test_a_parameter_of_a_url_is_known_by_its_name(name: str) -> None:
    uri = REDACTOR.request(post(uri=f"{URL}?alt=sse&{name}=v#{name}=v")).uri

    assert uri == f"{URL}?alt=sse&{name}={REDACTED}#{name}={REDACTED}"


def test_a_parameter_of_a_form_is_known_by_its_name() -> None:
    form = b"client_secret=s&grant_type=refresh_token&refresh_token=r%2F1"

    assert (
        REDACTOR.request(post(form, FORM)).body
        == b"client_secret=REDACTED&grant_type=refresh_token&refresh_token=REDACTED"
    )
    assert (
        REDACTOR.response(answer(form, FORM)).body
        == b"client_secret=R&grant_type=refresh_token&refresh_token=REDAC"
    )


@pytest.mark.parametrize("value", ["s", "it's 1", 'a "quoted" \\ one\\', "tab\tand\nline", "ключ 🔑", " "])
@pytest.mark.parametrize(
    "name", ["api_key", "apiKey", "X-API-Key", "MISTRAL_API_KEY", "password", "Authorization", "id_token"]
)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_field_of_json_is_known_by_its_name_at_any_depth(depth: int, name: str, value: str) -> None:
    inner: Any = {"before": "b", name: value, "after": [name, value[:0]]}
    scrubbed: Any = {**inner, name: REDACTED}
    for _ in range(depth):
        inner, scrubbed = {"arguments": json.dumps(inner)}, {"arguments": json.dumps(scrubbed)}

    assert json.loads(REDACTOR.request(post(json.dumps(inner).encode())).body) == scrubbed


def test_a_field_that_the_stream_breaks_off_in_is_scrubbed_as_far_as_it_came() -> None:
    assert REDACTOR.same_length(b'data: {"password": "hunter2') == b'data: {"password": "REDACTE'


def test_a_field_ends_where_its_line_does() -> None:
    assert REDACTOR.same_length(b'data: {"password": "hun\ndata: x"') == b'data: {"password": "RED\ndata: x"'


def test_a_part_of_a_multipart_body_is_known_by_its_name() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n'
        b'hunter2\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'
    )

    got = REDACTOR.request(post(body, (("content-type", "multipart/form-data; boundary=b"),))).body

    assert got == body.replace(b"hunter2", b"REDACTED")


def test_names_can_be_added_and_taken_away() -> None:
    redactor = Redactor(fields=FIELDS - {"*password"} | {"launch_code"})

    got = redactor.request(post(b'{"password": "mellon", "launchCode": "0000", "prelaunch_code": "1"}'))

    assert got.body == b'{"password": "mellon", "launchCode": "REDACTED", "prelaunch_code": "1"}'


def test_patterns_can_be_added() -> None:
    mine = (
        Pattern("ticket", re.compile(rb"ACME-([0-9]+)")),
        Pattern("long ticket", re.compile(rb"TICKET-[0-9]+"), at_word=True),
    )
    redactor = Redactor(patterns=(*PATTERNS, *mine))

    assert redactor.text(f"ACME-77, TICKET-{digits(20)}") == f"ACME-{REDACTED}, {REDACTED}"


def test_without_patterns_only_names_count() -> None:
    redactor = Redactor(patterns=())

    assert redactor.text(json.dumps({"api_key": "x", "note": KEYS["OpenAI"]})) == json.dumps(
        {"api_key": REDACTED, "note": KEYS["OpenAI"]}
    )


# --- requests


def test_requests_with_different_keys_become_the_same() -> None:
    def request(key: str) -> Request:
        return post(chat(f"my key is {key}"), (("authorization", key), *JSON), f"{URL}?key={key}")

    assert REDACTOR.request(request("sk-" + letters(48))) == REDACTOR.request(request("sk-" + hexes(32)))


def test_the_length_of_a_changed_request_is_the_new_one() -> None:
    body = chat(KEYS["OpenAI"])

    got = REDACTOR.request(post(body, (("Content-Length", str(len(body))), *JSON)))

    assert header(got.headers, "content-length") == str(len(got.body))


def test_a_compressed_request_with_a_secret_is_kept_decoded() -> None:
    body = gzip.compress(chat(KEYS["OpenAI"]))

    got = REDACTOR.request(post(body, (("content-encoding", "gzip"), ("content-length", str(len(body))))))

    assert got.body == chat(REDACTED)
    assert got.headers == (("content-length", str(len(got.body))),)


def test_bytes_that_are_no_text_are_looked_through() -> None:
    body = b"\xff\x00\x01" + KEYS["GitHub"].encode() + b"\x00\xfe"

    assert REDACTOR.request(post(body, ())).body == b"\xff\x00\x01REDACTED\x00\xfe"


# --- responses


def test_a_secret_becomes_a_text_of_its_own_length() -> None:
    assert REDACTOR.same_length(b'{"password":"ab","api_key":"0123456789"}') == (
        b'{"password":"RE","api_key":"REDACTED**"}'
    )


def test_a_compressed_body_without_a_secret_keeps_every_byte() -> None:
    response = answer(gzip.compress(event("nothing")), (*SSE, ("content-encoding", "gzip")))

    assert REDACTOR.response(response) is response


def test_a_compressed_body_with_a_secret_is_kept_decoded() -> None:
    body = gzip.compress(event(KEYS["Groq"]))
    headers = (*SSE, ("content-encoding", "gzip"), ("content-length", str(len(body))))

    got = REDACTOR.response(answer(body, headers))

    assert got.body == event("gsk_" + "REDACTED".ljust(len(KEYS["Groq"]) - 4, "*"))
    assert got.headers == (*SSE, ("content-length", str(len(got.body))))
    assert sizes_fit(got)


def test_a_body_that_cannot_be_decoded_is_searched_as_it_stands(caplog: pytest.LogCaptureFixture) -> None:
    response = answer(event(KEYS["Groq"]), (*SSE, ("content-encoding", "lzma")))

    with caplog.at_level(logging.WARNING, logger="unspool"):
        got = REDACTOR.response(response)

    assert got == replace(response, body=event("gsk_" + "REDACTED".ljust(len(KEYS["Groq"]) - 4, "*")))
    assert "searched for secrets as it stands" in caplog.text
    assert "'lzma'" in caplog.text


def test_nothing_is_said_of_a_body_that_is_empty(caplog: pytest.LogCaptureFixture) -> None:
    response = answer(b"", (("content-encoding", "lzma"),))

    assert REDACTOR.response(response) is response
    assert caplog.text == ""


def test_frames_of_aws_stay_sound() -> None:
    wrapped = base64.b64encode(json.dumps({"text": KEYS["Groq"]}).encode()).decode()
    events = [
        WireEvent(name="chunk", data=json.dumps({"text": KEYS["GitHub"]})),
        WireEvent(name="chunk", data='{"text": " and "}'),
        WireEvent(name="chunk", data=f'{{"bytes":"{wrapped}","p":"abc"}}'),
        WireEvent(name="chunk", data="nothing"),
    ]
    body = b"".join(map(encode_aws, events))
    response = answer(body, (("content-type", "application/vnd.amazon.eventstream"),))

    got = REDACTOR.response(response)

    decoder = AWSEventStreamDecoder()
    first, _, _, third = [*decoder.feed(got.body), *decoder.flush()]
    assert first.data == json.dumps({"text": "ghp_" + REDACTED.ljust(len(KEYS["GitHub"]) - 4, "*")})
    assert third.data == "nothing"
    assert json.loads(frame_texts(got.body)) == {"text": "gsk_" + REDACTED.ljust(len(KEYS["Groq"]) - 4, "*")}
    assert len(got.body) == len(body)
    assert REDACTOR.response(got) is got


def test_frames_of_aws_without_a_secret_come_back_themselves() -> None:
    body = encode_aws(WireEvent(name="chunk", data="nothing"))
    response = answer(body, (("content-type", "application/vnd.amazon.eventstream"),))

    assert REDACTOR.response(response) is response


# --- the rest


def test_what_else_a_cassette_holds_is_scrubbed_where_it_may_loop() -> None:
    loop: list[Any] = [KEYS["OpenAI"].encode(), {"password": "hunter2", "port": 1}]
    loop.append(loop)

    got = REDACTOR.interaction(Interaction(post(), answer(), {"a": loop, "b": loop})).extra

    assert got["a"][:2] == [REDACTED.encode(), {"password": REDACTED, "port": 1}]
    assert got["b"] is got["a"]


def test_what_else_a_cassette_holds_may_meet_itself_again_and_again() -> None:
    laughs: list[Any] = [KEYS["OpenAI"]]
    for _ in range(100):
        laughs = [laughs, laughs]

    got: Any = REDACTOR.interaction(Interaction(post(), answer(), {"lol": laughs})).extra["lol"]
    while isinstance(got, list):
        got = got[0]

    assert got == REDACTED


def test_half_a_surrogate_pair_in_a_text_survives() -> None:
    assert REDACTOR.text("\ud800 " + KEYS["OpenAI"]) == f"\ud800 {REDACTED}"


def test_secrets_are_told_by_their_kind() -> None:
    data = f"{KEYS['Groq']} {KEYS['GitHub']}".encode()

    assert list(REDACTOR.secrets_in(data)) == [
        ("Groq key", KEYS["Groq"].encode()),
        ("GitHub token", KEYS["GitHub"].encode()),
    ]


def test_what_has_been_redacted_holds_no_secrets() -> None:
    data = f'{{"api_key": "{KEYS["Groq"]}"}} Bearer {letters(40)}'.encode()

    assert list(REDACTOR.secrets_in(REDACTOR.same_length(data))) == []
    assert list(REDACTOR.secrets_in(REDACTOR.text(data.decode()).encode())) == []


def test_redactors_are_equal_if_they_redact_the_same() -> None:
    REDACTOR.text("x")  # what it has worked out by then makes no difference

    assert Redactor() == REDACTOR
    assert hash(Redactor()) == hash(REDACTOR)


FRAGMENTS = st.one_of(
    st.sampled_from([*SECRETS.values(), *INNOCENT]),
    st.sampled_from([' "', '"', "\\", '\\"', "\n", "\r\n", "&", "?", "=", ":", "@", ",", "{", "data: ", " "]),
    st.sampled_from(["api_key", "password", "://", "Bearer ", "REDACTED", "REDACTED***", "key=", "sk-"]),
    st.text(max_size=5),
)


@given(st.lists(FRAGMENTS, max_size=12), st.lists(st.integers(0, 400), max_size=8), st.booleans())
def test_no_piece_of_a_response_changes_its_size(fragments: list[str], sizes: list[int], form: bool) -> None:
    body = "".join(fragments).encode("utf-8", "replace")
    sizes = [*sizes, max(0, len(body) - sum(sizes))]
    body = body.ljust(sum(sizes), b" ")
    chunks = tuple(NetworkChunk(size, float(at)) for at, size in enumerate(sizes))
    response = Response(200, headers=FORM if form else SSE, body=body, timeline=Timeline(chunks=chunks))

    got = REDACTOR.response(response)

    assert len(got.body) == len(body)
    assert got.timeline == response.timeline
    assert REDACTOR.response(got) is got


@given(st.lists(FRAGMENTS, max_size=12))
def test_a_request_that_has_been_redacted_stays_as_it_is(fragments: list[str]) -> None:
    text = "".join(fragments)
    once = REDACTOR.request(post(text.encode("utf-8", "replace"), FORM, f"{URL}?{quote(text)}"))

    assert REDACTOR.request(once) is once


@given(
    st.recursive(
        st.one_of(FRAGMENTS, st.none(), st.integers()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.one_of(FRAGMENTS, st.sampled_from(["password", "secret"])), inner, max_size=4),
            inner.map(json.dumps),
        ),
        max_leaves=10,
    )
)
def test_whatever_json_holds_it_stays_json(document: object) -> None:
    body = json.dumps(document).encode()

    json.loads(REDACTOR.request(post(body)).body)
    json.loads(REDACTOR.same_length(body))


DEEP = 'Q"api_keyQ":Q"'
HOSTILE = {
    "a key's prefix": ("", "sk-"),
    "a token's": ("", "eyJ"),
    "a name": ("", "api_key"),
    "a name and half of what follows": ("", 'api_key":"'),
    "a name in quotes, never closed": ("", '\\"api_key\\":\\"'),
    "a name in more and more quotes": (
        "",
        "".join('Q"api_keyQ":Q"'.replace("Q", "\\" * n) for n in range(99)),
    ),
    "a name before a part": ("", 'api_key"\r\n'),
    "an assignment": ("", "api_key = "),
    "a scheme": ("", "Bearer "),
    "a URL": ("", "https://a:b"),
    "the start of a URL": ("", "://"),
    "the start of a private key": ("", "-----BEGIN PRIVATE KEY-----"),
    "private keys without an end": ("", "-----BEGIN PRIVATE KEY-----\n" + letters(32)),
    "a signature": ("", "AWS4-HMAC-SHA256 Credential"),
    "a parameter": ("", "&key="),
    "a word of 20": ("", "a" * 20 + "."),
    "a token of many parts": ("", "eyJ" + "a" * 20 + "."),
    "a key that may be one": ("", "sk-" + "a" * 30 + " "),
    "one string": ('"password": "', "a"),
    "one string of backslashes": ('"password": "', "\\"),
    "one string of escaped quotes": ('"password": "', '\\"'),
    "one value": ("api_key=", "a"),
    "one name and spaces": ("api_key", " "),
    "one name and backslashes": ("api_key", "\\"),
    "one scheme and spaces": ("Bearer", " "),
    "one scheme and a word": ("Basic ", "a"),
    "one URL": ("https://", "a"),
    "one URL with a password": ("https://a:", "b"),
    "one URL of escapes": ("https://", "%20"),
    "one token": ("eyJ", "a"),
    "one private key": ("-----BEGIN PRIVATE KEY-----", "a"),
    "quotes": ("", '"'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_costs_no_more_than_its_length(name: str) -> None:
    start, again = HOSTILE[name]
    small, large = (start + again * (size // len(again) + 1) for size in (2_000, 400_000))

    # Were it the length's square, it would be 200 times as much as 200 small ones.
    assert seconds_for(large) < 20 * max(200 * seconds_for(small), 0.02)


@pytest.mark.parametrize(
    "quoted", ['{"api_key": "hunter2hunter2"}', "https://app.example.com/?x=1&token=hunter2hunter2"]
)
def test_what_a_parameter_quotes_is_redacted(quoted: str) -> None:
    uri = f"https://api.example.com/v1?alt=sse&x={quote(quoted, safe='')}"

    redacted = REDACTOR.request(Request("GET", uri)).uri

    assert redacted == uri.replace("hunter2hunter2", "REDACTED")


def test_parameters_that_quote_no_secret_stay_as_they_are() -> None:
    uri = "https://api.example.com/v1?q=a%20b+c&filter=%7b%22name%22%3a%22x%22%7D"
    request = Request("GET", uri)

    assert REDACTOR.request(request) is request


@pytest.mark.parametrize("name", ["name=api_key", "name=password; x=y", 'name="api_key"'])
def test_a_part_of_a_form_is_known_by_its_name(name: str) -> None:
    body = f"--B\r\nContent-Disposition: form-data; {name}\r\n\r\nhunter2hunter2\r\n--B--\r\n"
    headers = (("content-type", "multipart/form-data; boundary=B"),)

    assert b"hunter2" not in REDACTOR.request(Request("POST", "https://a/", headers, body.encode())).body


def seconds_for(body: str) -> float:
    return min(timed(body.encode()) for _ in range(2))


def timed(body: bytes) -> float:
    start = time.perf_counter()
    REDACTOR.response(answer(body, FORM))
    return time.perf_counter() - start


@given(st.binary(max_size=60), st.integers(1, 9))
def test_windows_over_a_large_body_cut_no_word(data: bytes, window: int) -> None:
    shapes = list(_shapes(data, window))
    assert b"".join(shape for _, shape in shapes) == next((shape for _, shape in _shapes(data)), b"")
    for at, _ in shapes:
        assert at == 0 or not re.fullmatch(rb"[\w-]", data[at - 1 : at])


@pytest.mark.parametrize("before", [2**20 - 30, 2**20 - 1, 2**20, 2**21 + 7])
def test_a_key_at_a_place_where_a_large_body_is_cut_into_windows_is_found(before: int) -> None:
    key = b"sk-proj-a1B2c3D4e5F6a7B8c9D0a1B2c3D4e5F6a7B8c9D0"
    body = b"rain " * (before // 5) + b" " * (before % 5) + key + b" rain"
    assert key not in Redactor().same_length(body)
