"""Ollama's lines as chunks, and its whole answers as responses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.streams import JSON, called, deltas, finishes, kept, lines, rebuilt, run, said, tokens

from unspool.errors import APIResponseValidationError, InternalServerError, MalformedEventError, NotFoundError
from unspool.models import ModelResponseStream
from unspool.providers.ollama.normalizer import OllamaNormalizer, response_from_ollama

CREATED = "2026-01-01T00:00:07.123456789Z"
COUNTS = {"prompt_eval_count": 9, "eval_count": 4, "total_duration": 1_500_000_000, "load_duration": 7}
CALL = {"function": {"name": "f", "arguments": {"city": "Malmö"}}}


def line(**fields: Any) -> JSON:
    return {"model": "tiny", "created_at": CREATED, "done": False, **fields}


def chat(content: str = "", **fields: Any) -> JSON:
    return line(message={"role": "assistant", "content": content, **fields})


def generate(text: str = "", **fields: Any) -> JSON:
    return line(response=text, **fields)


def end(reason: str | None = "stop", **fields: Any) -> JSON:
    return {**chat(), "done": True, **COUNTS, **({"done_reason": reason} if reason else {}), **fields}


def read(*events: JSON) -> list[ModelResponseStream]:
    return run("ollama-ndjson", lines(*events))


def test_chats_text_comes_piece_by_piece() -> None:
    chunks = read(chat("Low "), chat("tide."), end())
    assert [delta.content for delta in deltas(chunks)] == ["Low ", "tide.", ""]
    assert finishes(chunks) == ["stop"]


def test_generates_text_comes_piece_by_piece() -> None:
    chunks = read(generate("Low "), generate("tide."), generate(done=True, done_reason="length"))
    assert said(chunks).content == "Low tide."
    assert finishes(chunks) == ["length"]


@pytest.mark.parametrize("thought", [chat(thinking="Hmm."), generate(thinking="Hmm.")])
def test_thinking_is_reasoning(thought: JSON) -> None:
    message = said(read(thought, chat("Yes."), end()))
    assert (message.reasoning_content, message.content) == ("Hmm.", "Yes.")


def test_think_tags_are_text_unless_ollama_tells_them_apart() -> None:
    message = said(read(chat("<think>"), chat("Hmm.</think>Yes."), end()))
    assert message.content == "<think>Hmm.</think>Yes."
    assert not hasattr(message, "reasoning_content")


def test_a_model_and_the_time_of_the_first_line_are_on_every_chunk() -> None:
    chunks = read(chat("Low."), {**end(), "created_at": "2026-01-01T00:00:09Z"})
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {("", "tiny", 1_767_225_607)}


@pytest.mark.parametrize("moment", [None, "today", 17])
def test_a_time_that_is_none_does_not_matter(moment: object) -> None:
    assert read({**chat("Low."), "created_at": moment})[0].created == 0


def test_calls_without_ids_are_given_some_and_numbered() -> None:
    chunks = read(chat(tool_calls=[CALL]), chat(tool_calls=[CALL]), end())
    assert called(said(chunks)) == [
        ("call_0", "f", '{"city": "Malm\\u00f6"}'),
        ("call_1", "f", '{"city": "Malm\\u00f6"}'),
    ]


def test_a_calls_own_id_and_index_are_kept() -> None:
    call = {"id": "mine", "function": {"index": 3, "name": "f", "arguments": {}}}
    (fragment,) = deltas(read(chat(tool_calls=[call])))[0].tool_calls or []
    assert (fragment.id, fragment.index) == ("mine", 3)
    assert fragment.function is not None
    assert fragment.function.model_dump() == {"name": "f", "arguments": "{}"}


def test_calls_end_with_tool_calls_and_ollamas_own_word_is_kept() -> None:
    last = read(chat(tool_calls=[CALL]), end())[-1].choices[0]
    assert last.finish_reason == "tool_calls"
    assert last.provider_specific_fields == {"native_finish_reason": "stop"}


def test_calls_that_were_cut_off_end_with_length() -> None:
    assert finishes(read(chat(tool_calls=[CALL]), end("length"))) == ["length"]


def test_an_end_without_a_reason_is_a_stop() -> None:
    assert finishes(read(chat("Low."), end(None))) == ["stop"]


def test_counts_are_the_usage_and_times_stay_beside_them() -> None:
    response = rebuilt(read(chat("Low."), end()))
    assert tokens(response) == (9, 4, 13)
    assert (response.usage.total_duration, response.usage.load_duration) == (1_500_000_000, 7)


def test_a_cached_prompt_is_not_counted() -> None:
    cached = {key: value for key, value in end().items() if key != "prompt_eval_count"}
    assert tokens(rebuilt(read(chat("Low."), cached))) == (0, 4, 4)


def test_no_usage_is_made_up() -> None:
    uncounted = {key: value for key, value in end().items() if key not in COUNTS}
    assert not any(hasattr(chunk, "usage") for chunk in read(chat("Low."), uncounted))


def test_what_else_a_line_says_is_kept() -> None:
    chunks = read(generate("Low."), generate(done=True, done_reason="stop", context=[1, 2]))
    assert kept(chunks) == [{"context": [1, 2]}]
    assert kept(read(chat("See.", images=["aGk="]))) == [{"images": ["aGk="]}]


def test_log_probabilities_are_where_openai_has_them() -> None:
    told = [{"token": "Low", "logprob": -0.25, "bytes": [76], "top_logprobs": []}]
    assert read({**chat("Low"), "logprobs": told})[0].choices[0].logprobs == {"content": told}


def test_an_error_is_raised_with_its_text_and_the_model() -> None:
    with pytest.raises(InternalServerError, match="out of memory") as caught:
        read(chat("So far"), {"error": "out of memory"})
    assert (caught.value.llm_provider, caught.value.model) == ("ollama", "tiny")


def test_a_line_of_another_shape_says_where_to_look() -> None:
    with pytest.raises(MalformedEventError, match=r"'content' must be text.*docs\.ollama\.com"):
        read(line(message={"content": 5}))


def test_a_line_that_was_cut_off_is_passed_over() -> None:
    whole = lines(chat("Low."))
    assert len(run("ollama-ndjson", whole + whole[:20])) == 1


def test_nothing_is_held_back() -> None:
    assert list(OllamaNormalizer().flush()) == []


def test_a_whole_chat_is_what_its_stream_adds_up_to() -> None:
    message = {"role": "assistant", "content": "Low.", "thinking": "Hmm.", "tool_calls": [CALL]}
    response = response_from_ollama({**end(), "message": message})
    streamed = rebuilt(read(chat(thinking="Hmm."), chat("Low."), chat(tool_calls=[CALL]), end()))
    assert response.choices == streamed.choices
    assert (response.model, response.created, tokens(response)) == ("tiny", 1_767_225_607, (9, 4, 13))


def test_a_whole_generation_is_an_answer_with_an_id_of_its_own() -> None:
    response = response_from_ollama(generate("Low.", done=True))
    assert response.choices[0].message.content == "Low."
    assert response.id.startswith("chatcmpl-")


def test_an_errors_body_instead_of_a_whole_answer_is_raised() -> None:
    with pytest.raises(NotFoundError, match="model 'tiny' not found"):
        response_from_ollama({"error": "model 'tiny' not found", "status_code": 404, "code": 404})


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(APIResponseValidationError, match="it has none of message response"):
        response_from_ollama({"status": "pulling manifest"})
