"""Bytes of another format, and bytes of none, are no empty answer."""

from __future__ import annotations

import pytest

import unspool
from unspool.errors import MockError, ScriptError
from unspool.fake import FakeStream
from unspool.providers import FORMATS, pipeline_for
from unspool.providers.understood import ForeignStreamError

WHOLE = b'{"type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}]}'
SAMPLES = {
    "anthropic-messages": "anthropic/thinking",
    "openai-chat": "openai/text",
    "cohere-v2": "cohere/citations",
    "gemini-generate": "gemini/thinking-and-tools",
    "ollama-ndjson": "ollama/thinking-and-tools",
    "bedrock-converse": "bedrock/thinking-and-tools",
}
READ_AS = ["openai-chat", "anthropic-messages", "openai-responses", "gemini-generate", "cohere-v2"]


def read(data: bytes, wire_format: str = "openai-chat") -> int:
    """How many chunks come of a stream."""
    pipeline = pipeline_for(wire_format)
    return len([*pipeline.feed(data), *pipeline.flush()])


@pytest.mark.parametrize(("spoken", "sample"), SAMPLES.items())
@pytest.mark.parametrize("wire_format", READ_AS)
def test_a_stream_in_another_format_says_what_it_looks_like(
    spoken: str, sample: str, wire_format: str
) -> None:
    body = unspool.sample_body(sample)
    if spoken == wire_format:
        assert read(body, wire_format) > 1
        return

    with pytest.raises(ForeignStreamError, match=f"understood as {wire_format}; they look like {spoken}"):
        read(body, wire_format)


@pytest.mark.parametrize("wire_format", sorted(FORMATS))
@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_nothing_is_an_empty_answer_in_any_format(wire_format: str, data: bytes) -> None:
    if wire_format.startswith("bedrock") and data:
        return  # two bytes are a frame that was cut off

    assert read(data, wire_format) == 0


@pytest.mark.parametrize(
    ("data", "wire_format"),
    [
        (b"data: [DONE]\n\n", "openai-chat"),
        (b": keep-alive\n\n", "openai-chat"),
        (b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n', "openai-chat"),
        (b'data: {"id":"a","object":"chat.completion.chunk","choices":null}\n\n', "openai-chat"),
        (b'data: {"choi', "openai-chat"),
        (b'event: ping\ndata: {"type":"ping"}\n\n', "anthropic-messages"),
        (b'event: message_start\ndata: {"type":"message_start","message":{}}\n\n', "anthropic-messages"),
        (b'data: {"type":"response.created","response":{}}\n\n', "openai-responses"),
        (b'data: {"usageMetadata":{}}\n\n', "gemini-generate"),
    ],
)
def test_a_stream_that_ends_before_it_says_anything_is_an_empty_answer(data: bytes, wire_format: str) -> None:
    read(data, wire_format)


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b'data: {"answer": 42}\n\n', r'the first is message \{"answer": 42\}'),
        (WHOLE, "a whole answer in JSON, not a stream"),
        (b"<!DOCTYPE html>\n<html lang='en: US'>\n</html>\n\n", "a page of HTML|the first is"),
    ],
)
def test_what_is_no_known_stream_is_shown(data: bytes, looks: str) -> None:
    with pytest.raises(
        ForeignStreamError, match=f"nothing of this stream was understood as openai-chat; .*{looks}"
    ):
        read(data)


def test_a_script_of_another_format_is_a_wrong_script() -> None:
    body = unspool.sample_body("anthropic/thinking")

    with pytest.raises(MockError, match="provider='anthropic-messages'"):
        list(FakeStream([body]))
    with pytest.raises(ScriptError, match="provider='anthropic-messages'"):
        list(unspool.CustomStreamWrapper(FakeStream([body]), model="m", custom_llm_provider="openai"))


def test_an_unknown_provider_is_an_error_at_once() -> None:
    with pytest.raises(MockError, match="did you mean 'anthropic'"):
        FakeStream([b""], provider="antropic")
