from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import unspool
from unspool.cassette.model import Interaction, Request, Response
from unspool.drift.recordings import Recorded, beside, recorded, recordings_in

EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


def _recorded(
    body: bytes, *, uri: str = "https://api.openai.com/v1/chat/completions", status: int = 200
) -> Recorded:
    return recorded(Path("chat.yaml"), 0, Interaction(Request("POST", uri), Response(status, body=body)))


def test_a_response_is_decoded() -> None:
    response = Response(200, headers=(("content-encoding", "gzip"),), body=gzip.compress(EVENT))
    one = recorded(Path("a.yaml"), 0, Interaction(Request("POST", "https://api.openai.com/v1/x"), response))
    assert one.response.body == EVENT


def test_a_format_is_found_by_the_address_or_else_by_the_body() -> None:
    assert _recorded(b"", uri="https://api.anthropic.com/v1/messages").wire_format == "anthropic-messages"
    assert _recorded(EVENT, uri="http://127.0.0.1/somewhere").wire_format == "openai-chat"
    assert _recorded(b"<html>", uri="http://127.0.0.1/somewhere").wire_format is None


@pytest.mark.parametrize(
    ("body", "status", "is_stream"),
    [(EVENT, 200, True), (b'{"choices": []}', 200, False), (EVENT, 500, False), (b"", 200, False)],
)
def test_only_whole_streams_are_streams(body: bytes, status: int, *, is_stream: bool) -> None:
    assert _recorded(body, status=status).is_stream is is_stream


def test_a_folder_is_read_at_any_depth() -> None:
    folder = Path(unspool.sample_path("openai/text")).parent.parent
    files = {one.file for one in recordings_in([folder, folder])}
    assert f"{folder.as_posix()}/openai/text.yaml" in files


def test_what_is_recorded_again_lies_beside_the_cassette() -> None:
    assert beside(Path("cassettes/chat.yaml")) == Path("cassettes/chat.rerecorded.yaml")
