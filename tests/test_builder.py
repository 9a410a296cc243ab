"""What a stream adds up to. Where LiteLLM's builder differs, the test's name says what is kept here."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, PrivateAttr

from unspool.builder import ResponseFold, read_chunk, stream_chunk_builder
from unspool.errors import APIError
from unspool.models import (
    CompletionTokensDetails,
    Message,
    ModelResponse,
    ModelResponseStream,
    PromptTokensDetails,
    Usage,
)
from unspool.streaming.wrapper import CustomStreamWrapper


def chunk(
    delta: dict[str, Any] | None = None,
    *,
    index: int = 0,
    choice: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A chunk with one choice; `choice` has what stands beside its delta."""
    choices = [{"index": index, "delta": delta or {}, **(choice or {})}]
    return {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "gpt-4o", "choices": choices, **fields}


def bare(**fields: Any) -> dict[str, Any]:
    """A chunk without choices."""
    return chunk(**{"choices": [], **fields})


def hidden(record: dict[str, Any], **params: Any) -> ModelResponseStream:
    """A chunk as a wrapper emits it."""
    made = ModelResponseStream(**record)
    made._hidden_params = params
    return made


def build(*chunks: Any, **options: Any) -> ModelResponse:
    response = stream_chunk_builder(list(chunks), **options)
    assert response is not None
    return response


def message(*deltas: dict[str, Any]) -> Message:
    return build(*map(chunk, deltas)).choices[0].message


def calls(*fragments: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls that these fragments add up to, one fragment to a chunk."""
    made = message(*({"tool_calls": [fragment]} for fragment in fragments)).tool_calls
    return [call.model_dump(exclude_none=True) for call in made or []]


def fragment(
    arguments: str | None = None, *, index: int = 0, name: str | None = None, **fields: Any
) -> dict[str, Any]:
    return {"index": index, "function": {"name": name, "arguments": arguments}, **fields}


def called(call_id: str, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "id": call_id,
        "type": "function",
        "function": {key: value for key, value in function.items() if value is not None},
    }


def usage(*reports: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What these reports settle to, each in a chunk with a bit of text."""
    built = build(*(chunk({"content": "a"}, usage=report) for report in reports), **options)
    return built.usage.model_dump(exclude_none=True)


def counter(*, model: str, text: str | None = None, messages: Any = None) -> int:
    """Counts characters, and a hundred for a conversation."""
    assert (text is None) != (messages is None)
    return 100 if text is None else len(text)


# --- the response


def test_no_chunks_make_no_response() -> None:
    assert stream_chunk_builder([]) is None


def test_a_fold_without_chunks_has_no_result() -> None:
    assert ResponseFold().result() is None


def test_text_is_joined() -> None:
    assert (
        message({"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo"}).content
        == "Hello"
    )


def test_the_result_is_a_response_and_no_chunk() -> None:
    assert build(chunk(object="chat.completion.chunk")).object == "chat.completion"


def test_the_first_id_that_is_one_counts() -> None:
    assert build(chunk(id=""), chunk(id="b"), chunk(id="c")).id == "b"


def test_an_azure_stream_takes_its_head_from_the_chunk_after_the_prompt_filter() -> None:
    filtered = bare(id="", model="", created=0, prompt_filter_results=[{"prompt_index": 0}])

    built = build(filtered, chunk({"content": "Hi"}))

    assert (built.id, built.model, built.created) == ("chatcmpl-1", "gpt-4o", 1_700_000_000)
    assert built["prompt_filter_results"] == [{"prompt_index": 0}]


def test_a_leading_chunk_without_choices_is_tolerated() -> None:
    assert build(bare(), chunk({"content": "Hi"})).choices[0].message.role == "assistant"


def test_the_model_that_a_router_chose_counts() -> None:
    assert build(chunk(model="router"), chunk(model="gpt-4o"), chunk(model="other")).model == "gpt-4o"


def test_the_model_is_the_first_chunks_if_no_other_is_named() -> None:
    assert build(chunk(model="gpt-4o"), chunk(model=""), chunk(model=None)).model == "gpt-4o"


def test_the_system_fingerprint_is_kept_though_it_comes_late() -> None:
    assert build(chunk(), chunk(system_fingerprint="fp_1"), chunk()).system_fingerprint == "fp_1"


def test_the_last_service_tier_that_is_one_counts() -> None:
    built = build(chunk(service_tier="auto"), chunk(service_tier="default"), chunk(service_tier=None))

    assert built["service_tier"] == "default"


def test_chunks_without_id_and_time_make_a_response_without() -> None:
    built = build({"choices": [{"delta": {"content": "Hi"}}]})

    assert (built.id, built.created, built.choices[0].message.content) == ("", 0, "Hi")


def test_fields_that_nobody_declared_are_kept() -> None:
    built = build(
        chunk(citations=["a"], x_groq={"id": "r"}), chunk(citations=["a", "b"]), chunk(x_groq={"seed": 1})
    )

    assert (built["citations"], built["x_groq"]) == (["a", "b"], {"id": "r", "seed": 1})


def test_padding_against_eavesdroppers_is_dropped() -> None:
    built = build(chunk(obfuscation="x7Gq", p="abcdef"))

    assert "obfuscation" not in built
    assert "p" not in built


def test_what_a_chunk_says_specific_to_its_provider_is_kept() -> None:
    built = build(chunk(provider_specific_fields={"a": 1}), chunk(provider_specific_fields={"b": 2}))

    assert built["provider_specific_fields"] == {"a": 1, "b": 2}


def test_a_stream_without_choices_has_one_empty_answer() -> None:
    [choice] = build(bare()).choices

    assert (choice.index, choice.finish_reason, choice.message.content) == (0, "stop", "")


# --- each choice


def test_the_finish_reason_is_stop_if_none_came() -> None:
    assert build(chunk({"content": "Hi"})).choices[0].finish_reason == "stop"


def test_the_last_finish_reason_counts() -> None:
    built = build(chunk(choice={"finish_reason": "length"}), chunk(choice={"finish_reason": "stop"}), chunk())

    assert built.choices[0].finish_reason == "stop"


def test_a_finish_reason_is_not_upgraded_to_tool_calls() -> None:
    finish = chunk({"tool_calls": [fragment("{}", name="f", id="a")]}, choice={"finish_reason": "stop"})

    assert build(finish).choices[0].finish_reason == "stop"


def test_the_providers_own_word_for_its_finish_reason_is_kept() -> None:
    [choice] = build(chunk(choice={"finish_reason": "max_tokens"}), chunk()).choices

    assert choice.finish_reason == "length"
    assert choice["provider_specific_fields"] == {"native_finish_reason": "max_tokens"}


def test_each_choice_keeps_to_itself() -> None:
    built = build(
        chunk({"content": "B"}, index=1, choice={"logprobs": {"content": [{"token": "B"}]}}),
        chunk({"content": "a"}, choice={"finish_reason": "length"}),
        chunk({"content": "b", "tool_calls": [fragment("{}", name="f", id="x")]}, index=1),
        chunk(index=1, choice={"finish_reason": "tool_calls"}),
    )

    first, second = built.choices
    assert (first.index, first.message.content, first.finish_reason) == (0, "a", "length")
    assert (second.index, second.message.content, second.finish_reason) == (1, "Bb", "tool_calls")
    assert first.message.tool_calls is None
    assert [call.id for call in second.message.tool_calls or []] == ["x"]
    assert (first.logprobs, second.logprobs) == (None, {"content": [{"token": "B"}]})


def test_choices_in_one_chunk_are_told_apart() -> None:
    both = [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]

    built = build(chunk(choices=both), chunk(choices=both))

    assert [choice.message.content for choice in built.choices] == ["aa", "bb"]


def test_the_role_is_the_assistants_if_none_came() -> None:
    assert message({"content": "Hi"}).role == "assistant"


def test_a_role_that_is_repeated_in_each_chunk_counts_once() -> None:
    assert (
        message({"role": "assistant", "content": "H"}, {"role": "assistant", "content": "i"}).role
        == "assistant"
    )


@pytest.mark.parametrize(
    ("delta", "content"),
    [
        ({"role": "assistant"}, ""),
        ({"reasoning_content": "hm"}, ""),
        ({"content": "", "tool_calls": [fragment("{}", name="f", id="a")]}, ""),
        ({"content": None, "tool_calls": [fragment("{}", name="f", id="a")]}, None),
        ({"function_call": {"name": "f", "arguments": "{}"}}, None),
        ({"refusal": "no"}, None),
        ({"audio": {"data": "QUJD"}}, None),
    ],
)
def test_content_is_none_only_where_something_else_was_said_in_its_place(
    delta: dict[str, Any], content: str | None
) -> None:
    assert message(delta).content == content


def test_text_beside_tool_calls_is_kept() -> None:
    said = message({"content": "Let me see."}, {"tool_calls": [fragment("{}", name="f", id="a")]})

    assert said.content == "Let me see."


def test_logprobs_are_joined() -> None:
    def likely(**lists: Any) -> dict[str, Any]:
        return chunk(choice={"logprobs": lists})

    built = build(
        likely(content=["a"], refusal=None), likely(content=["b"]), likely(content=None, refusal=["c"])
    )

    assert built.choices[0].logprobs == {"content": ["a", "b"], "refusal": ["c"]}


def test_logprobs_of_a_text_completion_are_joined() -> None:
    first = chunk(choice={"logprobs": {"tokens": ["a"], "token_logprobs": [-0.1]}})
    second = chunk(choice={"logprobs": {"tokens": ["b"], "token_logprobs": [-0.2]}})

    assert build(first, second).choices[0].logprobs == {"tokens": ["a", "b"], "token_logprobs": [-0.1, -0.2]}


def test_of_logprobs_that_are_mere_numbers_the_last_counts() -> None:
    built = build(chunk(choice={"logprobs": -0.5}), chunk(choice={"logprobs": -0.25}))

    assert built.choices[0].logprobs == -0.25


def test_what_stands_beside_a_delta_is_kept() -> None:
    [choice] = build(
        chunk(choice={"token_ids": [1], "stop_reason": None, "content_filter_results": {"hate": {}}}),
        chunk(choice={"token_ids": [2], "stop_reason": 7, "content_filter_results": {"violence": {}}}),
    ).choices

    assert (choice["token_ids"], choice["stop_reason"]) == ([1, 2], 7)
    assert choice["content_filter_results"] == {"hate": {}, "violence": {}}


def test_the_message_so_far_beside_a_delta_is_ignored() -> None:
    told = {"message": {"role": "assistant", "content": "Hel"}}

    assert build(chunk({"content": "Hello"}, choice=told)).choices[0].message.content == "Hello"


# --- tool calls


def test_the_arguments_of_a_call_are_joined() -> None:
    assert calls(fragment("", name="f", id="a"), fragment('{"x":'), fragment("1}")) == [
        called("a", "f", '{"x":1}')
    ]


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert calls(fragment("", name="f", id="a")) == [called("a", "f", "{}")]


def test_parallel_calls_are_told_apart_by_their_index() -> None:
    made = calls(
        fragment("{", index=1, name="g", id="b"),
        fragment("{", index=0, name="f", id="a"),
        fragment("}", index=1),
        fragment("}", index=0),
    )

    assert made == [called("a", "f", "{}"), called("b", "g", "{}")]


def test_calls_that_share_an_index_are_told_apart_by_their_ids() -> None:
    made = calls(
        fragment("{1}", name="f", id="a"),
        fragment("{2}", name="f", id="b"),
        fragment("{3}", name="g", id="c"),
    )

    assert made == [called("a", "f", "{1}"), called("b", "f", "{2}"), called("c", "g", "{3}")]


def test_a_fragment_without_an_id_continues_the_latest_call_of_its_index() -> None:
    made = calls(fragment("{1", name="f", id="a"), fragment("{2", name="f", id="b"), fragment("}"))

    assert made == [called("a", "f", "{1"), called("b", "f", "{2}")]


def test_a_fragment_with_an_id_that_came_before_continues_that_call() -> None:
    made = calls(fragment("{1", name="f", id="a"), fragment("{2}", name="f", id="b"), fragment("}", id="a"))

    assert made == [called("a", "f", "{1}"), called("b", "f", "{2}")]


def test_an_id_and_a_name_that_are_repeated_in_each_fragment_make_one_call() -> None:
    assert calls(fragment("{", name="f", id="a"), fragment("}", name="f", id="a")) == [called("a", "f", "{}")]


def test_a_new_id_for_each_fragment_of_a_call_makes_one_call() -> None:
    # older vLLM: the name comes once, an id that is made up comes with every fragment
    assert calls(fragment("", name="f", id="a"), fragment("{", id="b"), fragment("}", id="c")) == [
        called("c", "f", "{}")
    ]


def test_an_id_that_comes_late_belongs_to_the_call_begun() -> None:
    assert calls(fragment("{", name="f"), fragment("}", name="f", id="a")) == [called("a", "f", "{}")]


def test_an_empty_id_is_none() -> None:
    assert calls(fragment("{", name="f", id="a"), fragment("}", id="")) == [called("a", "f", "{}")]


def test_calls_without_an_id_are_kept() -> None:
    assert calls(fragment("{}", name="f")) == [called("", "f", "{}")]


def test_calls_without_a_name_are_kept() -> None:
    assert calls(fragment("{}", id="a")) == [called("a", None, "{}")]


def test_the_last_name_counts() -> None:
    assert calls(fragment("{", name="f", id="a"), fragment("}", name="g")) == [called("a", "g", "{}")]


def test_an_empty_list_of_calls_is_no_call() -> None:
    assert message({"content": "Hi", "tool_calls": []}).tool_calls is None


def test_a_custom_call_has_its_input_joined() -> None:
    made = calls(
        {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT"}},
        {"index": 0, "custom": {"input": " 1"}},
    )

    assert made == [{"id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}]


def test_custom_calls_that_share_an_index_are_told_apart_too() -> None:
    made = calls(
        {"index": 0, "id": "a", "custom": {"name": "sql", "input": "1"}},
        {"index": 0, "id": "b", "custom": {"name": "sql", "input": "2"}},
    )

    assert [call["custom"]["input"] for call in made] == ["1", "2"]


def test_what_is_specific_to_a_calls_provider_ends_up_on_the_call() -> None:
    [made] = calls(
        {
            "index": 0,
            "id": "a",
            "function": {"name": "f", "provider_specific_fields": {"thought": "x", "b": 1}},
        },
        {"index": 0, "provider_specific_fields": {"b": 2}},
    )

    assert made["provider_specific_fields"] == {"thought": "x", "b": 2}
    assert made["function"] == {"name": "f", "arguments": "{}"}


def test_what_a_call_has_beyond_the_usual_is_kept() -> None:
    [made] = calls(
        fragment("{", name="f", id="a", extra_content={"google": {"signature": "x"}}), fragment("}")
    )

    assert made["extra_content"] == {"google": {"signature": "x"}}


def test_a_function_call_takes_its_name_from_the_first_fragment() -> None:
    said = message(
        {"function_call": {"name": "f", "arguments": '{"x"'}},
        {"function_call": {"name": "g", "arguments": ":1}"}},
    )

    assert said.function_call is not None
    assert (said.function_call.name, said.function_call.arguments) == ("f", '{"x":1}')


# --- reasoning


def test_reasoning_is_joined() -> None:
    assert message({"reasoning_content": "h"}, {"reasoning": "m"}).reasoning_content == "hm"


def test_a_message_without_reasoning_has_no_such_attribute() -> None:
    assert not hasattr(message({"content": "Hi"}), "reasoning_content")


def thinking(*blocks: dict[str, Any]) -> Any:
    return message(*({"thinking_blocks": [block]} for block in blocks)).get("thinking_blocks")


def test_a_thinking_block_ends_with_its_signature() -> None:
    assert thinking(
        {"type": "thinking", "thinking": "a", "signature": ""},
        {"type": "thinking", "thinking": "b"},
        {"type": "thinking", "thinking": "", "signature": "x"},
        {"type": "thinking", "thinking": "c", "signature": "y"},
    ) == [
        {"type": "thinking", "thinking": "ab", "signature": "x"},
        {"type": "thinking", "thinking": "c", "signature": "y"},
    ]


def test_a_redacted_block_stands_where_it_came() -> None:
    assert thinking(
        {"type": "thinking", "thinking": "a", "signature": "x"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "thinking", "thinking": "b", "signature": "y"},
    ) == [
        {"type": "thinking", "thinking": "a", "signature": "x"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "thinking", "thinking": "b", "signature": "y"},
    ]


def test_thinking_that_was_never_signed_is_kept() -> None:
    assert thinking({"type": "thinking", "thinking": "a"}, {"type": "thinking", "thinking": "b"}) == [
        {"type": "thinking", "thinking": "ab"}
    ]


def test_unsigned_thinking_before_a_redacted_block_is_kept() -> None:
    assert thinking({"type": "thinking", "thinking": "a"}, {"type": "redacted_thinking", "data": "b"}) == [
        {"type": "thinking", "thinking": "a"},
        {"type": "redacted_thinking", "data": "b"},
    ]


def test_a_block_without_a_type_is_thinking() -> None:
    assert thinking({"thinking": "a"}) == [{"type": "thinking", "thinking": "a"}]


def test_an_empty_thinking_block_is_no_block() -> None:
    assert thinking({"type": "thinking", "thinking": ""}) is None


def details(*entries: dict[str, Any]) -> Any:
    return message(*({"reasoning_details": [entry]} for entry in entries))["reasoning_details"]


def test_pieces_of_a_reasoning_detail_are_joined() -> None:
    assert details(
        {"type": "reasoning.text", "text": "a", "index": 0, "format": "f"},
        {"type": "reasoning.text", "text": "b", "index": 0, "format": "f"},
        {"type": "reasoning.text", "signature": "x", "index": 0},
        {"type": "reasoning.summary", "summary": "c", "index": 0},
        {"type": "reasoning.summary", "summary": "d", "index": 1},
    ) == [
        {"type": "reasoning.text", "text": "ab", "index": 0, "format": "f", "signature": "x"},
        {"type": "reasoning.summary", "summary": "c", "index": 0},
        {"type": "reasoning.summary", "summary": "d", "index": 1},
    ]


def test_encrypted_reasoning_details_are_kept_apart() -> None:
    entries = [{"type": "reasoning.encrypted", "data": data, "index": 0} for data in ("a", "b")]

    assert details(*entries) == entries


def test_reasoning_items_are_kept() -> None:
    assert message({"reasoning_items": [{"id": "rs_1"}]}, {"reasoning_items": [{"id": "rs_2"}]})[
        "reasoning_items"
    ] == [
        {"id": "rs_1"},
        {"id": "rs_2"},
    ]


# --- what else a message may hold


def test_a_refusal_is_joined() -> None:
    assert message({"refusal": "I "}, {"refusal": "can't"}).refusal == "I can't"


def test_an_empty_refusal_is_none() -> None:
    assert not hasattr(message({"refusal": "", "content": "Hi"}), "refusal")


def test_annotations_and_images_are_collected() -> None:
    said = message(
        {"annotations": [{"n": 1}], "images": [{"n": 2}]}, {"annotations": [{"n": 3}], "images": [{"n": 4}]}
    )

    assert (said.annotations, said.images) == ([{"n": 1}, {"n": 3}], [{"n": 2}, {"n": 4}])


def test_fields_of_a_delta_that_nobody_knows_are_kept() -> None:
    said = message(
        {"channel": "analysis", "executed_tools": [1], "graph_data": {"a": 1}},
        {"channel": "final", "executed_tools": [2], "graph_data": {"b": 2}},
    )

    assert (said["channel"], said["executed_tools"], said["graph_data"]) == (
        "final",
        [1, 2],
        {"a": 1, "b": 2},
    )


def test_provider_specific_fields_are_merged() -> None:
    said = message({"provider_specific_fields": {"a": 1, "b": 1}}, {"provider_specific_fields": {"b": 2}})

    assert said.provider_specific_fields == {"a": 1, "b": 2}


def test_plans_and_logs_are_texts_in_pieces() -> None:
    said = message(
        {"provider_specific_fields": {"tool_plan": "I will ", "seed": 1}},
        {"provider_specific_fields": {"tool_plan": "look.", "seed": 2}},
        {"provider_specific_fields": {"logs": "done"}},
    )
    assert said.provider_specific_fields == {"tool_plan": "I will look.", "seed": 2, "logs": "done"}


@pytest.mark.parametrize(
    ("cited", "citations"),
    [([{"n": 1}, {"n": 2}], [[{"n": 1}, {"n": 2}]]), ([[{"n": 1}], [{"n": 2}]], [[{"n": 1}], [{"n": 2}]])],
)
def test_single_citations_are_collected_into_lists_of_them(cited: list[Any], citations: list[Any]) -> None:
    said = message(*({"provider_specific_fields": {"citation": one}} for one in cited))

    assert said.provider_specific_fields == {"citations": citations}


def sound(*pieces: dict[str, Any]) -> Any:
    return message(*({"audio": piece} for piece in pieces)).audio


def test_audio_is_joined() -> None:
    audio = sound(
        {"id": "audio_1", "transcript": "Hel"},
        {"data": base64.b64encode(b"abcd").decode()},
        {"data": base64.b64encode(b"efgh").decode(), "transcript": "lo"},
        {"expires_at": 5},
    )

    assert base64.b64decode(audio.data) == b"abcdefgh"
    assert (audio["id"], audio["transcript"], audio["expires_at"]) == ("audio_1", "Hello", 5)


def test_base64_that_was_padded_piece_by_piece_is_joined() -> None:
    pieces = [base64.b64encode(data).decode() for data in (b"a", b"bc", b"def", b"g")]

    assert sound(*({"data": piece} for piece in pieces)).data == base64.b64encode(b"abcdefg").decode()


def test_audio_that_says_no_expiry_has_none() -> None:
    assert sound({"data": "QUJD"}).expires_at is None


def test_audio_has_its_data_and_its_transcript_even_if_they_are_empty() -> None:
    assert (sound({"id": "audio_1"}).data, sound({"id": "audio_1"}).transcript) == ("", "")


# --- usage


REPORT = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def test_reported_usage_counts() -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 3}}

    assert usage(REPORT) == {**REPORT, **details}


def test_usage_is_found_in_hidden_params() -> None:
    assert build(hidden(chunk({"content": "a"}), usage=Usage(**REPORT))).usage.total_tokens == 10


@pytest.mark.parametrize(
    "given",
    [
        {"completion_tokens_details": {"reasoning_tokens": 2}},
        {
            "completion_tokens_details": CompletionTokensDetails(reasoning_tokens=0),
            "prompt_tokens_details": PromptTokensDetails(cached_tokens=6),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 6,
        },
    ],
    ids=["a dict", "objects"],
)
def test_a_given_usage_with_details_stays_as_it_is(given: dict[str, Any]) -> None:
    reported = Usage(**REPORT, **given)
    chunks = [chunk({"content": "a"}), chunk(choice={"finish_reason": "stop"}), bare(usage=reported)]

    assert build(*chunks).usage == reported
    assert build(*CustomStreamWrapper(chunks, "m", stream_options={"include_usage": True})).usage == reported


def test_usage_that_the_caller_sees_goes_before_the_hidden() -> None:
    shown = hidden(chunk({"content": "a"}, usage=REPORT), usage={**REPORT, "prompt_tokens": 99})

    assert build(shown).usage.prompt_tokens == 7


def test_of_cumulative_usage_the_last_counts() -> None:
    assert usage({**REPORT, "completion_tokens": 1, "total_tokens": 8}, REPORT)["total_tokens"] == 10


def test_a_later_zero_never_replaces_a_count() -> None:
    settled = usage(
        {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8, "cost": 0.5},
        {"prompt_tokens": 0, "completion_tokens": 3, "total_tokens": 3, "cost": 0},
    )

    assert (settled["prompt_tokens"], settled["completion_tokens"], settled["cost"]) == (7, 3, 0.5)


def test_the_total_is_the_sum_where_no_report_knows_both_counts() -> None:
    start = {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}
    end = {"prompt_tokens": 0, "completion_tokens": 3, "total_tokens": 3}

    assert usage(start, end)["total_tokens"] == 10


def test_the_providers_own_total_is_kept() -> None:
    assert usage({**REPORT, "total_tokens": 25})["total_tokens"] == 25


def test_reported_zeros_are_kept() -> None:
    settled = usage({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, token_counter=counter)

    assert (settled["prompt_tokens"], settled["completion_tokens"], settled["total_tokens"]) == (0, 0, 0)


def test_details_are_merged_field_by_field() -> None:
    settled = usage(
        {
            **REPORT,
            "prompt_tokens_details": {
                "cached_tokens": 5,
                "cache_creation_token_details": {"ephemeral_1h": 2},
            },
        },
        {**REPORT, "prompt_tokens_details": {"text_tokens": 2}},
    )

    assert settled["prompt_tokens_details"] == {
        "cached_tokens": 5,
        "cache_creation_token_details": {"ephemeral_1h": 2},
        "text_tokens": 2,
    }


def test_counters_that_nobody_declared_are_kept() -> None:
    settled = usage({**REPORT, "cost": 0.25, "server_tool_use": {"web_search_requests": 1}}, REPORT)

    assert (settled["cost"], settled["server_tool_use"]) == (0.25, {"web_search_requests": 1})


def test_a_text_without_reported_usage_is_counted() -> None:
    built = build(
        chunk({"content": "abcd"}), messages=[{"role": "user", "content": "Hi"}], token_counter=counter
    )

    assert built.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 100,
        "completion_tokens": 4,
        "total_tokens": 104,
        "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 4},
    }


def test_without_messages_the_prompt_counts_nothing() -> None:
    assert build(chunk({"content": "abcd"}), token_counter=counter).usage.prompt_tokens == 0


def test_the_prompt_can_be_counted_by_somebody_else() -> None:
    built = build(chunk(), messages=[], count_prompt_tokens=lambda: 42, token_counter=counter)

    assert built.usage.prompt_tokens == 42


def test_a_prompt_that_is_reported_is_not_counted() -> None:
    assert build(chunk(usage=REPORT), count_prompt_tokens=lambda: 1 // 0).usage.prompt_tokens == 7


def test_a_prompt_that_cannot_be_counted_is_nothing_and_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    built = build(chunk({"content": "abcd"}), count_prompt_tokens=lambda: 1 // 0)

    assert built.usage.prompt_tokens == 0
    assert "can't be counted" in caplog.text


def test_thoughts_count_as_reasoning_tokens() -> None:
    counted = build(chunk({"reasoning_content": "abc", "content": "de"}), token_counter=counter).usage

    assert counted.completion_tokens == 5
    assert counted.completion_tokens_details is not None
    assert counted.completion_tokens_details.reasoning_tokens == 3
    assert counted.completion_tokens_details.text_tokens == 2


def test_thoughts_are_not_estimated_into_usage_that_was_reported() -> None:
    assert build(chunk({"reasoning_content": "abc"}, usage=REPORT)).usage.completion_tokens_details is None


@pytest.mark.parametrize(
    "delta",
    [
        {"tool_calls": [fragment("{}", name="f", id="a")]},
        {"function_call": {"name": "f", "arguments": "{}"}},
        {"reasoning_content": ""},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "a"}]},
        {"reasoning_items": [{"id": "rs_1"}]},
        {"thinking_blocks": [{"type": "redacted_thinking", "data": "a"}]},
        {"annotations": []},
        {"audio": {"id": "audio_1"}},
        {"images": []},
        {"provider_specific_fields": {"a": 1}},
    ],
    ids=lambda delta: next(iter(delta)),
)
def test_only_of_text_alone_it_is_known_that_it_has_no_reasoning_tokens(delta: dict[str, Any]) -> None:
    assert build(chunk(delta)).usage.completion_tokens_details is None


def test_the_counter_is_told_the_model() -> None:
    models = []

    def listening(*, model: str, text: str | None = None, messages: Any = None) -> int:
        models.append(model)
        return 1

    build(chunk({"content": "Hi"}), messages=[], token_counter=listening)
    build(chunk({"content": "Hi"}, model=None), token_counter=listening)

    assert models == ["gpt-4o", "gpt-4o", ""]


def test_calls_count_as_the_json_that_they_are() -> None:
    called_f = chunk({"tool_calls": [fragment('{"x":1}', name="f", id="a")]})

    counted = build(called_f, token_counter=counter).usage.completion_tokens

    assert counted > len('{"x":1}')


def test_every_choice_is_counted() -> None:
    built = build(chunk({"content": "ab"}), chunk({"content": "cde"}, index=1), token_counter=counter)

    assert built.usage.completion_tokens == 5


def test_the_placeholder_of_a_cut_off_anthropic_stream_is_no_count() -> None:
    start = hidden(chunk(usage={**REPORT, "completion_tokens": 1}), custom_llm_provider="anthropic")

    settled = build(start, chunk({"content": "abcd"}), token_counter=counter).usage

    assert (settled.prompt_tokens, settled.completion_tokens, settled.total_tokens) == (7, 4, 11)


def test_an_anthropic_stream_that_finished_has_a_count_and_no_placeholder() -> None:
    start = hidden(chunk(usage={**REPORT, "completion_tokens": 1}), custom_llm_provider="anthropic")

    finish = chunk({"content": "abcd"}, choice={"finish_reason": "stop"})

    assert build(start, finish, token_counter=counter).usage.completion_tokens == 1


# --- hidden params


def test_the_hidden_params_are_the_last_chunks() -> None:
    built = build(
        hidden(chunk(), model_id="a", provider_specific_fields={"traffic_type": "on-demand"}),
        hidden(chunk(usage={**REPORT, "cost": 0.5}), model_id="b", usage=Usage(**REPORT)),
    )

    assert built._hidden_params == {
        "model_id": "b",
        "provider_specific_fields": {"traffic_type": "on-demand"},
        "response_cost": 0.5,
    }


def test_the_model_that_answered_is_kept_beside_the_model_asked_for() -> None:
    names = ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o")
    built = build(*(hidden(chunk(), provider_response_model=name) for name in names))

    assert built.model == "gpt-4o"
    assert built._hidden_params["provider_response_model"] == "gpt-4o-2024-08-06"


# --- order


def test_chunks_are_taken_in_the_order_of_their_making() -> None:
    parts = [(2.0, "b"), (3.0, "c"), (1.0, "a")]

    built = build(*(hidden(chunk({"content": text}), created_at=at) for at, text in parts))

    assert built.choices[0].message.content == "abc"


def test_chunks_without_a_time_come_last_and_in_their_own_order() -> None:
    parts = [({"created_at": 2.0}, "b"), ({}, "c"), ({"created_at": 1.0}, "a"), ({}, "d")]

    built = build(*(hidden(chunk({"content": text}), **params) for params, text in parts))

    assert built.choices[0].message.content == "abcd"


def test_chunks_stay_in_order_if_the_first_has_no_time() -> None:
    parts = [({}, "a"), ({"created_at": 2.0}, "b"), ({"created_at": 1.0}, "c")]

    built = build(*(hidden(chunk({"content": text}), **params) for params, text in parts))

    assert built.choices[0].message.content == "abc"


# --- what may be handed in


def test_records_and_dicts_come_to_the_same() -> None:
    raw = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), bare(usage=REPORT)]

    assert build(*(ModelResponseStream(**one) for one in raw)).model_dump() == build(*raw).model_dump()


def test_chunks_of_the_openai_sdk_are_taken() -> None:
    raw = {
        **chunk({"content": "Hi", "tool_calls": [fragment("{}", name="f", id="a")]}),
        "object": "chat.completion.chunk",
    }

    built = build(ChatCompletionChunk.model_validate(raw))

    assert (built.id, built.choices[0].message.content) == ("chatcmpl-1", "Hi")
    assert [call.id for call in built.choices[0].message.tool_calls or []] == ["a"]


def test_hidden_params_of_a_dict_count() -> None:
    assert build(chunk(_hidden_params={"usage": REPORT})).usage.total_tokens == 10


def test_hidden_params_of_another_librarys_chunk_count() -> None:
    class Foreign(BaseModel):
        choices: list[Any] = []
        _hidden_params: dict[str, Any] = PrivateAttr(default_factory=lambda: {"usage": REPORT})

    assert build(Foreign()).usage.total_tokens == 10


def test_any_iterable_of_chunks_will_do() -> None:
    response = stream_chunk_builder(chunk({"content": text}) for text in "Hi")

    assert response is not None
    assert response.choices[0].message.content == "Hi"


def test_chunks_are_left_as_they_were() -> None:
    raw = [
        hidden(chunk({"tool_calls": [fragment("{", name="f", id="a")]}, x_groq={"id": "r"}), created_at=1.0),
        hidden(chunk({"thinking_blocks": [{"type": "thinking", "thinking": "a"}]}, x_groq={"seed": 1})),
    ]
    before = copy.deepcopy(raw)

    build(*raw)

    assert [one.model_dump() for one in raw] == [one.model_dump() for one in before]


def test_a_text_completion_has_its_text_joined() -> None:
    def piece(text: str, **fields: Any) -> dict[str, Any]:
        return chunk(choices=[{"index": 0, "text": text, **fields}], object="text_completion")

    built = build(
        piece("Hel"), piece("lo", finish_reason="length"), bare(object="text_completion", usage=REPORT)
    )

    assert built.object == "text_completion"
    assert (built.choices[0]["text"], built.choices[0].finish_reason) == ("Hello", "length")
    assert built.choices[0].message.content == "Hello"
    assert built.usage.total_tokens == 10


# --- errors


def test_none_instead_of_chunks_is_an_error() -> None:
    with pytest.raises(APIError, match="no list of chunks") as caught:
        stream_chunk_builder(None)

    assert caught.value.status_code == 500


@pytest.mark.parametrize(
    "item",
    [
        None,
        b"data: {}",
        "Hi",
        3,
        [],
        {},
        {"error": {"message": "overloaded"}},
        {"text": "Hi", "is_finished": False, "finish_reason": "", "usage": None},
    ],
)
def test_an_item_that_is_no_chunk_is_named_with_its_place(item: Any) -> None:
    with pytest.raises(APIError, match=rf"chunks\[1\] \({type(item).__name__}: ") as caught:
        build(chunk(), item)

    assert caught.value.message.startswith(
        "unspool.APIError: Error building chunks for logging/streaming usage"
    )
    assert caught.value.status_code == 500
    assert isinstance(caught.value.original_exception, TypeError)


def test_a_long_item_is_shown_in_part() -> None:
    with pytest.raises(APIError) as caught:
        build("a" * 1000)

    assert f"str: '{'a' * 199}…" in caught.value.message


def test_a_whole_response_is_no_chunk() -> None:
    whole = {
        **chunk(
            choices=[{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}]
        ),
        "object": "chat.completion",
    }

    for item in (whole, ModelResponse(**whole), ChatCompletion.model_validate(whole)):
        with pytest.raises(APIError, match="whole response"):
            build(item)


def test_a_chunk_with_a_field_of_the_wrong_type_is_named_with_its_place() -> None:
    with pytest.raises(APIError, match=r"chunks\[0\].*content"):
        build(chunk({"content": ["a list"]}))


def test_a_record_that_was_broken_by_hand_is_named_with_its_place() -> None:
    broken = ModelResponseStream(**chunk())
    broken.choices[0].delta = {"content": "Hi"}  # type: ignore[assignment]

    with pytest.raises(APIError, match=r"chunks\[1\]"):
        build(chunk(), broken)


def test_a_counter_that_fails_is_the_original_exception() -> None:
    def broken(**_: Any) -> int:
        raise LookupError("no vocabulary")

    with pytest.raises(APIError, match="no vocabulary") as caught:
        build(chunk({"content": "Hi"}), token_counter=broken)

    assert isinstance(caught.value.original_exception, LookupError)


# --- properties


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({place % (len(text) + 1) for place in places} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


PLACES = st.lists(st.integers(min_value=0, max_value=200))


@settings(deadline=None)
@given(st.text(), PLACES)
def test_it_makes_no_difference_where_text_was_cut(text: str, places: list[int]) -> None:
    assert message({"content": ""}, *({"content": piece} for piece in cut(text, places))).content == text


@settings(deadline=None)
@given(st.text(min_size=1), PLACES)
def test_it_makes_no_difference_where_arguments_were_cut(text: str, places: list[int]) -> None:
    pieces = [fragment(piece) for piece in cut(text, places)]

    assert calls(fragment("", name="f", id="a"), *pieces) == [called("a", "f", text)]


@settings(deadline=None)
@given(st.binary(), PLACES)
def test_it_makes_no_difference_where_audio_was_cut(data: bytes, places: list[int]) -> None:
    pieces = cut(base64.b64encode(data).decode(), places)

    assert base64.b64decode(sound(*({"data": piece} for piece in pieces)).data) == data


TEXT = st.none() | st.sampled_from(["", "a", "bc"])
DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["assistant", ""]),
        "content": TEXT,
        "reasoning_content": TEXT,
        "refusal": TEXT,
        "tool_calls": st.lists(
            st.builds(
                fragment,
                TEXT,
                index=st.integers(0, 1),
                name=st.sampled_from([None, "f", "g"]),
                id=st.sampled_from([None, "", "x", "y"]),
            ),
            max_size=2,
        ),
        "thinking_blocks": st.just([{"type": "thinking", "thinking": "t"}]),
        "reasoning_details": st.just([{"type": "reasoning.text", "text": "r", "index": 0}]),
        "provider_specific_fields": st.sampled_from([{"citation": 1}, {"a": {"b": 2}}]),
    },
)
CHUNKS = st.builds(
    chunk,
    DELTAS,
    index=st.integers(0, 1),
    choice=st.sampled_from([{}, {"finish_reason": "stop"}, {"logprobs": {"content": [1]}}]),
    id=st.sampled_from(["", "i", "j"]),
    usage=st.sampled_from([None, REPORT, {**REPORT, "prompt_tokens": 0}]),
    x_groq=st.sampled_from([None, {"id": 1}, {"seed": 2}]),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(CHUNKS, max_size=6))
def test_at_any_point_the_fold_has_what_the_builder_makes_of_the_chunks_so_far(
    raw: list[dict[str, Any]],
) -> None:
    fold = ResponseFold()
    for count, one in enumerate(raw, start=1):
        fold.add(read_chunk(one))
        result, built = fold.result(), build(*raw[:count])
        assert result is not None
        assert result.model_dump() == built.model_dump()


def test_a_call_that_length_cut_before_its_arguments_has_none() -> None:
    called = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "pay", "arguments": ""}}]}
    (call,) = build(chunk(called), chunk(choice={"finish_reason": "length"})).choices[0].message.tool_calls
    assert call.function.arguments == ""


def test_after_calls_tool_calls_goes_before_a_later_stop() -> None:
    called = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "pay", "arguments": "{}"}}]}
    built = build(
        chunk(called), chunk(choice={"finish_reason": "tool_calls"}), chunk(choice={"finish_reason": "stop"})
    )
    assert built.choices[0].finish_reason == "tool_calls"


def test_fragments_that_are_counted_instead_of_calls_are_one_call() -> None:
    head = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "pay", "arguments": ""}}]}
    pieces = [
        {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}
        for place, piece in enumerate(('{"at"', ": 1}"), 1)
    ]
    (call,) = build(chunk(head), *map(chunk, pieces)).choices[0].message.tool_calls
    assert (call.id, call.function.arguments) == ("a", '{"at": 1}')


SAID = st.sampled_from(
    [
        {"content": "rain"},
        {"content": ""},
        {"reasoning_content": "so"},
        {"content": "x", "reasoning_content": "y"},
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "pay", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "1", "extra": [1]}}], "refusal": "no"},
        {"refusal": "no"},
        {"role": "assistant"},
    ]
)


@given(st.lists(st.tuples(SAID, st.integers(0, 1), st.sampled_from([{}, {"logprobs": {"content": []}}]))))
def test_a_wrappers_chunks_add_up_to_the_same_as_chunks_whose_hidden_params_were_read(
    deltas: list[tuple[dict[str, Any], int, dict[str, Any]]],
) -> None:
    given_chunks = [chunk(delta, index=index, choice=beside) for delta, index, beside in deltas]
    emitted = list(CustomStreamWrapper(given_chunks, "m", strict=False))
    shared, read = copy.deepcopy(emitted), emitted
    for each in read:
        assert "created_at" in each._hidden_params
    built, expected = stream_chunk_builder(shared), stream_chunk_builder(read)
    assert built is not None
    assert expected is not None
    assert built.model_dump(exclude={"choices": {"__all__": {"message": {"tool_calls"}}}}) == (
        expected.model_dump(exclude={"choices": {"__all__": {"message": {"tool_calls"}}}})
    )
    assert functions(built) == functions(expected)


def functions(response: ModelResponse) -> list[list[Any]]:
    """The calls of each choice, without the ids that are made up."""
    calls = [choice.message.tool_calls or [] for choice in response.choices]
    return [[(call.type, call.function.model_dump()) for call in of_choice] for of_choice in calls]


def test_a_broken_chunk_amid_a_wrappers_ordinary_ones_is_named() -> None:
    emitted = list(CustomStreamWrapper([chunk({"content": word}) for word in "abcd"], "m", strict=False))
    emitted[2].choices = None  # type: ignore[assignment]  # as a test may break it
    with pytest.raises(APIError, match=r"chunks\[2\]"):
        stream_chunk_builder(emitted)
