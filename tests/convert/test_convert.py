from __future__ import annotations

import json

import pytest

from unspool.cassette.model import Interaction
from unspool.convert import convert
from unspool.errors import CassetteFormatError

HAR = {
    "log": {
        "entries": [
            {
                "request": {"method": "GET", "url": "https://example.org/"},
                "response": {"status": 204},
            }
        ]
    }
}
FIXTURE = {"match": {"userMessage": "hello"}, "response": {"content": "Hi!"}}
DUMP = b'data: {"object":"chat.completion.chunk"}\n\n'


def interactions_in(data: bytes) -> list[Interaction]:
    converted = convert(data, name="x")
    assert converted is not None
    return converted[0]


def test_a_har_is_known_by_its_log() -> None:
    assert interactions_in(json.dumps(HAR).encode())[0].response.status == 204


def test_a_byte_order_mark_hides_nothing() -> None:
    assert interactions_in(json.dumps(HAR).encode("utf-8-sig"))[0].response.status == 204


@pytest.mark.parametrize("fixtures", [{"fixtures": [FIXTURE]}, [FIXTURE]])
def test_fixtures_are_known_by_their_name_or_their_match(fixtures: object) -> None:
    assert b"Hi!" in interactions_in(json.dumps(fixtures).encode())[0].response.body


def test_a_dump_is_known_by_its_first_line() -> None:
    assert interactions_in(DUMP)[0].response.body == DUMP


@pytest.mark.parametrize(
    "data",
    [
        b"interactions:\n- request: {}\nversion: 1\n",
        b"version: 1\ninteractions: []\n",
        b'# mine\n"interactions" : []\n',
        b'{"version": 1, "interactions": []}',
        b"---\nhttp_interactions:\n- request: {}\nrecorded_with: VCR 6.3.1\n",
        b'{"http_interactions": [], "recorded_with": "betamax/0.9"}',
    ],
)
def test_a_cassette_is_nothing_foreign(data: bytes) -> None:
    assert convert(data, name="x") is None


def test_the_uri_of_fixtures_and_dumps_can_be_said() -> None:
    for data in (json.dumps([FIXTURE]).encode(), DUMP):
        converted = convert(data, name="x", uri="https://example.org/v1", method="POST")
        assert converted is not None
        assert converted[0][0].request.uri == "https://example.org/v1"


def test_what_a_dump_does_not_tell_is_noted() -> None:
    said = convert(DUMP, name="x", uri="https://example.org/v1")
    guessed = convert(DUMP, name="x")

    assert said is not None
    assert said[1] == ["a dump doesn't contain its request: replay it with match_on=['method', 'uri']"]
    assert guessed is not None
    guess = "that it came from https://api.openai.com/v1/chat/completions is a guess by its events"
    assert guessed[1][1:] == [f"{guess}: if not, say --uri"]


@pytest.mark.parametrize(
    ("data", "came"),
    [
        (b"", "an empty file"),
        (b"Hello there\n", r"b'Hello there\\n'"),
        (b'{"answers": {}, "port": 1}', "a JSON object with 'answers', 'port'"),
        (b"[1, 2]", r"\[1, 2\]"),
    ],
)
def test_anything_else_is_refused_with_what_would_be_understood(data: bytes, came: str) -> None:
    with pytest.raises(CassetteFormatError, match=rf"x\.txt: expected a HAR .*; got {came}"):
        convert(data, name="x.txt")


@pytest.mark.parametrize(
    "data", [b'{"log": {"entries": [', b"[" * 100_000, b'{"log": "\xff"}', b'{"log": 1e999}', b"[NaN]"]
)
def test_json_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(
        CassetteFormatError, match=r"begins like JSON, but it can't be read: .* Is the file whole"
    ):
        convert(data, name="x")


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (b'version = 1\n\n[[interactions]]\n[interactions.request]\nmethod = "GET"\n', "cassetter's in TOML"),
        (b'[[interactions]]\n[interactions.request]\nmethod = "GET"\n', "cassetter's in TOML"),
        (b'{"llm": {"fixtures": ["a.json"]}, "port": 4010}', "a configuration of aimock's server"),
        (b'{"mcp": {"path": "/mcp"}}', "a configuration of aimock's server"),
        (b'{"info": {}, "item": []}', "a collection of Postman's requests"),
    ],
)
def test_the_tool_whose_file_cannot_be_read_is_named(data: bytes, tool: str) -> None:
    with pytest.raises(CassetteFormatError, match=rf"^x: this is a .*{tool.removeprefix('a ')}"):
        convert(data, name="x")
