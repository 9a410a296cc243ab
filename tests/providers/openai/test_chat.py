"""OpenAI's chunks and the dialects of those who speak them, as chunks; whole bodies as responses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.errors import (
    APIResponseValidationError,
    BadGatewayError,
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    NotFoundError,
    ProviderError,
    RateLimitError,
)
from unspool.models import ChatCompletionDeltaToolCall, Delta, Message, ModelResponse, ModelResponseStream
from unspool.providers import pipeline_for
from unspool.providers.openai.chat import OpenAIChatNormalizer, chunk_from, response_from_openai
from unspool.samples import sample_body
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED

JSON = dict[str, Any]


def chunk(delta: JSON | None = None, finish: str | None = None, **fields: Any) -> JSON:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "created": 5,
        "model": "m",
        "choices": [choice],
        **fields,
    }


def event(data: object, name: str = "message", **fields: Any) -> WireEvent:
    return WireEvent(name=name, data=data if isinstance(data, str) else json.dumps(data), **fields)


def run(*events: WireEvent | JSON) -> list[ModelResponseStream]:
    stage = OpenAIChatNormalizer()
    each = (item if isinstance(item, WireEvent) else event(item) for item in events)
    return [chunk for item in each for chunk in stage.feed(item)] + list(stage.flush())


def delta_of(said: JSON) -> Delta:
    return run(chunk(said))[0].choices[0].delta


def numbers(*deltas: list[JSON]) -> list[int]:
    """The indices that the tool calls of these deltas are given."""
    return [call.index for calls in deltas_of(*deltas) for call in calls]


def deltas_of(*deltas: list[JSON]) -> list[list[ChatCompletionDeltaToolCall]]:
    return [
        each.choices[0].delta.tool_calls or [] for each in run(*(chunk({"tool_calls": d}) for d in deltas))
    ]


def call(call_id: str | None = None, name: str | None = None, arguments: str = "", **fields: Any) -> JSON:
    return {"id": call_id, "function": {"name": name, "arguments": arguments}, **fields}


def raised_by(*events: WireEvent | JSON) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        run(*events)
    return caught.value


# -- chunks -------------------------------------------------------------------------------------------


def test_a_chunk_of_openai_comes_through_as_it_is() -> None:
    (came,) = run(
        chunk({"role": "assistant", "content": "Hi"}, service_tier="default", system_fingerprint="fp")
    )
    assert (came.id, came.created, came.model, came.system_fingerprint) == ("c-1", 5, "m", "fp")
    assert came["service_tier"] == "default"
    assert came.choices[0].delta.content == "Hi"


def test_every_choice_of_a_chunk_comes_through() -> None:
    choices = [{"index": index, "delta": {"content": letter}} for index, letter in enumerate("ab")]
    (came,) = run(chunk(choices=choices))
    assert [(choice.index, choice.delta.content) for choice in came.choices] == [(0, "a"), (1, "b")]


def test_what_is_read_is_not_changed() -> None:
    data = chunk(
        {"content": [{"type": "text", "text": "a"}], "reasoning": "r", "tool_calls": [call("c1", "f")]}
    )
    before = json.dumps(data)
    chunk_from(data)
    assert json.dumps(data) == before


@pytest.mark.parametrize("nothing", [{"choices": None}, {"choices": []}])
def test_choices_may_be_null_or_empty(nothing: JSON) -> None:
    assert run(chunk(**nothing))[0].choices == []


def test_choices_may_be_missing() -> None:
    assert run({"id": "c-1", "usage": {"prompt_tokens": 1}})[0].choices == []


@pytest.mark.parametrize("fields", [{"id": None}, {"id": ""}])
def test_an_id_may_be_null_or_empty(fields: JSON) -> None:
    assert run(chunk(**fields))[0].id == ""


@pytest.mark.parametrize(("created", "seconds"), [(5.75, 5), (None, 0), ("7", 7)])
def test_created_may_be_a_fraction_null_or_text(created: object, seconds: int) -> None:
    assert run(chunk(created=created))[0].created == seconds


@pytest.mark.parametrize("reason", ["", None], ids=repr)
def test_an_empty_finish_reason_is_none(reason: str | None) -> None:
    assert run(chunk(finish=reason))[0].choices[0].finish_reason is None


def test_a_choice_may_have_neither_delta_nor_message() -> None:
    (came,) = run(chunk(choices=[{"index": 0, "content_filter_results": {}}]))
    assert came.choices[0].delta.content is None


def test_a_choice_may_have_a_message_instead_of_a_delta() -> None:
    (came,) = run(chunk(choices=[{"index": 0, "message": {"content": "All."}, "finish_reason": "stop"}]))
    assert came.choices[0].delta.content == "All."


def test_of_a_delta_and_a_message_the_delta_counts() -> None:
    choice = {"index": 0, "delta": {"content": " more"}, "message": {"content": "And more"}}
    assert run(chunk(choices=[choice]))[0].choices[0].delta.content == " more"


def test_a_message_that_repeats_what_was_streamed_does_not_count() -> None:
    whole = {"index": 0, "message": {"role": "assistant", "content": "All."}, "finish_reason": "stop"}
    *_, last = run(chunk({"content": "All."}), chunk(choices=[whole], object="chat.completion"))
    assert last.choices[0].delta.content is None
    assert last.choices[0].finish_reason == "stop"


# -- text and reasoning -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": "hm", "reasoning_content": None},
        {"reasoning": "other", "reasoning_content": "hm"},
        {
            "reasoning_details": [
                {"type": "reasoning.text", "text": "h"},
                {"type": "reasoning.text", "text": "m"},
            ]
        },
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
    ],
    ids=str,
)
def test_reasoning_has_one_name(said: JSON) -> None:
    delta = delta_of(said)
    assert delta.reasoning_content == "hm"
    assert "reasoning" not in delta


def test_reasoning_details_stay_too() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "signature": "s"}]
    assert delta_of({"reasoning_details": details})["reasoning_details"] == details


def test_encrypted_reasoning_is_no_text() -> None:
    delta = delta_of({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]})
    assert not hasattr(delta, "reasoning_content")


def test_content_parts_are_joined() -> None:
    delta = delta_of(
        {"content": [{"type": "text", "text": "One "}, {"type": "text", "text": "line."}, " More."]}
    )
    assert delta.content == "One line. More."


def test_thinking_among_content_parts_is_reasoning() -> None:
    parts = [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]
    delta = delta_of({"content": [{"type": "thinking", "thinking": parts}]})
    assert delta.content is None
    assert delta.reasoning_content == "hm"


def test_thinking_among_content_parts_may_be_text() -> None:
    assert delta_of({"content": [{"type": "thinking", "thinking": "hm"}]}).reasoning_content == "hm"


def test_unknown_content_parts_are_kept() -> None:
    part = {"type": "reference", "reference_ids": [3]}
    delta = delta_of({"content": [{"type": "text", "text": "See"}, part]})
    assert delta.content == "See"
    assert delta.provider_specific_fields == {"content": [part]}


def test_databricks_summaries_are_reasoning_and_can_be_sent_back() -> None:
    summary = [{"type": "summary_text", "text": "Hm.", "signature": "s-1"}]
    delta = delta_of({"content": [{"type": "reasoning", "summary": summary}]})
    assert (delta.content, delta.reasoning_content) == (None, "Hm.")
    assert delta.thinking_blocks == [{"type": "thinking", "thinking": "Hm.", "signature": "s-1"}]


def test_databricks_citations_are_kept() -> None:
    cited = [[{"url": "a"}], [{"url": "b"}]]
    delta = delta_of({"content": [{"type": "text", "text": "Low.", "citations": cited}]})
    assert delta.content == "Low."
    assert delta.provider_specific_fields == {"citation": [{"url": "a"}]}


def test_an_error_of_watsonxs_chat_has_its_status() -> None:
    told = event({"errors": [{"code": "no", "message": "no such model"}], "status_code": 404}, name="error")
    with pytest.raises(NotFoundError, match="no such model"):
        run(told)


def test_thinking_text_and_calls_of_one_stream() -> None:
    pipeline = pipeline_for("openai-chat")
    chunks = [*pipeline.feed(sample_body("mistral/thinking-and-tools")), *pipeline.flush()]
    response = stream_chunk_builder(chunks)
    assert response is not None
    message = response.choices[0].message
    assert (message.reasoning_content, message.content) == ("Paris needs two calls.", "Looking it up.")
    assert [call.id for call in message.tool_calls or []] == ["unspoolW1", "unspoolT1"]


# -- tool calls ---------------------------------------------------------------------------------------


def test_an_index_that_is_sent_is_kept() -> None:
    assert numbers([call("c1", "f", index=3)], [call(index=3)]) == [3, 3]


def test_calls_in_one_delta_are_numbered() -> None:
    assert numbers([call("c1", "f"), call("c2", "g")]) == [0, 1]


def test_calls_are_numbered_through_the_stream() -> None:
    assert numbers([call("c1", "f")], [call("c2", "g")]) == [0, 1]


def test_a_fragment_with_a_known_id_continues_its_call() -> None:
    assert numbers([call("c1", "f")], [call("c2", "g")], [call("c1", None, "{}")]) == [0, 1, 0]


def test_a_fragment_without_id_continues_the_last_call() -> None:
    assert numbers([call("c1", "f")], [call(arguments="{}")]) == [0, 0]


def test_without_ids_a_name_begins_a_call() -> None:
    assert numbers([call(name="f", arguments="{}")], [call(name="f", arguments="{}")]) == [0, 1]


def test_each_choice_has_its_own_numbers() -> None:
    choices = [{"index": index, "delta": {"tool_calls": [call(f"c{index}", "f")]}} for index in (0, 1)]
    (came,) = run(chunk(choices=choices))
    assert [choice.delta.tool_calls[0].index for choice in came.choices if choice.delta.tool_calls] == [0, 0]


def test_ids_are_known_within_their_choice_only() -> None:
    stage = OpenAIChatNormalizer()
    for index, ids in ((0, ["a", "b"]), (1, ["b"])):
        calls = [call(one, "f") for one in ids]
        (came,) = stage.feed(event(chunk(choices=[{"index": index, "delta": {"tool_calls": calls}}])))
    assert [one.index for one in came.choices[0].delta.tool_calls or []] == [0]


def test_a_first_fragment_with_neither_id_nor_name_is_the_first_call() -> None:
    assert numbers([call(arguments="{")], [call(arguments="}")]) == [0, 0]


def test_one_call_may_stand_where_a_list_should() -> None:
    fragment = {"index": 0, "id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    (only,) = delta_of({"tool_calls": fragment}).tool_calls or []
    assert only.function is not None
    assert only.function.name == "f"


@pytest.mark.parametrize(("arguments", "text"), [(None, ""), ({"n": 1}, '{"n": 1}')], ids=repr)
def test_arguments_that_are_no_text_become_one(arguments: object, text: str) -> None:
    ((only,),) = deltas_of([{"index": 0, "id": "c1", "function": {"name": "f", "arguments": arguments}}])
    assert only.function is not None
    assert only.function.arguments == text


# -- usage --------------------------------------------------------------------------------------------

COUNTS = {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}


@pytest.mark.parametrize(
    "fields",
    [
        {"usage": COUNTS},
        {"usage": COUNTS, "choices": []},
        {"usage": None, "x_groq": {"id": "req", "usage": COUNTS}},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": COUNTS}]},
    ],
    ids=["usage", "without-choices", "x_groq", "in-a-choice"],
)
def test_usage_is_found(fields: JSON) -> None:
    usage = run(chunk(**fields))[0].usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 3, 7)


@pytest.mark.parametrize("fields", [{}, {"usage": None}, {"usage": {}}, {"x_groq": {"id": "req"}}], ids=str)
def test_without_counts_there_is_no_usage(fields: JSON) -> None:
    assert not hasattr(run(chunk(**fields))[0], "usage")


# -- errors -------------------------------------------------------------------------------------------


def test_groqs_error_has_a_status_of_its_own() -> None:
    error = raised_by({"error": {"message": "no call", "code": "tool_use_failed", "status_code": 400}})
    assert isinstance(error, BadRequestError)
    assert error.code == "tool_use_failed"


def test_openrouters_error_comes_with_a_chunk() -> None:
    error = raised_by(chunk({"content": ""}, error={"code": 502, "message": "upstream"}))
    assert isinstance(error, BadGatewayError)


def test_googles_error_comes_in_a_list() -> None:
    error = raised_by(event([{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}]))
    assert isinstance(error, RateLimitError)


def test_vllms_error_is_an_object_of_its_own() -> None:
    error = raised_by({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400})
    assert isinstance(error, BadRequestError)
    assert "too long" in str(error)


@pytest.mark.parametrize("data", [{"message": "out of memory"}, {"error": "out of memory"}, "out of memory"])
def test_an_event_named_error_is_one(data: object) -> None:
    error = raised_by(event(data, name="error"))
    assert isinstance(error, InternalServerError)
    assert "out of memory" in str(error)


def test_a_finish_reason_may_be_an_error() -> None:
    assert isinstance(raised_by(chunk(finish="error")), InternalServerError)


def test_what_came_before_the_error_is_delivered() -> None:
    stage = OpenAIChatNormalizer()
    assert len(list(stage.feed(event(chunk({"content": "a"}))))) == 1
    with pytest.raises(InternalServerError):
        list(stage.feed(event({"error": {"message": "gone"}})))


def test_an_error_of_null_is_none() -> None:
    assert run(chunk({"content": "a"}, error=None))[0].choices[0].delta.content == "a"


@pytest.mark.parametrize(
    "line",
    [
        'error: {"message": "gone"}',
        'error: {"error": {"message": "gone"}}',
        "error: gone",
        '{"error": "gone"}',
    ],
)
def test_an_error_may_stand_on_a_line_that_is_not_sse(line: str) -> None:
    error = raised_by(event(line, name=IGNORED))
    assert isinstance(error, InternalServerError)
    assert "gone" in str(error)


def test_a_chunk_may_stand_on_a_line_that_is_not_sse() -> None:
    (came,) = run(event(chunk(finish="stop"), name=IGNORED))
    assert came.choices[0].finish_reason == "stop"


def test_an_error_on_such_a_line_may_say_nothing() -> None:
    assert isinstance(raised_by(event("error:", name=IGNORED)), InternalServerError)


@pytest.mark.parametrize("line", ["upstream timed out", '{"status": "ok"}', "[1]"])
def test_any_other_such_line_is_ignored(line: str) -> None:
    assert run(event(line, name=IGNORED)) == []


# -- characters ---------------------------------------------------------------------------------------


def test_half_a_character_does_not_break_the_stream() -> None:
    halves = [json.dumps(chunk({"content": half})) for half in ("\ud83d", "\ude42")]
    contents = [came.choices[0].delta.content for came in run(*map(event, halves))]
    assert contents == ["\ufffd", "\ufffd"]


def test_whole_characters_beside_half_a_one_stay() -> None:
    (came,) = run(event(json.dumps(chunk({"content": "🙂 \ud83d"}))))
    assert came.choices[0].delta.content == "🙂 \ufffd"


# -- what is no chunk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["[DONE]", " [DONE] ", "[DONE]\n"])
def test_done_ends_the_stream(mark: str) -> None:
    assert run(event(mark), chunk({"content": "too late"}), event("<html>")) == []


@pytest.mark.parametrize("data", ["", "  "], ids=repr)
def test_an_event_without_data_is_nothing(data: str) -> None:
    assert run(event(data)) == []


@pytest.mark.parametrize("data", ['{"id": "c-1", "cho', "<html>", "[]", "[1, 2]", "7", '"text"', "null"])
def test_a_whole_event_that_is_no_json_object_is_malformed(data: str) -> None:
    with pytest.raises(MalformedEventError):
        run(event(data))


def test_a_last_event_that_was_cut_off_is_nothing() -> None:
    assert run(event('{"id": "c-1", "cho', complete=False)) == []


def test_a_last_event_that_lacks_only_its_blank_line_counts() -> None:
    assert len(run(event(json.dumps(chunk({"content": "a"})), complete=False))) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"choices": 3},
        {"choices": ["a"]},
        {"choices": [{"delta": "a"}]},
        {"choices": [{"delta": {"content": 3}}]},
        {"choices": [{"delta": {"content": [3]}}]},
        {"choices": [{"delta": {"tool_calls": ["a"]}}]},
        {"created": "yesterday"},
        {"usage": "much"},
    ],
    ids=str,
)
def test_json_of_another_shape_is_malformed(fields: JSON) -> None:
    with pytest.raises(MalformedEventError, match=r"expected a chat\.completion\.chunk"):
        run(chunk(**fields))


# -- whole bodies -------------------------------------------------------------------------------------


def body(message: JSON, **fields: Any) -> JSON:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [choice],
        **fields,
    }


def message_of(message: JSON) -> Message:
    return response_from_openai(body(message)).choices[0].message


def test_a_body_is_a_response() -> None:
    response = response_from_openai(body({"content": "Hi"}, usage=COUNTS, service_tier="default"))
    assert isinstance(response, ModelResponse)
    assert response.choices[0].message.content == "Hi"
    assert response.usage.total_tokens == 7
    assert response["service_tier"] == "default"


def test_every_choice_of_a_body_is_there() -> None:
    choices = [{"index": index, "message": {"content": letter}} for index, letter in enumerate("ab")]
    response = response_from_openai(body({}, choices=choices))
    assert [choice.message.content for choice in response.choices] == ["a", "b"]


def test_a_body_has_tool_calls() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    (only,) = message_of({"content": None, "tool_calls": calls}).tool_calls or []
    assert only.function is not None
    assert (only.id, only.function.name, only.function.arguments) == ("c1", "f", "{}")


def test_the_content_of_a_body_may_be_a_list() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Hi"},
    ]
    message = message_of({"content": parts})
    assert (message.content, message.reasoning_content) == ("Hi", "hm")


def test_the_reasoning_of_a_body_has_the_same_name_as_in_a_stream() -> None:
    assert message_of({"content": "Hi", "reasoning": "hm"}).reasoning_content == "hm"


@pytest.mark.parametrize(
    "error", [{"error": {"message": "no", "code": 429}}, {"object": "error", "code": 429}]
)
def test_a_body_may_be_an_error(error: JSON) -> None:
    with pytest.raises(RateLimitError):
        response_from_openai(error)


@pytest.mark.parametrize("other", [{}, {"choices": None}, {"result": "Hi"}], ids=str)
def test_a_body_without_choices_is_no_response(other: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="list of choices"):
        response_from_openai(other)


@pytest.mark.parametrize("message", [{"content": 3}, {"tool_calls": ["f"]}, {"content": [3]}], ids=str)
def test_a_body_of_another_shape_is_no_response(message: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match=r"expected a chat\.completion"):
        response_from_openai(body(message))


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_a_text_that_is_sent_whole_at_the_end_is_not_repeated(field: str) -> None:
    stage = OpenAIChatNormalizer()
    pieces = ("It may ", "rain today.", "It may rain today.")
    deltas = [
        chunk.choices[0].delta
        for piece in pieces
        for chunk in stage.read({"choices": [{"index": 0, "delta": {field: piece}}]})
    ]
    assert "".join(delta.get(field) or "" for delta in deltas) == "It may rain today."
