"""The records: access like LiteLLM's, nothing lost, the finish-reason map."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from unspool.models import (
    ChatCompletionDeltaToolCall,
    ChatCompletionMessageToolCall,
    Choices,
    CompletionTokensDetails,
    Delta,
    Function,
    Message,
    ModelResponse,
    ModelResponseStream,
    PromptTokensDetails,
    StreamingChoices,
    Usage,
    assemble,
    map_finish_reason,
)

CHUNK: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1694268190,
    "model": "m",
    "system_fingerprint": "fp",
    "choices": [{"index": 0, "delta": {"content": "How are you?"}, "finish_reason": "stop"}],
}


# -- how records read ---------------------------------------------------------------------------------


def test_a_record_reads_by_attribute_and_by_key() -> None:
    chunk = ModelResponseStream(**CHUNK)
    assert chunk.choices[0].delta.content == chunk["choices"][0]["delta"]["content"] == "How are you?"


def test_get_has_a_default() -> None:
    assert [Delta().get("nope"), Delta().get("nope", 1), Delta(content="a").get("content")] == [None, 1, "a"]


def test_a_missing_key_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nope"):
        _ = Delta()["nope"]


def test_in_tells_what_is_there() -> None:
    assert ["content" in Delta(), "nope" in Delta(), 7 in Delta()] == [True, False, False]


def test_a_key_can_be_set() -> None:
    delta = Delta()
    delta["content"] = "a"
    delta["extra"] = 1
    assert (delta.content, delta.model_dump()["extra"]) == ("a", 1)


def test_unknown_fields_are_kept() -> None:
    chunk = ModelResponseStream(**CHUNK, service_tier="flex")
    assert (chunk["service_tier"], chunk.model_dump()["service_tier"]) == ("flex", "flex")


def test_json_is_plain_data() -> None:
    chunk = ModelResponseStream(**CHUNK)
    assert chunk.json() == chunk.model_dump() == json.loads(chunk.model_dump_json())


def test_a_dump_makes_the_same_chunk_again() -> None:
    chunk = ModelResponseStream(
        **CHUNK, usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    )
    assert ModelResponseStream(**chunk.model_dump()) == chunk


def test_hidden_params_are_no_part_of_the_data() -> None:
    chunk = ModelResponseStream(**CHUNK)
    chunk._hidden_params["api_base"] = "x"
    assert "_hidden_params" not in chunk.model_dump()
    assert [copy.deepcopy(chunk)._hidden_params, pickle.loads(pickle.dumps(chunk))._hidden_params] == [
        {"api_base": "x"}
    ] * 2


# -- chunks and responses -----------------------------------------------------------------------------


def test_stream_true_makes_a_chunk() -> None:
    chunk = ModelResponse(**CHUNK, stream=True)
    assert chunk == ModelResponseStream(**CHUNK)
    assert isinstance(chunk.choices[0].delta, Delta)


def test_without_stream_it_is_a_whole_response() -> None:
    response = ModelResponse(id="r", choices=[{"message": {"content": "hi"}}], stream=False)
    assert (response.object, response.choices[0].message.content) == ("chat.completion", "hi")
    assert (response.choices[0].finish_reason, response.choices[0].message.role) == ("stop", "assistant")


def test_an_empty_response_has_an_empty_choice() -> None:
    response = ModelResponse()
    assert response.id.startswith("chatcmpl-")
    assert response.choices == [Choices(message=Message(content=None))]


@pytest.mark.parametrize("field", ["id", "created", "object", "choices"])
def test_null_stands_for_the_default(field: str) -> None:
    assert ModelResponseStream(**{**CHUNK, field: None})[field] is not None


def test_an_empty_list_of_choices_stays_empty() -> None:
    assert ModelResponseStream(**{**CHUNK, "choices": []}).choices == []


def test_usage_is_there_only_where_it_was_given() -> None:
    assert not hasattr(ModelResponseStream(**CHUNK), "usage")
    assert not hasattr(ModelResponseStream(**CHUNK, usage=None), "usage")
    assert ModelResponseStream(**CHUNK, usage={"prompt_tokens": 1}).usage == Usage(prompt_tokens=1)


@pytest.mark.parametrize("field", ["delta", "index"])
def test_a_choice_without_a_field_has_its_default(field: str) -> None:
    assert StreamingChoices(**{field: None}) == StreamingChoices()


# -- deltas and messages ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["reasoning_content", "thinking_blocks", "images", "annotations", "reasoning_items"]
)
@pytest.mark.parametrize("cls", [Delta, Message])
def test_an_occasional_field_is_there_only_where_it_was_given(cls: Any, name: str) -> None:
    assert not hasattr(cls(**{name: None}), name)
    assert cls(**{name: []} if name != "reasoning_content" else {name: ""})[name] in ([], "")


def test_reasoning_is_another_name_for_reasoning_content() -> None:
    delta = Delta(reasoning="hm")
    assert (delta.reasoning_content, "reasoning" in delta) == ("hm", False)


def test_reasoning_that_is_no_text_keeps_its_name() -> None:
    assert Delta(reasoning={"effort": "low"})["reasoning"] == {"effort": "low"}


def test_a_message_without_a_role_is_the_assistants() -> None:
    assert Message(role=None).role == "assistant"


# -- tool calls ---------------------------------------------------------------------------------------


def test_fragments_without_an_index_are_numbered_in_their_delta() -> None:
    calls = Delta(tool_calls=[{"function": {"name": "a"}}, {"function": {"name": "b"}}]).tool_calls
    assert calls is not None
    assert [call.index for call in calls] == [0, 1]


def test_a_fragment_without_a_type_is_a_function() -> None:
    assert ChatCompletionDeltaToolCall(function={"arguments": "x"}).type == "function"


def test_a_fragment_with_a_custom_payload_is_custom() -> None:
    call = ChatCompletionDeltaToolCall(custom={"input": "x"})
    assert (call.type, call.custom.input, call.custom.name) == ("custom", "x", None)


@pytest.mark.parametrize(("given", "text"), [(None, ""), ({"a": 1}, '{"a": 1}'), ("{", "{")], ids=repr)
def test_arguments_are_text(given: object, text: str) -> None:
    assert Function(arguments=given).arguments == text


def test_a_whole_call_without_an_id_gets_one() -> None:
    assert ChatCompletionMessageToolCall(function={"name": "f"}).id


# -- finish reasons -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "mapped"),
    [
        ("stop", "stop"),
        ("end_turn", "stop"),
        ("FINISH_REASON_UNSPECIFIED", "stop"),
        ("error", "stop"),
        ("max_tokens", "length"),
        ("compaction", "length"),
        ("tool_use", "tool_calls"),
        ("function_call", "function_call"),
        ("SAFETY", "content_filter"),
        ("guardrail_intervened", "content_filter"),
    ],
)
def test_a_finish_reason_is_mapped(reason: str, mapped: str) -> None:
    assert map_finish_reason(reason) == mapped


def test_an_unknown_finish_reason_is_a_stop_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert map_finish_reason("bored") == "stop"
    assert "unknown finish_reason 'bored'" in caplog.text


@pytest.mark.parametrize("cls", [StreamingChoices, Choices])
def test_the_providers_own_word_is_kept(cls: Any) -> None:
    choice = cls(finish_reason="end_turn")
    assert (choice.finish_reason, choice["provider_specific_fields"]) == (
        "stop",
        {"native_finish_reason": "end_turn"},
    )


def test_an_empty_finish_reason_is_none() -> None:
    assert StreamingChoices(finish_reason="").finish_reason is None


def test_a_finish_reason_that_needs_no_mapping_adds_nothing() -> None:
    assert "provider_specific_fields" not in StreamingChoices(finish_reason="length").model_dump()


# -- usage --------------------------------------------------------------------------------------------


def test_counts_that_are_null_are_zero() -> None:
    assert Usage(prompt_tokens=None, completion_tokens=2) == Usage(prompt_tokens=0, completion_tokens=2)


def test_cache_counts_reach_the_details() -> None:
    usage = Usage(prompt_tokens=9, cache_read_input_tokens=4, cache_creation_input_tokens=2)
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.cache_creation_tokens) == (
        4,
        2,
    )
    assert usage["cache_read_input_tokens"] == 4


def test_deepseeks_cache_hits_reach_the_details() -> None:
    details = Usage(prompt_tokens=9, prompt_cache_hit_tokens=3).prompt_tokens_details
    assert details is not None
    assert details.cached_tokens == 3


def test_details_that_are_objects_are_no_different() -> None:
    given = {"prompt_tokens": 9, "cache_creation_input_tokens": 7, "reasoning_tokens": 1}
    prompt, completion = PromptTokensDetails(cached_tokens=2), CompletionTokensDetails(text_tokens=3)
    usage = Usage(**given, prompt_tokens_details=prompt, completion_tokens_details=completion)

    assert usage == Usage.model_validate(usage.model_dump(exclude_none=True))
    assert usage.prompt_tokens_details == PromptTokensDetails(cached_tokens=2, cache_creation_tokens=7)
    assert usage.completion_tokens_details == CompletionTokensDetails(text_tokens=3, reasoning_tokens=1)
    assert prompt == PromptTokensDetails(cached_tokens=2)


def test_reasoning_tokens_reach_the_details() -> None:
    details = Usage(reasoning_tokens=5).completion_tokens_details
    assert details is not None
    assert details.reasoning_tokens == 5


def test_what_the_details_say_themselves_wins() -> None:
    details = Usage(
        reasoning_tokens=5, completion_tokens_details={"reasoning_tokens": 6}
    ).completion_tokens_details
    assert details is not None
    assert details.reasoning_tokens == 6


# -- assemble -----------------------------------------------------------------------------------------


def test_an_assembled_record_equals_a_validated_one() -> None:
    made = assemble(Delta, {**Delta(content="a").__dict__}, {"refusal": "no"})
    assert made == Delta(content="a", refusal="no")
    assert made.model_dump() == Delta(content="a", refusal="no").model_dump()


def test_setting_an_attribute_of_an_assembled_record_concerns_no_other() -> None:
    one, other = (assemble(Delta, {**Delta().__dict__}) for _ in range(2))
    one["extra"] = 1
    one.content = "a"
    assert (other.content, "extra" in other, "extra" in other.model_fields_set) == (None, False, False)


def test_a_dumped_answer_with_audio_is_the_same_again() -> None:
    audio = {"id": "a", "data": "QQ==", "expires_at": 5, "transcript": "t"}
    response = ModelResponse(choices=[{"message": {"audio": audio}}])
    again = ModelResponse.model_validate(response.model_dump())
    assert again == response
    assert again.choices[0].message.audio.transcript == "t"


def test_streaming_choices_make_a_chunk() -> None:
    made = ModelResponse(choices=[StreamingChoices(delta=Delta(content="a"))])
    assert type(made) is ModelResponseStream
    assert made.choices[0].delta.content == "a"


def test_the_openai_sdks_dumps_are_there() -> None:
    response = ModelResponse(id="r")
    assert response.to_dict() == response.model_dump()
    assert json.loads(response.to_json()) == response.model_dump()


def test_what_no_call_gave_took_no_time() -> None:
    assert ModelResponse()._response_ms is None
