from __future__ import annotations

import json

import pytest
from tests.drift.sdks.streams import CHAT, events

from unspool.drift.sdks import sdk_openai
from unspool.drift.sdks.sdk_openai import readers

pytest.importorskip("openai")


def test_a_chat_is_read_and_added_up() -> None:
    seen = readers()["openai-chat"](CHAT)
    assert (seen.error, seen.helper_error) == (None, None)
    assert seen.result is not None
    assert seen.result["text"]
    assert json.loads(CHAT.split(b"data: ")[1])["id"] == seen.items[0]["id"]


def test_a_completion_is_read() -> None:
    body = events(b'{"choices": [{"index": 0, "text": "Hi"}], "object": "text_completion"}', b"[DONE]")
    assert readers()["openai-completions"](body).items[0]["choices"][0]["text"] == "Hi"


def test_an_error_is_raised() -> None:
    seen = readers()["openai-chat"](events(b'{"error": {"message": "overloaded"}}'))
    assert seen.error == "APIError: overloaded"


def test_a_response_without_an_end_fails_its_accumulator_only() -> None:
    body = events(b'{"type": "response.news", "sequence_number": 1}')
    seen = readers()["openai-responses"](body)
    assert seen.error is None
    assert seen.helper_error is not None
    assert seen.unknown == {"type=response.news": 1}


@pytest.mark.parametrize(
    ("requirements", "library"),
    [
        (["httpx2<3,>=2.0", "anyio"], "httpx2"),
        (["httpx<1,>=0.23", 'httpx2; extra == "httpx2"'], "httpx"),
        (None, "httpx"),
    ],
)
def test_an_sdk_is_answered_by_the_library_that_it_requires(
    monkeypatch: pytest.MonkeyPatch, requirements: list[str] | None, library: str
) -> None:
    monkeypatch.setattr(sdk_openai, "requires", lambda _: requirements)
    assert sdk_openai._library_of("openai") == library
