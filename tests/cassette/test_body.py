from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.body import FORM, JSON, MULTIPART, TEXT, Body, digest, read_body
from unspool.cassette.ignore_paths import parse_path
from unspool.cassette.model import Request

FORM_TYPE = "application/x-www-form-urlencoded"


def request(body: bytes | str, content_type: str = "application/json") -> Request:
    data = body.encode() if isinstance(body, str) else body
    headers = (("Content-Type", content_type),) if content_type else ()
    return Request("POST", "https://h/", headers, data)


def same(one: Request, other: Request, *ignore: str) -> bool:
    paths = [parse_path(path) for path in ignore]
    return digest(read_body(one, paths)) == digest(read_body(other, paths))


def multipart(boundary: str, content: bytes = b"RIFF\xff\x00", name: str = "file") -> Request:
    mark = f"--{boundary}\r\n".encode()
    body = (
        mark
        + b'Content-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
        + mark
        + f'Content-Disposition: form-data; name="{name}"; filename="a.wav"\r\n'.encode()
        + b"Content-Type: audio/wav\r\n\r\n"
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
    return request(body, f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":2}', '{"b":2,"a":1}'),
        ('{"a":[1,2]}', ' {\n "a" : [ 1, 2 ]\n}\n'),
        ('{"a":"é"}', '{"a":"\\u00e9"}'),
        ('{"a":"😀"}', '{"a":"\\ud83d\\ude00"}'),
        ('{"a":"/"}', '{"a":"\\/"}'),
        ('{"a":1}', '{"a":1.0}'),
        ('{"a":1}', '{"a":1e0}'),
        ("[100000000000000000000]", "[1e20]"),
        ("[0]", "[-0.0]"),
        ("[NaN]", "[ NaN]"),
        ("1", "1.0"),
        ('"é"', '"\\u00e9"'),
    ],
)
def test_json_that_says_the_same(one: str, other: str) -> None:
    assert same(request(one), request(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1]", "[true]"),
        ("[1]", '["1"]'),
        ("[0]", "[false]"),
        ("[0]", "[null]"),
        ('{"a":null}', "{}"),
        ("[1,2]", "[2,1]"),
        ("[]", "{}"),
        ("[[1],2]", "[1,[2]]"),
        ('"a"', "a"),
        ('["1.0,"]', '["1,"]'),
        ("[9007199254740993]", "[9007199254740992]"),
        ("[NaN]", "[null]"),
        ("[NaN]", '["NaN"]'),
        ("[Infinity]", "[-Infinity]"),
    ],
)
def test_json_that_says_something_else(one: str, other: str) -> None:
    assert not same(request(one), request(other))


@pytest.mark.parametrize(
    "text", ['{"a":', "{} {}", "[" * 10_000, "[" + "9" * 5000 + "]", '["\\ud800"]', '{"a":1}\n{"a":2}']
)
def test_json_that_cannot_be_read_is_compared_as_it_is_written(text: str) -> None:
    assert read_body(request(text)) == (TEXT, text)
    assert not same(request(text), request(text + " "))


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", FORM_TYPE, "application/vnd.api+json; charset=utf-8"]
)
def test_json_is_known_by_its_looks(content_type: str) -> None:
    assert read_body(request('{"a":1}', content_type)) == (JSON, {"a": 1})


def test_no_body_is_an_empty_text() -> None:
    assert read_body(request(b"")) == (TEXT, "")


@pytest.mark.parametrize("content_type", [FORM_TYPE, f"{FORM_TYPE.upper()} ; charset=utf-8", ""])
def test_the_fields_of_a_form_may_come_in_any_order(content_type: str) -> None:
    one, other = request("a=1&b=x+y&b=2&c=", content_type), request("c=&b=2&b=x%20y&a=1", FORM_TYPE)
    assert read_body(one) == (FORM, {"a": "1", "b": ["2", "x y"], "c": ""})
    assert same(one, other)


@pytest.mark.parametrize(("one", "other"), [("a=1", "a=1&a=1"), ("a=", "b="), ("a=%ff", "a=%fe")])
def test_forms_that_say_something_else(one: str, other: str) -> None:
    assert not same(request(one, FORM_TYPE), request(other, FORM_TYPE))


def test_an_unnamed_text_with_an_equals_sign_is_no_form() -> None:
    assert read_body(request("two words = a text", "")).kind == TEXT


def test_the_boundary_of_multipart_does_not_matter() -> None:
    assert same(multipart("abc"), multipart("--x9"))


def test_multipart_is_read_by_name() -> None:
    kind, document = read_body(multipart("abc", b"text"))
    assert kind == MULTIPART
    assert document["model"]["content"] == "whisper-1"
    assert document["file"] == {
        "content-disposition": 'form-data; name="file"; filename="a.wav"',
        "content-type": "audio/wav",
        "content": "text",
    }


def test_the_content_of_a_part_matters() -> None:
    assert not same(multipart("abc", b"\xff"), multipart("abc", b"\xfe"))
    assert not same(multipart("abc", b"\xff"), multipart("abc", b"ff"))


def test_parts_of_the_same_name_are_a_list() -> None:
    document = read_body(multipart("abc", b"text", name="model")).document
    assert [part["content"] for part in document["model"]] == ["whisper-1", "text"]


def test_multipart_whose_headers_are_lost_is_known_by_its_first_line() -> None:
    bare = request(multipart("abc").body, "")
    assert same(bare, multipart("x"))


def test_a_quoted_boundary_is_read() -> None:
    quoted = request(multipart("a b").body, 'multipart/form-data; boundary="a b"')
    assert same(quoted, multipart("x"))


def test_a_part_that_was_cut_off_matters() -> None:
    head = multipart("abc").body[:150]
    content_type = "multipart/form-data; boundary=abc"
    assert not same(request(head, content_type), request(head + b"x", content_type))


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_multipart_without_its_boundary_is_text(content_type: str) -> None:
    assert read_body(request("no boundary", content_type)) == (TEXT, "no boundary")


def test_a_part_without_a_name_goes_by_its_position() -> None:
    body = b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\n\r\nbytes\r\n--b--"
    document = read_body(request(body, "multipart/related; boundary=b")).document
    assert document == {"0": {"content-type": "application/json", "content": "{}"}, "1": {"content": "bytes"}}


def test_text_is_compared_as_it_is() -> None:
    assert not same(request("a b", "text/plain"), request("a  b", "text/plain"))


def test_bytes_are_compared_as_they_are() -> None:
    assert not same(request(b"\xff", "audio/wav"), request(b"\xfe", "audio/wav"))


def test_a_text_is_not_the_json_that_quotes_it() -> None:
    assert not same(request("abc", "text/plain"), request('"abc"'))


def test_gzip_is_unpacked_before_comparing() -> None:
    early, late = (gzip.compress(b'{"a": 1}', mtime=mtime) for mtime in (1, 2))
    assert same(request(early), request(late))
    assert same(request(early), request('{"a":1}'))


@pytest.mark.parametrize(
    "broken",
    [b"\x1f\x8bnonsense", gzip.compress(b"{}")[:-1], gzip.compress(b"{}") + b"x"],
    ids=["no gzip", "cut", "more behind it"],
)
def test_broken_gzip_is_compared_as_it_is(broken: bytes) -> None:
    assert read_body(request(broken)) == (TEXT, broken)


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(70)) + packer.flush()
    assert read_body(request(bomb)) == (TEXT, bomb)


def test_what_is_ignored_is_absent() -> None:
    one = request('{"user":"u1","messages":[{"id":1,"content":"hi"}]}')
    other = request('{"messages":[{"content":"hi","id":2}]}')
    assert same(one, other, "user", "messages[*].id")
    assert not same(one, other, "user")


def test_ignored_items_close_up() -> None:
    assert same(request('["now: 1","hi"]'), request('["now: 2","hi"]'), "[0]")
    assert same(request('["a","b"]'), request("[]"), "[*]")
    assert not same(request('["a","b"]'), request('["b","a"]'), "[0]")


def test_fields_of_forms_and_multipart_are_ignored_too() -> None:
    assert same(request("code=1&a=2", FORM_TYPE), request("a=2&code=3", FORM_TYPE), "code")
    assert same(multipart("abc", b"1"), multipart("abc", b"2"), "file.content")


def test_ignoring_never_touches_text() -> None:
    assert read_body(request("user", "text/plain"), [("user",)]) == (TEXT, "user")


NUMBERS = st.integers() | st.floats()
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.text(st.characters(codec="utf-8")), JSON_VALUES)


def shuffled(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], data) for key in keys}
    return [shuffled(item, data) for item in value] if isinstance(value, list) else value


@given(DOCUMENTS, st.data())
def test_neither_the_order_of_keys_nor_the_layout_changes_what_json_says(
    document: dict[str, Any], data: st.DataObject
) -> None:
    indent, ascii_only = data.draw(st.sampled_from([None, 0, 2])), data.draw(st.booleans())
    again = json.dumps(shuffled(document, data), indent=indent, ensure_ascii=ascii_only)
    assert same(request(json.dumps(document)), request(again))


@given(DOCUMENTS, JSON_VALUES, JSON_VALUES)
def test_the_value_of_an_ignored_field_never_matters(document: dict[str, Any], one: Any, other: Any) -> None:
    document.pop("volatile", None)
    first, second = (request(json.dumps({**document, "volatile": value})) for value in (one, other))
    assert same(first, second, "volatile")
    assert same(first, request(json.dumps(document)), "volatile")


@given(st.binary(), st.binary(), st.sampled_from(["", "application/json", FORM_TYPE, "text/plain"]))
def test_any_bytes_can_be_read(one: bytes, other: bytes, content_type: str) -> None:
    assert isinstance(read_body(request(one, content_type)), Body)
    assert same(request(one, content_type), request(one, content_type))
    if content_type == "text/plain" and one != other and not {one[:1], other[:1]} & {b"{", b"["}:
        assert not same(request(one, content_type), request(other, content_type))
