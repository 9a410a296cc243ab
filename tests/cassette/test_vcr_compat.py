from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import Any

import pytest
from vcr import matchers
from vcr.request import Request as VcrRequest

from unspool.cassette.match import Matching, objection
from unspool.cassette.model import Request
from unspool.cassette.vcr_compat import adapt, from_vcr, to_vcr

JSON = (("content-type", "application/json"),)
FORM = (("content-type", "application/x-www-form-urlencoded"),)
URI = "https://api.openai.com/v1/files?purpose=batch"


def get(uri: str) -> Request:
    return Request("GET", uri)


def post(body: bytes, headers: tuple[tuple[str, str], ...] = JSON) -> Request:
    return Request("POST", URI, headers, body)


PAIRS = [
    (get(URI), get(URI)),
    (get(URI), Request("DELETE", URI)),
    (get("https://h/x"), get("http://h/x")),
    (get("https://h/x"), get("https://h:443/x")),
    (get("https://h/x"), get("https://h:8443/x")),
    (get("https://h"), get("https://h/")),
    (get("https://H/x"), get("https://h/x")),
    (get("https://h/x"), get("https://g/x")),
    (get("https://h/x"), get("https://h/y")),
    (get("https://h/x"), get("https://h/X")),
    (get("https://h/x?a=1"), get("https://h/x?a=2")),
    (get("https://h/x?a=1"), get("https://h/x")),
    (get("https://h/x?a=1"), get("https://h/x?a=1&a=1")),
    (post(b'{"a":1,"b":2}'), post(b'{"a":1,"b":2}')),
    (post(b'{"a":1,"b":2}'), post(b'{ "b": 2, "a": 1 }')),
    (post(b'{"a":"\xc3\xa9"}'), post(b'{"a":"\\u00e9"}')),
    (post(b'{"a":1}'), post(b'{"a":2}')),
    (post(b'{"a":1}'), post(b"")),
    (post(b"{broken"), post(b"{broken")),
    (post(b"{broken"), post(b"{ broken")),
    (post(b"a=1&b=2", FORM), post(b"b=2&a=1", FORM)),
    (post(b"a=1&b=2", FORM), post(b"a=1&b=3", FORM)),
    (post(b"text", ()), post(b"text", ())),
    (post(b"text", ()), post(b"te xt", ())),
    (post(b"\xff", ()), post(b"\xfe", ())),
    (post(b"{}", (("A", "1"), ("b", "2"))), post(b"{}", (("B", "2"), ("a", "1")))),
    (post(b"{}", (("a", "1"),)), post(b"{}", (("a", "2"),))),
]
NAMES = ["method", "scheme", "host", "port", "path", "query", "body", "raw_body", "headers"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_means_what_it_means_to_vcrpy(name: str) -> None:
    ours = Matching(match_on=(name,))
    theirs = Matching(match_on=(adapt(getattr(matchers, name)),))
    for came, recorded in PAIRS:
        agrees = theirs.others_agree(came, recorded)
        assert (ours.key(came) == ours.key(recorded)) == agrees, (came, recorded)


# vcrpy's `uri` compares text: a port or a host's case that changes nothing are a difference to it.
@pytest.mark.parametrize(
    ("came", "recorded"),
    [pair for pair in PAIRS if ":443" not in pair[1].uri and "//H" not in pair[0].uri],
)
def test_the_uri_means_what_it_means_to_vcrpy(came: Request, recorded: Request) -> None:
    ours, theirs = Matching(match_on=("uri",)), Matching(match_on=(adapt(matchers.uri),))
    assert (ours.key(came) == ours.key(recorded)) == theirs.others_agree(came, recorded)


def test_a_matcher_of_vcrpys_tells_why_it_says_no() -> None:
    assert objection(adapt(matchers.method), get(URI), post(b"")) == "GET != POST"


def test_a_matcher_gets_requests_of_vcrpys_with_the_one_that_came_first() -> None:
    def same_method(came: Any, recorded: Any) -> bool:
        seen.extend([came, recorded])
        return bool(came.method == recorded.method)

    seen: list[Any] = []
    assert objection(adapt(same_method), get(URI), post(b"")) == "it says no"
    assert [(type(request), request.method) for request in seen] == [
        (VcrRequest, "GET"),
        (VcrRequest, "POST"),
    ]


def test_an_adapted_matcher_keeps_its_name() -> None:
    adapted: Any = adapt(matchers.raw_body)
    assert adapted.__name__ == "raw_body"


def test_an_object_may_be_a_matcher() -> None:
    class Anything:
        def __call__(self, came: Any, recorded: Any) -> bool:
            return True

    assert objection(adapt(Anything()), get(URI), post(b"")) is None


def test_a_request_becomes_one_of_vcrpys() -> None:
    theirs = to_vcr(Request("POST", URI, (("X-Tag", "1"), ("x-tag", "2"), ("Accept", "*/*")), b"{}"))
    assert (theirs.method, theirs.uri, theirs.body) == ("POST", URI, b"{}")
    assert theirs.headers == {"X-Tag": "1, 2", "Accept": "*/*"}
    assert theirs.query == [("purpose", "batch")]


def test_a_request_survives_the_way_there_and_back() -> None:
    request = Request("POST", URI, (("accept", "*/*"), ("content-type", "a/b")), b"\xff\x00")
    assert from_vcr(to_vcr(request)) == request


@pytest.mark.parametrize(
    "body",
    [
        "ab",
        b"ab",
        bytearray(b"ab"),
        BytesIO(b"ab"),
        iter([b"a", b"b"]),
        iter(["a", "b"]),
        iter([97, 98]),
        iter([bytearray(b"a"), memoryview(b"b")]),
    ],
    ids=["str", "bytes", "bytearray", "file", "of bytes", "of str", "of int", "of buffers"],
)
def test_whatever_a_body_is_it_becomes_bytes(body: Any) -> None:
    assert from_vcr(VcrRequest("POST", URI, body, {})).body == b"ab"


@pytest.mark.parametrize("body", [None, "", b"", iter([])], ids=["None", "text", "bytes", "iterator"])
def test_no_body_becomes_no_bytes(body: Any) -> None:
    assert from_vcr(VcrRequest("GET", URI, body, {})).body == b""


def test_the_body_of_a_request_of_vcrpys_can_be_read_again() -> None:
    theirs = VcrRequest("POST", URI, BytesIO(b"ab"), {})
    assert from_vcr(theirs) == from_vcr(theirs)


def test_headers_become_text() -> None:
    theirs = VcrRequest("GET", URI, None, {"A": ["1", "2"], "b": b"\xe9", "C": "3"})
    assert from_vcr(theirs).headers == (("A", "1"), ("b", "é"), ("C", "3"))


def test_to_match_by_names_loads_nothing_of_vcrpy() -> None:
    code = (
        "import sys; from unspool.cassette import difference, player, vcr_compat; "
        "print([name for name in sys.modules if name.split('.')[0] == 'vcr'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
