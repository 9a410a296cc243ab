"""Cohere's events of version 2 as chunks, and its whole answers as responses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.streams import JSON, called, deltas, finishes, kept, rebuilt, run, said, sse, tokens

from unspool.errors import (
    APIResponseValidationError,
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    ProviderError,
    Timeout,
)
from unspool.models import ModelResponseStream
from unspool.providers.cohere import CohereNormalizer, response_from_cohere

USAGE = {
    "billed_units": {"input_tokens": 5, "output_tokens": 3},
    "tokens": {"input_tokens": 70, "output_tokens": 4},
    "cached_tokens": 64,
}
DOCUMENT = {"type": "document", "id": "doc:0", "document": {"title": "Tides", "text": "Twice a day."}}
CITATION = {"start": 4, "end": 9, "text": "tides", "sources": [DOCUMENT], "type": "TEXT_CONTENT"}


def event(kind: str, index: int | None = None, **message: Any) -> JSON:
    placed = {} if index is None else {"index": index}
    return {"type": kind, **placed, "delta": {"message": message}}


def start() -> JSON:
    empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    return {"type": "message-start", "id": "m-1", "delta": {"message": empty}}


def text(content: str) -> JSON:
    return event("content-delta", 0, content={"text": content})


def end(reason: str = "COMPLETE", **more: Any) -> JSON:
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE, **more}}


def read(*events: JSON, after: bytes = b"") -> list[ModelResponseStream]:
    return run("cohere-v2", sse(*events) + after)


CALL = {"id": "f_1", "type": "function", "function": {"name": "f", "arguments": ""}}
CALLS = (
    event("tool-call-start", 0, tool_calls=CALL),
    event("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"n": '}}),
    event("tool-call-delta", 0, tool_calls={"function": {"arguments": "1}"}}),
    {"type": "tool-call-end", "index": 0},
    event("tool-call-start", 1, tool_calls={**CALL, "id": "f_2"}),
    {"type": "tool-call-end", "index": 1},
)


def test_text_comes_piece_by_piece_with_the_messages_id() -> None:
    chunks = read(start(), text("Low "), text("tide."), end())
    assert [delta.content for delta in deltas(chunks)] == ["", "Low ", "tide.", None]
    assert {chunk.id for chunk in chunks} == {"m-1"}
    assert deltas(chunks)[0].role == "assistant"


def test_text_may_stand_in_the_start_of_its_part() -> None:
    part = event("content-start", 0, content={"type": "text", "text": "At once. "})
    assert said(read(start(), part, text("Later."), end())).content == "At once. Later."


def test_thinking_is_reasoning() -> None:
    thought = event("content-delta", 0, content={"thinking": "Hmm."})
    message = said(read(start(), thought, text("Yes."), end()))
    assert (message.reasoning_content, message.content) == ("Hmm.", "Yes.")


def test_a_tool_plan_comes_in_pieces_and_is_whole_in_the_response() -> None:
    plan = [event("tool-plan-delta", tool_plan=piece) for piece in ("I will ", "look.")]
    chunks = read(start(), *plan, *CALLS, end("TOOL_CALL"))
    assert kept(chunks) == [{"tool_plan": "I will "}, {"tool_plan": "look."}]
    assert said(chunks).provider_specific_fields == {"tool_plan": "I will look."}


def test_calls_are_told_apart_by_their_index() -> None:
    chunks = read(start(), *CALLS, end("TOOL_CALL"))
    assert called(said(chunks)) == [("f_1", "f", '{"n": 1}'), ("f_2", "f", "{}")]
    assert finishes(chunks) == ["tool_calls"]


def test_citations_add_up_and_documents_are_annotations() -> None:
    tool = {"start": 0, "end": 3, "text": "Low", "sources": [{"type": "tool", "id": "f_1:0"}]}
    citations = [
        event("citation-start", place, citations=each) for place, each in enumerate((CITATION, tool))
    ]
    chunks = read(start(), text("Low tides."), *citations, {"type": "citation-end", "index": 0}, end())
    assert kept(chunks) == [{"citations": [CITATION]}, {"citations": [CITATION, tool]}]
    message = said(chunks)
    place = {"start_index": 4, "end_index": 9}
    url = {**place, "title": "Tides", "url": "source:doc:0"}
    assert message.annotations == [{"type": "url_citation", "url_citation": url}]


def test_log_probabilities_stay_on_their_chunk() -> None:
    told = {"text": "Low", "token_ids": [17], "logprobs": [-0.25]}
    chunks = read(start(), {**text("Low"), "logprobs": told}, end())
    assert [choice.logprobs for chunk in chunks for choice in chunk.choices] == [None, told, None]


def test_the_usage_is_what_was_used_and_what_was_billed_is_kept() -> None:
    usage = rebuilt(read(start(), text("Low."), end())).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (70, 4, 74)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 64
    assert usage.billed_units == {"input_tokens": 5, "output_tokens": 3}


def test_reasoning_tokens_are_among_the_details() -> None:
    counted = {"tokens": {"input_tokens": 7, "output_tokens": 9, "reasoning_tokens": 6}}
    details = rebuilt(read(start(), text("Low."), end(usage=counted))).usage.completion_tokens_details
    assert details is not None
    assert details.reasoning_tokens == 6


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("TOOL_CALL", "tool_calls")],
)
def test_the_finish_reason_is_mapped_without_a_warning(
    reason: str, finish_reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert finishes(read(start(), end(reason))) == [finish_reason]
    assert caplog.records == []


@pytest.mark.parametrize(("reason", "error"), [("ERROR", InternalServerError), ("TIMEOUT", Timeout)])
def test_an_end_that_is_none_is_raised(reason: str, error: type[ProviderError]) -> None:
    with pytest.raises(error, match=f"finish_reason '{reason}'") as caught:
        read(start(), text("So far"), end(reason))
    assert caught.value.llm_provider == "cohere"


def test_an_end_with_an_error_is_raised_with_its_message() -> None:
    with pytest.raises(InternalServerError, match="the model has fallen over"):
        read(start(), end("ERROR", error="the model has fallen over"))


def test_an_errors_body_instead_of_an_event_is_raised() -> None:
    with pytest.raises(InternalServerError, match="no such luck"):
        read({"id": "e-1", "message": "no such luck"})


def test_done_and_what_is_unknown_say_nothing() -> None:
    chunks = read(start(), {"type": "debug", "prompt": "<BOS>"}, end(), after=b"data: [DONE]\n\n")
    assert len(chunks) == 2


def test_an_event_of_another_shape_says_where_to_look() -> None:
    with pytest.raises(MalformedEventError, match=r"'content' must be an object.*docs\.cohere\.com"):
        read(event("content-delta", 0, content=["text"]))


def test_an_index_must_be_a_number() -> None:
    with pytest.raises(MalformedEventError, match="'index' must be a number"):
        read({**CALLS[0], "index": "first"})


def test_a_stage_holds_nothing_back() -> None:
    assert list(CohereNormalizer().flush()) == []


WHOLE: JSON = {
    "id": "m-1",
    "finish_reason": "TOOL_CALL",
    "message": {
        "role": "assistant",
        "tool_plan": "I will look.",
        "content": [{"type": "thinking", "thinking": "Hmm."}, {"type": "text", "text": "Low tides."}],
        "tool_calls": [{"id": "f_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        "citations": [CITATION],
    },
    "usage": USAGE,
}


def test_a_whole_answer_is_what_its_stream_adds_up_to() -> None:
    streamed = rebuilt(
        read(
            start(),
            event("tool-plan-delta", tool_plan="I will look."),
            event("content-delta", 0, content={"thinking": "Hmm."}),
            event("content-delta", 1, content={"text": "Low tides."}),
            event("tool-call-start", 0, tool_calls=WHOLE["message"]["tool_calls"][0]),
            event("citation-start", 0, citations=CITATION),
            end("TOOL_CALL"),
        )
    )
    response = response_from_cohere(WHOLE)
    assert response.choices == streamed.choices
    assert (response.id, tokens(response)) == ("m-1", (70, 4, 74))


def test_a_whole_answers_time_is_now() -> None:
    assert response_from_cohere(WHOLE).created > 1_700_000_000


def test_an_errors_body_instead_of_a_whole_answer_is_raised() -> None:
    with pytest.raises(BadRequestError, match="model is required"):
        response_from_cohere({"id": "e-1", "message": "model is required", "code": 400})


@pytest.mark.parametrize("body", [{}, {"message": {"content": "Low."}}])
def test_what_is_no_answer_is_refused(body: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented"):
        response_from_cohere(body)
