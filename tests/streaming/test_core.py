"""The streaming contract, rule by rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.errors import IncompleteStreamError, InternalServerError
from unspool.models import ModelResponseStream, StreamingChoices, Usage
from unspool.streaming.core import StreamCore, StreamOptions

NOW = 1_700_000_000.5
LINK = {"url": "https://example.org", "title": "", "start_index": 0, "end_index": 1}


def core(**options: Any) -> StreamCore:
    return StreamCore(
        StreamOptions(model="asked-for", **options), now=lambda: NOW, build=stream_chunk_builder
    )


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {
        "id": "c-1",
        "created": 5,
        "model": "served",
        "object": "chat.completion.chunk",
        "choices": [choice],
        **fields,
    }


def text(content: str, **fields: Any) -> dict[str, Any]:
    return chunk({"content": content}, **fields)


def run(stream: StreamCore, *items: Any) -> list[ModelResponseStream]:
    emitted = [chunk for item in items for chunk in stream.feed(item)]
    return [*emitted, *stream.flush()]


def contents(chunks: list[ModelResponseStream]) -> list[str | None]:
    return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]


def finishes(chunks: list[ModelResponseStream]) -> list[str | None]:
    return [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]


# -- role ---------------------------------------------------------------------------------------------


def test_the_role_comes_once_and_first() -> None:
    chunks = run(
        core(), chunk({"role": "assistant", "content": "a"}), chunk({"role": "assistant", "content": "b"})
    )
    assert [c.choices[0].delta.role for c in chunks] == ["assistant", None, None]


def test_the_first_chunk_has_the_role_even_if_the_source_has_none() -> None:
    assert run(core(), text("a"))[0].choices[0].delta.role == "assistant"


def test_the_role_is_assistant_whatever_the_source_says() -> None:
    assert run(core(), chunk({"role": "user", "content": "a"}))[0].choices[0].delta.role == "assistant"


def test_a_role_without_text_is_a_chunk_of_its_own() -> None:
    chunks = run(core(), chunk({"role": "assistant", "content": ""}), text("a"))
    assert contents(chunks) == ["", "a", None]


def test_a_second_role_without_text_is_dropped() -> None:
    chunks = run(core(), text("a"), chunk({"role": "assistant", "content": ""}), text("b"))
    assert contents(chunks) == ["a", "b", None]


def test_a_chunk_without_choices_does_not_use_up_the_role() -> None:
    stream = core(include_usage=True)
    chunks = run(stream, chunk(choices=[], prompt_filter_results=[]), text("a"))
    assert chunks[1].choices[0].delta.role == "assistant"


# -- empty chunks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [{}, {"content": ""}, {"content": None}, {"graph_data": {"sources": None}}])
def test_a_chunk_that_says_nothing_is_dropped(delta: dict[str, Any]) -> None:
    assert len(run(core(), text("a"), chunk(delta), text("b"))) == 3


@pytest.mark.parametrize(
    "delta",
    [
        {"tool_calls": [{"index": 0, "id": "t", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": []},
        {"function_call": {"name": "f", "arguments": ""}},
        {"reasoning_content": ""},
        {"provider_specific_fields": {"k": 1}},
        {"annotations": [{"type": "url_citation", "url_citation": LINK}]},
        {"reasoning_items": [{"id": "r"}]},
        {"audio": {"data": "QQ=="}},
        {"images": [{"image_url": {"url": "data:,"}}]},
        {"refusal": "I won't"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
    ],
    ids=str,
)
def test_a_chunk_that_says_something_besides_text_is_kept(delta: dict[str, Any]) -> None:
    kept = run(core(), text("a"), chunk(delta))[1].choices[0].delta
    name, value = next(iter(delta.items()))
    assert kept[name] is not None
    assert kept[name] == value or name in {"tool_calls", "function_call"}


@pytest.mark.parametrize("nothing", [None, b"", ""], ids=repr)
def test_an_item_that_is_nothing_is_skipped(nothing: object) -> None:
    assert contents(run(core(), nothing, text("a"), nothing)) == ["a", None]


# -- finish -------------------------------------------------------------------------------------------


def test_a_finish_reason_is_taken_off_the_text_and_comes_last() -> None:
    chunks = run(core(), text("a", choices=[{"delta": {"content": "a"}, "finish_reason": "length"}]))
    assert [(c.choices[0].delta.content, c.choices[0].finish_reason) for c in chunks] == [
        ("a", None),
        (None, "length"),
    ]


def test_a_finish_chunk_passes_through_with_an_empty_delta() -> None:
    finish = run(core(), text("a"), chunk({}, "stop"))[-1]
    assert finish.choices[0].finish_reason == "stop"
    assert set(finish.choices[0].delta.model_dump().values()) == {None}


def test_a_finish_reason_is_mapped_and_its_own_word_kept() -> None:
    finish = run(core(), text("a"), chunk({}, "max_tokens"))[-1].choices[0]
    assert finish.finish_reason == "length"
    assert finish["provider_specific_fields"] == {"native_finish_reason": "max_tokens"}


def test_the_finish_comes_exactly_once() -> None:
    assert finishes(run(core(), text("a"), chunk({}, "stop"), chunk({}, "stop"), chunk({}, "length"))) == [
        "stop"
    ]


def test_content_after_the_finish_is_still_delivered() -> None:
    chunks = run(core(), text("a"), chunk({}, "stop"), text("last words"))
    assert contents(chunks) == ["a", None, "last words"]


def test_results_of_azures_asynchronous_filter_are_delivered_after_the_finish_too() -> None:
    found = {
        "content_filter_results": {"hate": {"filtered": False}},
        "content_filter_offsets": {"start_offset": 0},
    }
    result = chunk(id="", choices=[{"index": 0, "finish_reason": None, **found}])
    chunks = run(core(), text("a"), result, chunk(finish="stop"), result)
    assert [c.choices[0].get("content_filter_offsets") for c in chunks] == [
        None,
        {"start_offset": 0},
        None,
        {"start_offset": 0},
    ]
    assert {c.id for c in chunks} == {"c-1"}


def test_a_missing_finish_is_a_stop() -> None:
    assert finishes(run(core(), text("a"))) == ["stop"]


def test_an_empty_stream_is_one_finish_chunk() -> None:
    chunks = run(core())
    assert len(chunks) == 1
    assert finishes(chunks) == ["stop"]


def test_strict_raises_where_a_stop_would_be_invented() -> None:
    with pytest.raises(IncompleteStreamError, match="without a finish reason for choice 0, after 1 chunk"):
        run(core(strict=True), text("a"))


def test_strict_accepts_a_finish_that_came_with_text() -> None:
    assert finishes(run(core(strict=True), text("a"), chunk({"content": "b"}, "stop"))) == ["stop"]


def test_strict_raises_for_an_error_as_finish_reason() -> None:
    choice = StreamingChoices(finish_reason="error")
    with pytest.raises(InternalServerError, match="finish_reason 'error'"):
        run(core(strict=True), ModelResponseStream(choices=[choice]))


def test_an_error_as_finish_reason_of_a_built_chunk_is_a_stop() -> None:
    assert finishes(run(core(), ModelResponseStream(choices=[StreamingChoices(finish_reason="error")]))) == [
        "stop"
    ]


def test_an_error_as_finish_reason_of_a_raw_chunk_raises() -> None:
    with pytest.raises(InternalServerError, match="finish_reason 'error'"):
        run(core(), chunk({}, "error"))


def test_stop_after_a_tool_call_is_tool_calls() -> None:
    call = {"index": 0, "id": "t", "function": {"name": "f", "arguments": "{}"}}
    *_, finish = run(core(), chunk({"tool_calls": [call]}), chunk({}, "stop"))
    assert finish.choices[0].finish_reason == "tool_calls"
    assert finish.choices[0].provider_specific_fields == {"native_finish_reason": "stop"}


def test_stop_in_the_chunk_of_a_tool_call_is_tool_calls() -> None:
    call = {"index": 0, "id": "t", "function": {"name": "f", "arguments": "{}"}}
    assert finishes(run(core(), chunk({"tool_calls": [call]}, "stop"))) == ["tool_calls"]


@pytest.mark.parametrize(
    ("delta", "reason"), [({"tool_calls": []}, "stop"), ({"function_call": {"name": "f"}}, "stop")]
)
def test_stop_without_a_tool_call_stays_stop(delta: dict[str, Any], reason: str) -> None:
    assert finishes(run(core(), chunk(delta), chunk({}, reason))) == [reason]


def test_other_finish_reasons_after_a_tool_call_stay() -> None:
    call = {"index": 0, "id": "t", "function": {"name": "f", "arguments": "{}"}}
    assert finishes(run(core(), chunk({"tool_calls": [call]}), chunk({}, "length"))) == ["length"]


def test_only_the_choice_with_the_call_ends_in_tool_calls() -> None:
    call = {"index": 0, "id": "t", "function": {"name": "f", "arguments": "{}"}}
    other = {"index": 1, "delta": {"content": "a"}, "finish_reason": None}
    first = chunk({"tool_calls": [call]})
    first["choices"].append(other)
    last = chunk({}, "stop")
    last["choices"].append({"index": 1, "delta": {}, "finish_reason": "stop"})
    assert finishes(run(core(), first, last)) == ["tool_calls", "stop"]


def test_stop_after_a_generic_tool_call_becomes_tool_calls() -> None:
    generic = {"text": "", "is_finished": False, "finish_reason": "", "usage": None, "index": 0}
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}, "index": 0}
    assert finishes(run(core(), {**generic, "tool_use": call})) == ["tool_calls"]


# -- identity -----------------------------------------------------------------------------------------


def test_id_created_and_model_never_change() -> None:
    items = [text("a"), text("b", id="c-2", created=6, model="other"), chunk({}, "stop", id="")]
    chunks = run(core(), *items)
    assert {(c.id, c.created, c.model) for c in chunks} == {("c-1", int(NOW), "asked-for")}


def test_without_an_id_all_chunks_share_a_made_up_one() -> None:
    ids = {c.id for c in run(core(), text("a", id=None), text("b", id=None))}
    assert len(ids) == 1
    assert ids.pop().startswith("chatcmpl-")


def test_what_the_provider_said_stays_in_the_hidden_params() -> None:
    hidden = run(core(), text("a", id="c-9"))[0]._hidden_params
    assert (hidden["received_model_id"], hidden["provider_response_model"]) == ("c-9", "served")


def test_azure_streams_carry_the_model_that_answered() -> None:
    assert run(core(custom_llm_provider="azure"), text("a"))[0].model == "served"


def test_a_nameless_first_chunk_waits_so_that_the_id_stays_one() -> None:
    first = chunk(choices=[], id="", model="", created=0, prompt_filter_results=[{"prompt_index": 0}])
    chunks = run(core(include_usage=True), first, text("a"), chunk({}, "stop"))
    assert {c.id for c in chunks} == {"c-1"}
    assert chunks[0]["prompt_filter_results"] == [{"prompt_index": 0}]
    assert chunks[0].choices == []


def test_a_fingerprint_follows_the_source() -> None:
    assert run(core(), text("a", system_fingerprint="fp"))[0].system_fingerprint == "fp"


def test_unknown_top_level_fields_are_handed_on() -> None:
    assert run(core(), text("a", service_tier="flex"))[0]["service_tier"] == "flex"


def test_citations_are_always_there() -> None:
    chunks = run(core(), text("a"), text("b", citations=["u"]))
    assert [chunks[0]["citations"], chunks[1]["citations"]] == [None, ["u"]]


def test_provider_specific_fields_are_attributes_too() -> None:
    assert run(core(), text("a", provider_specific_fields={"trace": 7}))[0]["trace"] == 7


def test_an_incoming_chunk_is_never_changed() -> None:
    source = ModelResponseStream(
        **chunk({"role": "user", "content": "a"}, "stop", usage={"prompt_tokens": 1})
    )
    before = copy.deepcopy(source)
    emitted = run(core(merge_reasoning=True), source)
    emitted[0].choices[0].delta.content = "changed by the caller"
    assert source == before


def test_a_caller_may_add_up_a_call_in_place() -> None:
    call = {"index": 0, "id": "t", "function": {"name": "f", "arguments": "{"}}
    source = ModelResponseStream(**chunk({"tool_calls": [call], "thinking_blocks": [{"thinking": "a"}]}))
    before = copy.deepcopy(source)
    delta = run(core(), source)[0].choices[0].delta
    delta.tool_calls[0].function.arguments += "}"
    delta.tool_calls.clear()
    delta.thinking_blocks.clear()
    assert source == before


# -- usage --------------------------------------------------------------------------------------------

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def test_usage_is_hidden_unless_asked_for() -> None:
    chunks = run(core(), text("a", usage=USAGE), chunk({}, "stop"))
    assert not any(hasattr(c, "usage") for c in chunks)
    assert chunks[0]._hidden_params["usage"].total_tokens == 8


def test_include_usage_ends_with_a_usage_chunk() -> None:
    *others, last = run(
        core(include_usage=True), text("a"), chunk({}, "stop"), chunk(choices=[], usage=USAGE)
    )
    assert not any(hasattr(c, "usage") for c in others)
    assert last.usage.total_tokens == 8
    assert [c.finish_reason for c in last.choices] == [None]


def test_what_comes_beside_the_usage_is_shown_with_it() -> None:
    timed = chunk(choices=[], usage=USAGE, timings={"prompt_ms": 5.0})
    last = run(core(include_usage=True), text("a"), chunk({}, "stop"), timed)[-1]
    assert (last.usage.total_tokens, last["timings"]) == (8, {"prompt_ms": 5.0})


def test_late_usage_reaches_the_finish_chunk_that_is_already_out() -> None:
    stream = core(usage_on_finish=True)
    out = [c for item in (text("a"), chunk({}, "stop")) for c in stream.feed(item)]
    assert out[-1]._hidden_params["usage"] == Usage()
    list(stream.feed(chunk(choices=[], usage=USAGE)))
    list(stream.flush())
    assert out[-1]._hidden_params["usage"].completion_tokens == 5


def test_a_usage_known_by_then_is_on_the_finish_chunk_at_once() -> None:
    stream = core(usage_on_finish=True)
    out = [c for item in (text("a", usage=USAGE), chunk({}, "stop")) for c in stream.feed(item)]
    assert out[-1]._hidden_params["usage"].completion_tokens == 5


def test_a_reported_usage_counts_though_the_chunks_cannot_be_added_up() -> None:
    broken = ModelResponseStream(**text("a"))
    broken.choices[0].delta.__dict__["audio"] = 7
    last = run(core(include_usage=True), broken, chunk({}, "stop"), chunk(choices=[], usage=USAGE))[-1]
    assert last.usage.total_tokens == 8


def test_a_usage_that_nobody_reported_is_estimated_at_the_end() -> None:
    finish = run(core(usage_on_finish=True), text("a few words"), chunk({}, "stop"))[-1]
    assert finish._hidden_params["usage"].completion_tokens == 3


def test_a_chunk_of_metadata_only_is_shown_where_usage_is() -> None:
    metadata = chunk(choices=[], prompt_filter_results=[])
    assert [len(c.choices) for c in run(core(include_usage=True), metadata, text("a"))] == [0, 1, 1, 1]
    assert [len(c.choices) for c in run(core(), metadata, text("a"))] == [1, 1]


# -- tools, reasoning, several choices -----------------------------------------------------------------


def test_tool_call_fragments_pass_as_they_are() -> None:
    first = {"index": 1, "id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}
    chunks = run(
        core(),
        chunk({"tool_calls": [first]}),
        chunk({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]}),
    )
    one, two = (c.choices[0].delta.tool_calls[0] for c in chunks[:2])
    assert (one.id, one.index, one.function.name) == ("t", 1, "f")
    assert (two.id, two.type, two.function.arguments) == (None, "function", "{}")


def test_a_generic_tool_is_a_function_call_where_functions_were_asked_for() -> None:
    generic = {"text": "", "is_finished": False, "finish_reason": "", "usage": None, "index": 0}
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}, "index": 0}
    delta = run(core(functions=True), {**generic, "tool_use": call})[0].choices[0].delta
    assert delta.tool_calls is None
    assert (delta.function_call.name, delta.function_call.arguments) == ("f", "{}")


def test_reasoning_passes_by_itself() -> None:
    delta = run(core(), chunk({"reasoning": "hm"}))[0].choices[0].delta
    assert (delta.reasoning_content, delta.content) == ("hm", None)


def test_merged_reasoning_stands_between_think_tags() -> None:
    items = [chunk({"reasoning_content": "a"}), chunk({"reasoning_content": "b"}), text("c"), text("d")]
    assert contents(run(core(merge_reasoning=True), *items)) == ["<think>a", "b", "</think>c", "d", None]


def test_merged_reasoning_is_no_longer_reasoning() -> None:
    assert not hasattr(
        run(core(merge_reasoning=True), chunk({"reasoning_content": "a"}))[0].choices[0].delta,
        "reasoning_content",
    )


def test_merged_reasoning_without_an_answer_stays_open() -> None:
    assert contents(run(core(merge_reasoning=True), chunk({"reasoning_content": "a"}))) == ["<think>a", None]


def test_logprobs_stay_with_their_choice() -> None:
    logprobs = {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}]}
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": logprobs, "finish_reason": None}
    assert run(core(), chunk(choices=[choice]))[0].choices[0].logprobs == logprobs


def several(*choices: tuple[int, str | None, str | None]) -> dict[str, Any]:
    return chunk(
        choices=[
            {"index": index, "delta": {"content": content}, "finish_reason": finish}
            for index, content, finish in choices
        ]
    )


def test_each_choice_has_its_role_once() -> None:
    chunks = run(core(), several((0, "a", None), (1, "b", None)), several((1, "c", None)))
    roles = [(c.index, c.delta.role) for chunk in chunks for c in chunk.choices if not c.finish_reason]
    assert roles == [(0, "assistant"), (1, "assistant"), (1, None)]


def test_each_choice_has_its_finish_once() -> None:
    items = [
        several((0, "a", None)),
        several((1, "b", "length")),
        several((0, None, "stop")),
        several((1, None, "stop")),
    ]
    chunks = run(core(), *items)
    assert [(c.index, c.finish_reason) for chunk in chunks for c in chunk.choices if c.finish_reason] == [
        (0, "stop"),
        (1, "stop"),
    ]


def test_an_empty_choice_beside_a_full_one_is_left_out() -> None:
    chunks = run(core(), several((0, "a", None), (1, "b", None)), several((0, "", None), (1, "c", None)))
    assert [c.index for c in chunks[1].choices] == [1]


def test_the_text_so_far_is_that_of_the_first_choice() -> None:
    stream = core()
    run(stream, several((0, "a", None), (1, "b", None)), several((0, "c", None)))
    assert stream.text == "ac"


def test_hidden_params_tell_when_a_chunk_went_out() -> None:
    assert run(core(hidden={"api_base": "x"}), text("a"))[0]._hidden_params == {
        "api_base": "x",
        "created_at": NOW,
        "received_model_id": "c-1",
        "provider_response_model": "served",
    }


# -- lists that came with a chunk ---------------------------------------------------------------------

LOGPROBS = {"content": [{"token": "a", "logprob": -0.1}]}


def said_once(chunks: list[ModelResponseStream], find: Any) -> list[Any]:
    return [found for chunk in chunks if (found := find(chunk))]


@pytest.mark.parametrize("finish", ["stop", None])
def test_log_probabilities_come_once(finish: str | None) -> None:
    choice = {"delta": {"content": "a"}, "finish_reason": finish, "logprobs": LOGPROBS, "token_ids": [7]}
    chunks = run(core(), chunk(choices=[choice]), chunk({}, "stop"))
    assert said_once(chunks, lambda c: c.choices[0].logprobs) == [LOGPROBS]
    assert said_once(chunks, lambda c: c.choices[0].get("token_ids")) == [[7]]
    response = stream_chunk_builder(chunks)
    assert response is not None
    assert response.choices[0].logprobs == LOGPROBS
    assert response.choices[0]["token_ids"] == [7]


TWO_FINISH = [{"index": 0, "finish_reason": "stop"}, {"index": 1, "finish_reason": "stop"}]
TEXT_AND_FINISH = [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "finish_reason": "stop"}]


@pytest.mark.parametrize("choices", [TWO_FINISH, TEXT_AND_FINISH], ids=["two finish", "text and finish"])
def test_lists_atop_a_chunk_come_once(choices: list[dict[str, Any]]) -> None:
    fields: dict[str, Any] = {
        "vertex_ai_safety_results": [{"s": 1}],
        "citations": ["u"],
        "service_tier": "default",
    }
    choices = [{"delta": {}, **choice} for choice in choices]
    chunks = run(core(), chunk(choices=choices, provider_specific_fields={"seen": ["x"]}, **fields))
    for name in ("vertex_ai_safety_results", "citations", "provider_specific_fields"):
        assert len(said_once(chunks, lambda c, name=name: c.get(name))) == 1
    assert len(said_once(chunks, lambda c: c.get("service_tier"))) == 2


def test_a_finish_that_came_with_text_keeps_the_providers_word() -> None:
    chunks = run(core(), chunk({"content": "a"}, "max_tokens"))
    assert chunks[-1].choices[0]["provider_specific_fields"] == {"native_finish_reason": "max_tokens"}


# -- the response -------------------------------------------------------------------------------------


def test_the_response_follows_the_order_of_emission_though_the_clock_goes_back() -> None:
    moments = iter([NOW, NOW - 5, NOW + 1, NOW - 9])
    stream = StreamCore(StreamOptions(model="m"), now=lambda: next(moments), build=stream_chunk_builder)
    chunks = run(stream, text("one "), text("two "), text("three"), chunk({}, "stop"))
    for response in (stream.response(), stream_chunk_builder(chunks)):
        assert response is not None
        assert response.choices[0].message.content == "one two three"


def test_a_chunk_that_was_broken_by_hand_breaks_no_stream(caplog: pytest.LogCaptureFixture) -> None:
    broken = ModelResponseStream(**text("a"))
    broken.choices[0].delta.__dict__["audio"] = 7
    stream = core()
    assert contents(run(stream, broken)) == ["a", None]
    assert stream.response() is None
    assert "can't be added up" in caplog.text
