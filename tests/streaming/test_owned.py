"""What a stream hands out is the caller's own."""

from __future__ import annotations

import copy
import pickle
from typing import Any
from unittest.mock import MagicMock

import pytest

from unspool.builder import stream_chunk_builder
from unspool.chunk_makers import finish_chunk, text_chunks, tool_call_chunks
from unspool.models import ModelResponseStream, Record, own
from unspool.streaming.wrapper import CustomStreamWrapper

CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{", "extra": {"k": ["v"]}}}
RICH: dict[str, dict[str, Any]] = {
    "tool calls": {"tool_calls": [CALL]},
    "custom calls": {"tool_calls": [{"index": 0, "type": "custom", "custom": {"name": "f", "input": "i"}}]},
    "a function call": {"function_call": {"name": "f", "arguments": "{"}},
    "audio": {"audio": {"id": "a", "data": "QQ==", "transcript": "t"}},
    "fields of the provider": {"content": "a", "provider_specific_fields": {"k": {"deep": ["v"]}}},
    "thinking blocks": {"thinking_blocks": [{"type": "thinking", "thinking": "t"}]},
    "annotations": {"content": "a", "annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]},
    "images": {"images": [{"image_url": {"url": "data:,"}}]},
    "reasoning details": {"reasoning_details": [{"type": "reasoning.text", "text": "t"}]},
    "anything else": {"content": "a", "unheard_of": {"k": [{"deep": "v"}]}},
}
BESIDE: dict[str, dict[str, Any]] = {
    "log probabilities": {"logprobs": {"content": [{"token": "a", "top_logprobs": [{"token": "b"}]}]}},
    "anything beside a delta": {"content_filter_results": {"hate": {"filtered": False}}},
}
ATOP: dict[str, dict[str, Any]] = {
    "fields of the provider": {"provider_specific_fields": {"k": {"deep": ["v"]}}},
    "citations": {"citations": [{"url": "u"}]},
    "usage": {"usage": {"prompt_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 1}}},
}


def chunk(delta: dict[str, Any], beside: dict[str, Any], atop: dict[str, Any]) -> ModelResponseStream:
    return ModelResponseStream(id="c-1", choices=[{"delta": delta, **beside}], **atop)


CASES = {
    **{f"delta: {name}": chunk(delta, {}, {}) for name, delta in RICH.items()},
    **{f"choice: {name}": chunk({"content": "a"}, beside, {}) for name, beside in BESIDE.items()},
    **{f"chunk: {name}": chunk({"content": "a"}, {}, atop) for name, atop in ATOP.items()},
}


def spoil(value: Any) -> Any:
    """The worst that can be done to a value in place; texts can only be replaced where they stand."""
    if isinstance(value, Record):
        for name, inner in [*value.__dict__.items(), *(value.__pydantic_extra__ or {}).items()]:
            setattr(value, name, spoil(inner))
    elif isinstance(value, dict):
        for name, inner in list(value.items()):
            value[name] = spoil(inner)
        value["spoilt"] = True
    elif isinstance(value, list):
        value[:] = [*map(spoil, value), "spoilt"]
    elif isinstance(value, str):
        return value + " spoilt"
    return value


def spoil_chunk(emitted: ModelResponseStream) -> None:
    spoil(emitted._hidden_params)
    for choice in emitted.choices:
        spoil(choice.delta)
        spoil(choice.logprobs)
        spoil(choice.__pydantic_extra__)
    spoil(emitted.__pydantic_extra__)
    spoil(emitted.provider_specific_fields)


def everything(record: Any) -> Any:
    return record.model_dump(), copy.deepcopy(record.__dict__.get("_hidden_params"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_caller_does_to_its_chunks_never_reaches_the_script(case: ModelResponseStream) -> None:
    script = [case, *text_chunks("abc"), finish_chunk()]
    before = [everything(item) for item in script]
    for emitted in CustomStreamWrapper(script, "m", stream_options={"include_usage": True}):
        spoil_chunk(emitted)
    assert [everything(item) for item in script] == before


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_caller_does_to_its_chunks_never_reaches_the_response(case: ModelResponseStream) -> None:
    def rebuilt(*, spoilt: bool) -> Any:
        logger = MagicMock(messages=[])
        stream = CustomStreamWrapper([case, case, finish_chunk()], "m", logging_obj=logger)
        for emitted in stream:
            if spoilt:
                spoil_chunk(emitted)
        response, *_ = logger.success_handler.call_args.args
        return response.model_dump(exclude={"created"})

    assert rebuilt(spoilt=True) == rebuilt(spoilt=False)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_caller_does_to_a_chunk_never_reaches_the_next_one(case: ModelResponseStream) -> None:
    stream = CustomStreamWrapper([case, case], "m", _response_headers={"x": "y"})
    clean = CustomStreamWrapper([case, case], "m", _response_headers={"x": "y"})
    spoil_chunk(next(stream))
    next(clean)
    hidden = next(stream)._hidden_params, next(clean)._hidden_params
    assert hidden[0]["additional_headers"] == hidden[1]["additional_headers"] == {"x": "y"}
    assert hidden[0].get("usage") == hidden[1].get("usage")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_caller_does_to_a_response_never_reaches_the_chunks(case: ModelResponseStream) -> None:
    before = everything(case)
    response = stream_chunk_builder([case, case])
    assert response is not None
    for choice in response.choices:
        spoil(choice.message)
        spoil(choice.logprobs)
        spoil(choice.__pydantic_extra__)
    spoil(response.__pydantic_extra__)
    assert everything(case) == before


def test_adding_up_in_the_first_chunk_changes_no_callbacks_response() -> None:
    logger = MagicMock(messages=[])
    script = [*text_chunks("It rains."), *tool_call_chunks("f", {"a": 1}), finish_chunk("tool_calls")]
    stream = CustomStreamWrapper(script, "m", logging_obj=logger)
    total = next(stream).choices[0].delta
    for later in stream:
        total.content = (total.content or "") + (later.choices[0].delta.content or "")
    response, *_ = logger.success_handler.call_args.args
    assert response.choices[0].message.content == "It rains." == total.content
    assert stream.response_uptil_now == "It rains."


def test_a_copy_of_the_chunks_counts_as_the_chunks_do() -> None:
    stream = CustomStreamWrapper(["a", "b", finish_chunk()], "m")
    list(stream)
    pickled = pickle.loads(pickle.dumps(stream.chunks))
    for copied in (copy.copy(stream.chunks), copy.deepcopy(stream.chunks), stream.chunks.copy(), pickled):
        assert (copied, getattr(copied, "total", None)) == (stream.chunks, 3)
        assert copied is not stream.chunks


def test_a_copy_knows_which_fields_were_given() -> None:
    given = ModelResponseStream(id="c-1", choices=[{"delta": {"content": "a"}}])
    assert own(given).model_dump(exclude_unset=True) == given.model_dump(exclude_unset=True)


def test_what_is_no_record_is_copied_too() -> None:
    value = {"a": {1, 2}, "b": (["c"],)}
    copied = own(value)
    assert copied == value
    assert copied["a"] is not value["a"]
