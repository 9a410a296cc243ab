"""What real streams show that no documentation does: a minimal stream for each, and what becomes of it.

A test is named after its oddity, so that `tests/conformance` can tell that none lacks one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.errors import APIConnectionError, IncompleteStreamError
from unspool.models import ChatCompletionMessageToolCall, Message, ModelResponse, ModelResponseStream
from unspool.providers import pipeline_for
from unspool.samples import sample_body
from unspool.streaming.wrapper import CustomStreamWrapper
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

JSON = dict[str, Any]

OPENAI, ANTHROPIC, RESPONSES = "openai-chat", "anthropic-messages", "openai-responses"
GEMINI = "gemini-generate"
BEDROCK = "bedrock-converse"


# -- streams of our own -------------------------------------------------------------------------------


def chunk(delta: JSON | None = None, finish: str | None = None, **fields: Any) -> JSON:
    """A chunk such as OpenAI's."""
    return {
        "id": "chatcmpl-odd",
        "object": "chat.completion.chunk",
        "created": 1_767_225_600,
        "model": "odd-1",
        "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}],
        **fields,
    }


def text(content: str, finish: str | None = None, **fields: Any) -> JSON:
    return chunk({"content": content}, finish, **fields)


def call(**fragment: Any) -> JSON:
    return chunk({"tool_calls": [fragment]})


def without(item: JSON, key: str) -> JSON:
    return {name: value for name, value in item.items() if name != key}


STOP = chunk(finish="stop")


def sse(*items: JSON, done: bool = True) -> bytes:
    blocks = [f"data: {json.dumps(item)}\n\n" for item in items]
    return "".join([*blocks, "data: [DONE]\n\n" if done else ""]).encode()


def events(*items: JSON) -> bytes:
    """Events such as Anthropic's."""
    return "".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items).encode()


def message_start(**fields: Any) -> JSON:
    message = {"id": "msg_odd", "type": "message", "role": "assistant", "model": "odd-2", "content": []}
    usage = {"input_tokens": 9, "output_tokens": 1}
    return {"type": "message_start", "message": {**message, "usage": usage, **fields}}


def text_block(content: str) -> list[JSON]:
    return [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": content}},
        {"type": "content_block_stop", "index": 0},
    ]


def message_end(reason: str = "end_turn", tokens: int = 5) -> list[JSON]:
    usage = {"output_tokens": tokens}
    return [
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage},
        {"type": "message_stop"},
    ]


def responded(content: str) -> list[JSON]:
    """The events of a response such as OpenAI's, but for their `sequence_number`."""
    head = {"id": "resp_odd", "object": "response", "created_at": 1_767_225_600, "model": "odd-3"}
    part = {"type": "output_text", "text": content, "annotations": []}
    item = {"id": "msg_odd", "type": "message", "role": "assistant", "content": [part]}
    counts = {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14}
    place = {"output_index": 0, "content_index": 0}
    return [
        {"type": "response.created", "response": {**head, "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", **place, "delta": content},
        {"type": "response.output_text.done", **place, "text": content},
        {
            "type": "response.completed",
            "response": {**head, "status": "completed", "output": [item], "usage": counts},
        },
    ]


# -- what becomes of them -----------------------------------------------------------------------------


def read(*pieces: bytes, wire_format: str = OPENAI, strict: bool = True) -> list[ModelResponseStream]:
    """The chunks that a user gets. Strict, so that a finish reason which gets lost fails the test."""
    source = normalized(*pieces, wire_format=wire_format)
    return list(CustomStreamWrapper(source, "odd", stream_options={"include_usage": True}, strict=strict))


def normalized(*pieces: bytes, wire_format: str = OPENAI) -> Iterator[ModelResponseStream]:
    pipeline = pipeline_for(wire_format)
    for piece in pieces:
        yield from pipeline.feed(piece)
    yield from pipeline.flush()


def rebuilt(*pieces: bytes, wire_format: str = OPENAI) -> ModelResponse:
    response = stream_chunk_builder(read(*pieces, wire_format=wire_format))
    assert response is not None
    return response


def said(*pieces: bytes, wire_format: str = OPENAI) -> Message:
    return rebuilt(*pieces, wire_format=wire_format).choices[0].message


def called(*pieces: bytes) -> list[tuple[str | None, str | None, str]]:
    return [_outline(call) for call in said(*pieces).tool_calls or []]


def _outline(call: ChatCompletionMessageToolCall) -> tuple[str | None, str | None, str]:
    assert call.function is not None
    return call.id, call.function.name, call.function.arguments


def finishes(chunks: list[ModelResponseStream]) -> list[str]:
    return [choice.finish_reason for each in chunks for choice in each.choices if choice.finish_reason]


def tokens(response: ModelResponse) -> tuple[int, int, int]:
    usage = response.usage
    return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens


def usage(prompt: int, completion: int) -> JSON:
    total = prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


# -- server-sent events -------------------------------------------------------------------------------


def test_crlf() -> None:
    body = sse(text("One "), text("line."), STOP).replace(b"\n", b"\r\n")
    assert said(body).content == "One line."


def test_crlf_cut_between_its_characters() -> None:
    body = sse(text("One "), text("line."), STOP).replace(b"\n", b"\r\n")
    pieces = [piece + b"\r" for piece in body.split(b"\r")]
    assert said(*pieces).content == "One line."


def test_comment() -> None:
    body = b": PROCESSING\n\n: PROCESSING\n\n" + sse(text("At last."), STOP)
    assert said(body).content == "At last."


def test_no_done() -> None:
    assert finishes(read(sse(text("Bye."), STOP, done=False))) == ["stop"]


def test_no_final_blank_line() -> None:
    body = sse(text("Bye."), STOP, done=False).rstrip(b"\n")
    assert finishes(read(body)) == ["stop"]


def test_chunk_splits_event() -> None:
    body = sse(text("naïve"), STOP)
    half = body.index(b"\\u00ef") + 1
    assert said(body[:half], body[half:]).content == "naïve"


def test_chunk_splits_event_inside_a_character() -> None:
    body = sse(text("na-ve"), STOP).replace(b"na-ve", "naïve".encode())
    half = body.index("ï".encode()) + 1
    assert said(body[:half], body[half:]).content == "naïve"


def test_multiline_data() -> None:
    block = "".join(f"data: {line}\n" for line in json.dumps(text("Spread out."), indent=1).split("\n"))
    assert said(block.encode() + b"\n" + sse(STOP)).content == "Spread out."


def test_non_json_data() -> None:
    with pytest.raises(APIConnectionError, match="broken JSON"):
        read(sse(text("So far"), done=False), b"data: <html>502</html>\n\n")


def test_id_field() -> None:
    body = b"id: 17\n" + sse(text("Numbered."), STOP)
    assert said(body).content == "Numbered."


@pytest.mark.parametrize("wire_format", [OPENAI, ANTHROPIC, RESPONSES])
def test_foreign_event(wire_format: str) -> None:
    bodies = {
        OPENAI: sse(text("Still here."), STOP),
        ANTHROPIC: events(message_start(), *text_block("Still here."), *message_end()),
        RESPONSES: events(*responded("Still here.")),
    }
    body = b'event: keepalive\ndata: {"type": "keepalive"}\n\n' + bodies[wire_format]
    assert said(body, wire_format=wire_format).content == "Still here."


# -- OpenAI's chunks: what names the stream -----------------------------------------------------------


def test_empty_choices() -> None:
    chunks = read(sse(chunk(choices=[], prompt_filter_results=[]), text("Hi."), STOP))
    assert [len(each.choices) for each in chunks] == [0, 1, 1, 1]
    assert chunks[1].choices[0].delta.role == "assistant"


def test_empty_choices_of_azure_come_with_the_streams_id() -> None:
    chunks = read(sample_body("azure/prompt-filter"))
    assert chunks[0].choices == []
    assert len({each.id for each in chunks}) == 1


@pytest.mark.parametrize("first", [chunk(created=0), without(chunk(), "created"), chunk(created=None)])
def test_created_0_or_missing(first: JSON) -> None:
    chunks = read(sse(first, text("Hi."), STOP))
    assert len({each.created for each in chunks}) == 1
    assert chunks[0].created > 0


@pytest.mark.parametrize("empty", ["", None], ids=repr)
def test_id_empty_or_null(empty: str | None) -> None:
    chunks = read(sse(chunk(choices=[], id=empty), text("Hi."), STOP))
    assert {each.id for each in chunks} == {"chatcmpl-odd"}


def test_id_empty_or_null_throughout() -> None:
    (made_up,) = {each.id for each in read(sse(text("Hi.", id=None), chunk(finish="stop", id="")))}
    assert made_up.startswith("chatcmpl-")


def test_id_missing() -> None:
    chunks = read(sse(without(text("Hi."), "id"), without(STOP, "id")))
    assert len({each.id for each in chunks}) == 1
    assert chunks[0].id


def test_id_changes_mid_stream() -> None:
    chunks = read(sse(text("a", id="chatcmpl-1"), text("b", id="chatcmpl-2"), STOP))
    assert {each.id for each in chunks} == {"chatcmpl-1"}


def test_model_empty() -> None:
    chunks = read(sse(chunk(choices=[], model=""), text("Hi."), STOP))
    assert {each.model for each in chunks} == {"odd"}
    assert chunks[-2]._hidden_params["provider_response_model"] == "odd-1"


def test_model_empty_with_azure_which_names_its_deployments_model_later() -> None:
    source = normalized(sse(chunk(choices=[], model="", id=""), text("Hi."), STOP))
    wrapper = CustomStreamWrapper(source, "asked-for", None, "azure", {"include_usage": True})
    assert {each.model for each in wrapper} == {"odd-1"}


# -- OpenAI's chunks: roles, ends, usage --------------------------------------------------------------


def test_role_repeated() -> None:
    delta = {"role": "assistant", "content": "ha"}
    chunks = read(sse(chunk(delta), chunk(delta), chunk({**delta, "content": ""}, "stop")))
    assert [choice.delta.role for each in chunks[:3] for choice in each.choices] == ["assistant", None, None]


def test_content_in_finish_chunk() -> None:
    chunks = read(sse(text("All "), text("at once.", "length")))
    assert finishes(chunks) == ["length"]
    assert [each.choices[0].delta.content for each in chunks] == ["All ", "at once.", None, None]


def test_tool_calls_in_finish_chunk() -> None:
    calls = [{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    body = sse(chunk({"tool_calls": calls}, "tool_calls"))
    assert finishes(read(body)) == ["tool_calls"]
    assert called(body) == [("c1", "f", "{}")]


def test_finish_reason_repeated() -> None:
    assert finishes(read(sse(text("Hi."), STOP, chunk({"role": "assistant"}, "stop"), STOP))) == ["stop"]


def test_no_finish_reason() -> None:
    with pytest.raises(IncompleteStreamError):
        read(sse(text("And then")))


def test_no_finish_reason_is_a_stop_unless_strict() -> None:
    assert finishes(read(sse(text("And then")), strict=False)) == ["stop"]


def test_usage_in_many_chunks() -> None:
    body = sse(
        text("a", usage=usage(4, 1)), text("b", usage=usage(4, 2)), chunk(finish="stop", usage=usage(4, 3))
    )
    assert tokens(rebuilt(body)) == (4, 3, 7)
    assert [hasattr(each, "usage") for each in read(body)] == [False, False, False, True]


def test_choice_without_delta() -> None:
    filtered: JSON = {"index": 0, "finish_reason": None, "content_filter_results": {}}
    assert said(sse(chunk(choices=[filtered]), text("Fine."), STOP)).content == "Fine."


# -- OpenAI's chunks: tool calls ----------------------------------------------------------------------


def test_tool_call_without_index() -> None:
    calls = [
        {"id": "c1", "function": {"name": "f", "arguments": '{"n": 1}'}},
        {"id": "c2", "function": {"name": "g", "arguments": '{"n": 2}'}},
    ]
    body = sse(chunk({"tool_calls": calls}), chunk(finish="tool_calls"))
    assert called(body) == [("c1", "f", '{"n": 1}'), ("c2", "g", '{"n": 2}')]


def test_tool_call_first_delta_without_id() -> None:
    body = sse(
        call(index=0, function={"name": "f", "arguments": "{"}),
        call(index=0, id="c1", function={"arguments": "}"}),
        chunk(finish="tool_calls"),
    )
    assert called(body) == [("c1", "f", "{}")]


def test_tool_call_arguments_null() -> None:
    body = sse(
        call(index=0, id="c1", function={"name": "f", "arguments": None}),
        call(index=0, function={"name": None, "arguments": '{"n": 1}'}),
        chunk(finish="tool_calls"),
    )
    assert called(body) == [("c1", "f", '{"n": 1}')]


def test_tool_calls_same_index_different_id() -> None:
    body = sse(
        call(index=0, id="c1", function={"name": "f", "arguments": '{"n": 1}'}),
        call(index=0, id="c2", function={"name": "f", "arguments": '{"n": 2}'}),
        chunk(finish="tool_calls"),
    )
    assert called(body) == [("c1", "f", '{"n": 1}'), ("c2", "f", '{"n": 2}')]


# -- Anthropic's events -------------------------------------------------------------------------------


def test_several_message_start() -> None:
    body = events(message_start(), message_start(), *text_block("Once."), *message_end())
    chunks = read(body, wire_format=ANTHROPIC)
    assert {each.id for each in chunks} == {"msg_odd"}
    assert tokens(rebuilt(body, wire_format=ANTHROPIC)) == (9, 5, 14)


def test_several_message_delta() -> None:
    first = [message_start(), *text_block("First. "), *message_end("tool_use")]
    second = [message_start(id="msg_next"), *text_block("Second."), *message_end("end_turn")]
    chunks = read(events(*first, *second), wire_format=ANTHROPIC)
    assert finishes(chunks) == ["tool_calls"]
    assert {each.id for each in chunks} == {"msg_odd"}
    assert said(events(*first, *second), wire_format=ANTHROPIC).content == "First. Second."


def test_done_in_anthropic_stream() -> None:
    body = events(message_start(), *text_block("Done."), *message_end()) + b"event: data\ndata: [DONE]\n\n"
    assert said(body, wire_format=ANTHROPIC).content == "Done."


def test_input_in_content_block_start() -> None:
    block = {"type": "tool_use", "id": "toolu_1", "name": "roll", "input": {"sides": 6}}
    body = events(
        message_start(),
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_stop", "index": 0},
        *message_end("tool_use"),
    )
    (whole,) = said(body, wire_format=ANTHROPIC).tool_calls or []
    assert _outline(whole) == ("toolu_1", "roll", '{"sides": 6}')


# -- the events of OpenAI's Responses -----------------------------------------------------------------


def test_done_in_responses_stream() -> None:
    body = events(*responded("Done.")) + b"data: [DONE]\n\n"
    assert said(body, wire_format=RESPONSES).content == "Done."


def test_no_sequence_number() -> None:
    body = events(*responded("Uncounted."))
    assert said(body, wire_format=RESPONSES).content == "Uncounted."
    assert tokens(rebuilt(body, wire_format=RESPONSES)) == (9, 5, 14)


# -- Gemini's responses -------------------------------------------------------------------------------


def gemini(*parts: JSON, finish: str | None = None, **fields: Any) -> JSON:
    """A response with one candidate; without parts it has no content."""
    candidate: JSON = {"content": {"parts": list(parts)}} if parts else {}
    ended = {"finishReason": finish} if finish else {}
    return {"candidates": [{**candidate, **ended, **fields}], "responseId": "odd", "modelVersion": "odd-3"}


def test_candidate_without_content() -> None:
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]
    body = sse(gemini({"text": "Copied."}), gemini(safetyRatings=ratings), gemini(finish="RECITATION"))
    response = rebuilt(body, wire_format=GEMINI)
    assert response.choices[0].message.content == "Copied."
    assert response.choices[0].finish_reason == "content_filter"
    assert response["vertex_ai_safety_ratings"] == [ratings]


def test_content_without_parts() -> None:
    empty = [gemini(content=content) for content in ({}, {"role": "model"}, {"missing-parts": True})]
    body = sse(gemini({"text": "Hi."}), *empty, gemini(finish="STOP"))
    assert said(body, wire_format=GEMINI).content == "Hi."


def test_chunk_without_candidates() -> None:
    feedback = {"blockReason": "SAFETY", "blockReasonMessage": "Reasons"}
    (finish, _) = read(sse({"promptFeedback": feedback}), wire_format=GEMINI)
    assert finishes([finish]) == ["content_filter"]
    assert finish["prompt_feedback"] == feedback


def test_empty_text_part() -> None:
    body = sse(gemini({"text": "Hi."}), gemini({"text": "", "thoughtSignature": "c2ln"}, finish="STOP"))
    message = said(body, wire_format=GEMINI)
    assert message.content == "Hi."
    assert message.provider_specific_fields == {"thought_signatures": ["c2ln"]}


def test_finishreason_in_many_chunks() -> None:
    body = sse(gemini({"text": "Cats "}, finish="STOP"), gemini({"text": "and dogs"}, finish="MAX_TOKENS"))
    chunks = read(body, wire_format=GEMINI)
    assert finishes(chunks) == ["length"]
    assert said(body, wire_format=GEMINI).content == "Cats and dogs"


def test_no_finishreason() -> None:
    body = sse(gemini({"text": "Cut"}))
    assert finishes(read(body, wire_format=GEMINI, strict=False)) == ["stop"]
    with pytest.raises(IncompleteStreamError):
        read(body, wire_format=GEMINI)


# -- Bedrock's events ---------------------------------------------------------------------------------


def test_text_block_without_contentblockstart() -> None:
    events = (
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 1, "totalTokens": 10}}},
    )
    frames = [
        encode_aws(WireEvent(name=name, data=json.dumps(body)))
        for each in events
        for name, body in each.items()
    ]
    response = rebuilt(*frames, wire_format=BEDROCK)
    assert (response.choices[0].message.content, tokens(response)) == ("Hi", (9, 1, 10))


# -- not seen yet -------------------------------------------------------------------------------------


def test_what_can_not_be_rebuilt_does_not_break_the_stream() -> None:
    counts = usage(4, 3)
    chunks = read(sse(chunk({"content": "Hi.", "audio": "what?"}), chunk(finish="stop", usage=counts)))
    assert finishes(chunks) == ["stop"]
    assert chunks[-1].usage.total_tokens == 7


def test_azures_filter_may_be_followed_by_nothing_but_the_end() -> None:
    chunks = read(sse(chunk(choices=[], id="", model=""), chunk(finish="content_filter")))
    assert [len(each.choices) for each in chunks] == [0, 1, 1]
    assert {each.id for each in chunks} == {"chatcmpl-odd"}
