"""Text completions as the chunks of a chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.errors import APIResponseValidationError, MalformedEventError, RateLimitError
from unspool.models import ModelResponseStream
from unspool.providers.json_events import JSON
from unspool.providers.openai.completions import OpenAICompletionsNormalizer, response_from_completion
from unspool.streaming.wrapper import CustomStreamWrapper
from unspool.wire.event import WireEvent

LOGPROBS = {"tokens": [" a"], "token_logprobs": [-0.5], "top_logprobs": [{" a": -0.5}], "text_offset": [3]}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def completion(*choices: JSON, **fields: Any) -> JSON:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1_767_225_600, "model": "gpt-test"}
    return {**head, "choices": list(choices), **fields}


def choice(text: str, finish: str | None = None, **fields: Any) -> JSON:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish, **fields}


def run(*items: JSON | str) -> list[ModelResponseStream]:
    stage = OpenAICompletionsNormalizer()
    texts = [item if isinstance(item, str) else json.dumps(item) for item in items]
    return [chunk for text in texts for chunk in stage.feed(WireEvent(data=text))] + list(stage.flush())


def test_a_text_is_content() -> None:
    chunk, last = run(completion(choice("Hi")), completion(choice("", "length")))
    assert (chunk.object, chunk.id, chunk.model) == ("chat.completion.chunk", "cmpl-1", "gpt-test")
    assert (chunk.choices[0].delta.content, last.choices[0].finish_reason) == ("Hi", "length")


def test_logprobs_stay_as_they_are_and_are_joined() -> None:
    rebuilt = stream_chunk_builder(run(*[completion(choice(" a", logprobs=LOGPROBS))] * 2))
    assert rebuilt is not None
    assert rebuilt.choices[0].logprobs["tokens"] == [" a", " a"]


def test_other_fields_of_a_choice_stay() -> None:
    (chunk,) = run(completion(choice("Hi", stop_reason=7)))
    assert chunk.choices[0].stop_reason == 7


def test_several_choices_keep_apart() -> None:
    chunks = run(completion(choice("A"), choice("B", index=1)))
    assert [each.delta.content for each in chunks[0].choices] == ["A", "B"]


def test_usage_may_come_without_choices() -> None:
    (chunk,) = run(completion(usage=USAGE))
    assert (chunk.choices, chunk.usage.total_tokens) == ([], 5)


def test_a_chats_choice_among_them_is_read_as_one() -> None:
    (chunk,) = run(completion({"delta": {}, "finish_reason": "stop"}))
    assert chunk.choices[0].finish_reason == "stop"


def test_nothing_comes_after_done() -> None:
    assert len(run(completion(choice("Hi")), "[DONE]", completion(choice("!")))) == 1


def test_the_wrapper_and_the_builder_take_the_chunks() -> None:
    chunks = run(completion(choice("Hel")), completion(choice("lo", "stop")), completion(usage=USAGE))
    wrapper = CustomStreamWrapper(iter(chunks), "gpt-test", stream_options={"include_usage": True})
    rebuilt = stream_chunk_builder(list(wrapper))
    assert rebuilt is not None
    assert rebuilt.choices[0].message.content == "Hello"
    assert (rebuilt.choices[0].finish_reason, rebuilt.usage.total_tokens) == ("stop", 5)


def test_an_error_is_raised() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Slow down."}
    with pytest.raises(RateLimitError, match=r"Slow down\."):
        run(completion(choice("Hi")), {"error": error})


@pytest.mark.parametrize("choices", [["Hi"], [{"text": {"value": "Hi"}}]])
def test_a_choice_of_another_shape_is_an_error(choices: list[Any]) -> None:
    with pytest.raises(MalformedEventError, match="expected a chat"):
        run(completion(*choices))


def test_a_whole_completion_is_a_response() -> None:
    response = response_from_completion(completion(choice("Hello", "stop", logprobs=LOGPROBS), usage=USAGE))
    assert (response.object, response.choices[0].message.content) == ("chat.completion", "Hello")
    assert response.choices[0].logprobs == LOGPROBS
    assert response.usage.total_tokens == 5


def test_a_body_that_is_no_completion_is_an_error() -> None:
    with pytest.raises(APIResponseValidationError):
        response_from_completion({"text": "Hi"})


def test_writers_values_are_content_and_their_end_is_a_stop() -> None:
    chunks = run({"value": ""}, {"value": "Hello"}, {"value": " you"})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello you"
    assert chunks[-1].choices[0].finish_reason == "stop"
