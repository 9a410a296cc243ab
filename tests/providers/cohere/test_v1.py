"""Cohere's lines of version 1 as chunks, and its whole answers as responses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.streams import JSON, called, finishes, kept, lines, rebuilt, run, said, tokens

from unspool.errors import (
    APIResponseValidationError,
    BadRequestError,
    InternalServerError,
    MalformedEventError,
)
from unspool.models import ModelResponseStream
from unspool.providers.cohere import CohereV1Normalizer, response_from_cohere_v1

META = {
    "api_version": {"version": "1"},
    "billed_units": {"input_tokens": 5, "output_tokens": 3},
    "tokens": {"input_tokens": 70, "output_tokens": 4},
}
CITATION = {"start": 4, "end": 9, "text": "tides", "document_ids": ["doc:0"]}
QUERY = {"text": "tides", "generation_id": "g-1"}
FOUND = {
    "documents": [{"id": "doc:0", "title": "Tides"}],
    "search_results": [{"search_query": QUERY, "document_ids": ["doc:0"]}],
}


def line(kind: str, **fields: Any) -> JSON:
    return {"is_finished": kind == "stream-end", "event_type": kind, **fields}


def text(content: str) -> JSON:
    return line("text-generation", text=content)


def end(reason: str = "COMPLETE", **response: Any) -> JSON:
    return line("stream-end", finish_reason=reason, response={"response_id": "r-1", "meta": META, **response})


def piece(**delta: Any) -> JSON:
    return line("tool-calls-chunk", tool_call_delta=delta)


def read(*events: JSON) -> list[ModelResponseStream]:
    return run("cohere-v1", lines(*events))


START = line("stream-start", generation_id="g-1")


def test_text_comes_piece_by_piece_with_the_generations_id() -> None:
    chunks = read(START, text("Low "), text("tide."), end(text="Low tide."))
    assert said(chunks).content == "Low tide."
    assert {chunk.id for chunk in chunks} == {"g-1"}
    assert finishes(chunks) == ["stop"]


def test_generates_id_comes_at_the_end() -> None:
    assert rebuilt(read(text("Low."), end(id="late"))).id == "late"


def test_the_usage_is_what_was_billed_and_what_was_used_is_kept() -> None:
    response = rebuilt(read(START, text("Low."), end()))
    assert tokens(response) == (5, 3, 8)
    assert response.usage.tokens == {"input_tokens": 70, "output_tokens": 4}


def test_no_usage_is_made_up() -> None:
    assert not any(hasattr(chunk, "usage") for chunk in read(START, text("Low."), end(meta={})))


def test_what_was_searched_for_and_found_is_kept() -> None:
    queries = line("search-queries-generation", search_queries=[QUERY])
    fields = said(read(START, queries, line("search-results", **FOUND), text("Low."), end()))
    assert fields.provider_specific_fields == {
        "search_queries": [QUERY],
        **FOUND,
        "response_id": "r-1",
        "meta": META,
    }


def test_citations_add_up() -> None:
    cited = [line("citation-generation", citations=[{**CITATION, "start": start}]) for start in (4, 6)]
    chunks = read(START, text("Low tides."), *cited)
    first, second = {**CITATION, "start": 4}, {**CITATION, "start": 6}
    assert kept(chunks) == [{"citations": [first]}, {"citations": [first, second]}]


def test_calls_come_in_pieces_and_their_retelling_is_none() -> None:
    retold = [{"name": "f", "parameters": {"n": 1}}]
    chunks = read(
        START,
        line("tool-calls-chunk", text="I will "),
        piece(text="look."),
        piece(index=0, name="f"),
        piece(index=0, parameters='{"n": '),
        piece(index=0, parameters="1}"),
        line("tool-calls-generation", text="I will look.", tool_calls=retold),
        end(),
    )
    message = said(chunks)
    assert called(message) == [("call_0", "f", '{"n": 1}')]
    assert (message.provider_specific_fields or {})["tool_plan"] == "I will look."


def test_calls_may_come_whole() -> None:
    calls = [{"name": "f", "parameters": {"n": 1}}, {"name": "g", "parameters": {}}]
    message = said(read(START, line("tool-calls-generation", text="I will look.", tool_calls=calls), end()))
    assert called(message) == [("call_0", "f", '{"n": 1}'), ("call_1", "g", "{}")]
    assert (message.provider_specific_fields or {})["tool_plan"] == "I will look."


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [("MAX_TOKENS", "length"), ("ERROR_LIMIT", "length"), ("ERROR_TOXIC", "content_filter")],
)
def test_the_finish_reason_is_mapped(reason: str, finish_reason: str) -> None:
    assert finishes(read(START, end(reason))) == [finish_reason]


def test_an_end_that_is_none_is_raised() -> None:
    with pytest.raises(InternalServerError, match="finish_reason 'ERROR'") as caught:
        read(START, text("So far"), end("ERROR"))
    assert caught.value.llm_provider == "cohere"


def test_an_errors_body_instead_of_a_line_is_raised() -> None:
    with pytest.raises(InternalServerError, match="no such luck"):
        read({"message": "no such luck"})


def test_a_line_of_another_shape_says_where_to_look() -> None:
    with pytest.raises(MalformedEventError, match=r"'text' must be text.*docs\.cohere\.com"):
        read(line("text-generation", text=5))


def test_what_is_unknown_says_nothing_and_nothing_is_held_back() -> None:
    assert read(line("debug", prompt="<BOS>")) == []
    assert list(CohereV1Normalizer().flush()) == []


def test_a_whole_answer_is_what_its_stream_adds_up_to() -> None:
    whole = {"generation_id": "g-1", "text": "Low tides.", "finish_reason": "COMPLETE", **FOUND}
    body = {**whole, "citations": [CITATION], "response_id": "r-1", "meta": META}
    streamed = rebuilt(
        read(
            START,
            line("search-results", **FOUND),
            text("Low tides."),
            line("citation-generation", citations=[CITATION]),
            end(),
        )
    )
    response = response_from_cohere_v1(body)
    assert response.choices == streamed.choices
    assert (response.id, tokens(response)) == ("g-1", (5, 3, 8))


def test_a_whole_answer_may_be_calls() -> None:
    calls = [{"name": "f", "parameters": {"n": 1}}]
    response = response_from_cohere_v1({"text": "I will look.", "tool_calls": calls, "generation_id": "g-1"})
    message = response.choices[0].message
    assert called(message) == [("call_0", "f", '{"n": 1}')]
    assert message.content is None


def test_an_errors_body_instead_of_a_whole_answer_is_raised() -> None:
    with pytest.raises(BadRequestError, match="message is required"):
        response_from_cohere_v1({"message": "message is required", "code": 400})


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(APIResponseValidationError, match="it has none of text"):
        response_from_cohere_v1({"generation_id": "g-1"})
