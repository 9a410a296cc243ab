"""What a stream may be made of."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import MockError
from unspool.fake import FakeStream
from unspool.models import ModelResponse, ModelResponseStream
from unspool.streaming.items import as_chunk, is_empty, is_generic
from unspool.streaming.wrapper import CustomStreamWrapper

GENERIC: dict[str, Any] = {"text": "a", "is_finished": False, "finish_reason": "", "usage": None, "index": 0}


def test_a_chunk_stays_itself() -> None:
    chunk = ModelResponseStream()
    assert as_chunk(chunk) is chunk


def test_text_is_a_chunk_without_an_id() -> None:
    chunk = as_chunk("a")
    assert (chunk.id, chunk.choices[0].delta.content) == ("", "a")


def test_a_generic_chunk_has_text() -> None:
    chunk = as_chunk(GENERIC)
    assert (chunk.choices[0].delta.content, chunk.choices[0].finish_reason) == ("a", None)


def test_a_generic_chunk_may_finish() -> None:
    assert (
        as_chunk({**GENERIC, "is_finished": True, "finish_reason": "end_turn"}).choices[0].finish_reason
        == "stop"
    )


def test_a_generic_chunk_may_hold_a_tool_call() -> None:
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}, "index": 0}
    calls = as_chunk({**GENERIC, "tool_use": call}).choices[0].delta.tool_calls
    assert calls is not None
    assert calls[0].id == "t"


def test_a_generic_chunk_may_hold_usage() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert as_chunk({**GENERIC, "usage": usage}).usage.total_tokens == 3


def test_a_generic_chunk_that_lacks_a_key_says_which() -> None:
    with pytest.raises(MockError, match="needs finish_reason, usage too"):
        as_chunk({"text": "a", "is_finished": False})


def test_an_openai_chunk_is_not_generic() -> None:
    assert not is_generic({"choices": [], "usage": None})


def test_a_whole_response_says_it_all_in_one_chunk() -> None:
    message = {"content": "a", "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{}"}}] * 2}
    response = ModelResponse(id="r", choices=[{"message": message, "finish_reason": "tool_calls"}])
    chunk = as_chunk(response)
    calls = chunk.choices[0].delta.tool_calls
    assert calls is not None
    assert (chunk.id, chunk.choices[0].finish_reason, [c.index for c in calls]) == ("r", "tool_calls", [0, 1])


def test_a_whole_response_as_a_dict_is_the_same() -> None:
    response = ModelResponse(choices=[{"message": {"content": "a"}}])
    assert as_chunk(response.model_dump()) == as_chunk(response)


def test_a_fake_chunk_that_litellm_took_for_a_response_is_a_chunk() -> None:
    """`litellm.ModelResponse(**chunk, stream=True)` as 1.110 makes it, dumped."""
    choice = {"message": {"content": None, "role": "assistant"}, "delta": {"content": "a"}, "index": 0}
    chunk = as_chunk({"id": "r", "object": "chat.completion", "choices": [choice]})
    assert (chunk.object, chunk.choices[0].delta.content) == ("chat.completion.chunk", "a")
    assert not hasattr(chunk.choices[0], "message")


def test_bytes_are_refused_with_what_reads_them() -> None:
    with pytest.raises(MockError, match="let a FakeStream decode them"):
        as_chunk(b"data: x")


@pytest.mark.parametrize("item", [7, object()], ids=lambda item: type(item).__name__)
def test_anything_else_is_refused(item: object) -> None:
    with pytest.raises(MockError, match="expected a chunk"):
        as_chunk(item)


NO_CHUNKS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a message": {"role": "assistant", "content": "a"},
    "a text": {"content": "a"},
    "a delta": {"delta": {"content": "a"}},
    "a choice": {"index": 0, "delta": {"content": "a"}, "finish_reason": None},
    "a choice without a delta": {"choices": [{"index": 0}]},
    "one of two choices without a delta": {"choices": [{"delta": {"content": "a"}}, {"index": 1}]},
    "a text completion": {"choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]},
    "choices that are no list": {"choices": {"delta": {"content": "a"}}},
    "choices that are texts": {"choices": ["a"]},
    "Anthropic's event": {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "a"},
    },
    "Anthropic's last event": {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"o": 1},
    },
    "Gemini's event": {"candidates": [{"content": {"parts": [{"text": "a"}]}}], "usageMetadata": {}},
    "an event of Responses": {"type": "response.output_text.delta", "delta": "a", "item_id": "i"},
    "Bedrock's event": {"contentBlockDelta": {"delta": {"text": "a"}, "contentBlockIndex": 0}},
    "Ollama's line": {"model": "m", "message": {"role": "assistant", "content": "a"}, "done": False},
    "Cohere's event": {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "a"}}}},
}


@pytest.mark.parametrize("item", NO_CHUNKS.values(), ids=NO_CHUNKS)
def test_a_dict_that_is_no_chunk_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(MockError, match="expected a chunk, as in"):
        as_chunk(item)
    with pytest.raises(MockError, match="expected a chunk, as in"):
        list(CustomStreamWrapper(FakeStream(["a", item]), "m"))


def test_a_refused_dict_says_what_to_write_instead() -> None:
    with pytest.raises(MockError, match="give the text itself as an item: 'a'"):
        as_chunk({"role": "assistant", "content": "a"})
    with pytest.raises(MockError, match="WireEvent"):
        as_chunk(NO_CHUNKS["Gemini's event"])


CHUNKS: dict[str, dict[str, Any]] = {
    "usage": {"id": "c", "object": "chat.completion.chunk", "usage": {"prompt_tokens": 1}},
    "no choices": {"choices": []},
    "null choices": {"object": "chat.completion.chunk", "choices": None},
    "Azure's prompt filter": {"choices": [], "prompt_filter_results": [{}], "model": "", "object": ""},
    "Azure's answer filter": {"choices": [{"index": 0, "content_filter_results": {"hate": {}}}]},
    "a finish": {"choices": [{"index": 0, "finish_reason": "stop"}]},
    "an empty delta": {"choices": [{"delta": {}}]},
}


@pytest.mark.parametrize("item", CHUNKS.values(), ids=CHUNKS)
def test_a_chunk_that_says_little_is_a_chunk(item: dict[str, Any]) -> None:
    assert as_chunk(item).object == "chat.completion.chunk" or item["object"] == ""


@pytest.mark.parametrize("item", [None, "", b""], ids=repr)
def test_nothing_is_empty(item: object) -> None:
    assert is_empty(item)


def test_a_chunk_is_not_empty() -> None:
    assert not is_empty(ModelResponseStream(choices=[]))


@pytest.mark.parametrize("beside", [{"obfuscation": "x7"}, {"cost": {"usd": 0.1}}, {"anything": 1}])
def test_a_usage_chunk_may_have_any_field_beside_its_usage(beside: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunk = as_chunk({**head, "choices": [], "usage": usage, **beside})
    assert (chunk.choices, chunk.usage.total_tokens) == ([], 3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "said", [{"delta": {"content": "a"}}, {"content": "a"}, {"message": {"content": "a"}}]
)
def test_text_beside_empty_choices_is_an_error(said: dict[str, Any]) -> None:
    with pytest.raises(MockError, match="expected a chunk"):
        as_chunk({"object": "chat.completion.chunk", "choices": [], **said})
