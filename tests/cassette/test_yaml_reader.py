"""The quick reader returns what libyaml reads, or nothing."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.cassette.nasty_data import DATA, NASTY

from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.vcr_format import to_record
from unspool.cassette.yaml_reader import DoubtError, read
from unspool.cassette.yaml_text import format_yaml, parse_yaml

STREAM = b'data: {"text": "It\'s 5 o\'clock"}\n\ndata: [DONE]\n\n'
HEADERS = (("content-type", "text/event-stream; charset=utf-8"), ("x-null", "null"), (":path", "/"))


def recorded(body: bytes) -> dict[str, Any]:
    timeline = Timeline((NetworkChunk(len(body), 0.1289),), 0.1, 1.7e9, ended_at=0.2)
    response = Response(200, "OK", HEADERS, body, timeline)
    request = Request("POST", "https://api.example.com/v1?a=b#c", HEADERS, b'{"a": "it\'s"}')
    return {"version": 1, "interactions": [to_record(Interaction(request, response))] * 2}


def same(text: str) -> bool:
    """Whether the reader returns what libyaml reads, down to the types; True if it returns nothing."""
    try:
        found = read(text)
    except DoubtError:
        return True
    try:
        return repr(found) == repr(parse_yaml(text))
    except Exception as error:
        raise AssertionError(f"libyaml refuses {text!r}, of which the reader made {found!r}") from error


@pytest.mark.parametrize(
    "body", [STREAM, b'{"a": 1}', b"", b"one\ntwo", b"\x80\xff" * 100, "Grüße \U0001f600\n".encode(), b"a\n"]
)
def test_what_a_recording_writes_is_read_without_libyaml(body: bytes) -> None:
    data = recorded(body)

    assert read(format_yaml(data)) == data


@given(DATA)
def test_what_is_written_is_read_as_libyaml_reads_it(data: dict[str, Any]) -> None:
    assert same(format_yaml(data))


SNIPPETS = (
    *NASTY,
    *string.ascii_lowercase[:3],
    "0",
    "1",
    "on",
    "null",
    "\n  ",
    "\n- ",
    "\na: ",
    "~",
    "_",
    "/",
)


@given(
    st.one_of(DATA, st.sampled_from([recorded(STREAM), recorded(b"\x80\xff"), recorded(b'{"a": 1}')])),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from(SNIPPETS)), max_size=3),
)
def test_what_has_been_edited_is_read_as_libyaml_reads_it_or_not_at_all(
    data: dict[str, Any], edits: list[tuple[int, int, str]]
) -> None:
    text = format_yaml(data)
    for at, size, put in edits:
        at %= len(text)  # noqa: PLW2901 - a place in what is left of it
        text = text[:at] + put + text[at + size :]
    assert same(text)


KNOWN = "a:@b: c@- d@- e: f@-@'g': 'h'@|@i: |@j: |-@k: |+@- |@@text@1@l: 'm@n: 0@o: 01@p: 1.5@q: {}@- []"
STRANGE = "r: !!binary |@YWJj@on: 1@s: no@...@- - t@u:  v@'w':@x: y #z@# c@- 'a': b@a: 'b' c@''@- ''@c: ''''"
LINES = st.builds(
    lambda indent, line: " " * indent + line,
    st.integers(0, 6),
    st.sampled_from([*KNOWN.split("@"), *STRANGE.split("@")]),
)


@given(st.lists(LINES, max_size=12).map("\n".join), st.sampled_from(["", "\n", "\n\n", "\n...\n"]))
@example("a: |\n   b\n  c", "\n")
@example("- a:\n  - b", "\n")
@example("a: |+\n  b\n\n", "\n...\n")
def test_lines_in_any_order_are_read_as_libyaml_reads_them_or_not_at_all(text: str, end: str) -> None:
    assert same(text + end)


@pytest.mark.parametrize(
    "text", ["", "\n", "a", "a: b", "- a\n", "a: b # c\n", "a: &b c\n", 'a: "b"\n', "a: \x85\n"]
)
def test_what_it_does_not_know_it_leaves_to_libyaml(text: str) -> None:
    with pytest.raises(DoubtError):
        read(text)


def test_each_empty_collection_is_an_object_of_its_own() -> None:
    data = read("a: {}\nb: {}\n")

    assert data["a"] is not data["b"]


def test_nesting_ends() -> None:
    text = "".join(f"{' ' * level}a:\n" for level in range(300)) + " " * 300 + "a: b\n"

    with pytest.raises(DoubtError):
        read(text)
