"""The events of a Responses stream to chunks: what names it, how it ends, what goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.providers.openai.responses.events import (
    added,
    deltas,
    done,
    end,
    event,
    function_call,
    message,
    pieces,
    response,
    run,
    start,
    text_part,
    texts,
)

from unspool.builder import stream_chunk_builder
from unspool.errors import (
    MalformedEventError,
    RateLimitError,
)
from unspool.models import ModelResponseStream
from unspool.pipeline import Chain
from unspool.providers.openai.responses import OpenAIResponsesNormalizer
from unspool.wire.event import WireEvent
from unspool.wire.sse import SSEDecoder, encode_sse


def last(*events: WireEvent) -> ModelResponseStream:
    return run(start(), *events)[-1]


# -- what names the stream ----------------------------------------------------------------------------


def test_every_chunk_is_called_what_the_response_is() -> None:
    chunks = run(start(), *pieces("Hel", "lo"), end())
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {
        ("resp_1", "gpt-test", 1_767_225_600)
    }


def test_a_stream_taken_up_again_is_named_at_its_end() -> None:
    first, ended = run(*pieces("lo"), end())
    assert (first.id, first.model) == ("", None)
    assert (ended.id, ended.model) == ("resp_1", "gpt-test")


def test_nothing_is_said_before_the_model_speaks() -> None:
    waiting = response(status="queued", usage=None)
    assert run(start(), event("response.queued", response=waiting)) == []


def test_an_event_without_the_response_keeps_its_name() -> None:
    progress = event("response.in_progress", response={"status": "in_progress"})
    assert run(start(), progress, *pieces("Hi"))[0].id == "resp_1"


# -- how it ends --------------------------------------------------------------------------------------


def test_the_last_chunk_has_finish_reason_and_usage() -> None:
    chunk = last(end(message(text_part("Hi"))))
    assert chunk.choices[0].finish_reason == "stop"
    assert chunk.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 12,
        "completion_tokens": 30,
        "total_tokens": 42,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 20},
    }


def test_a_stream_that_is_cut_off_has_no_finish_reason() -> None:
    assert [chunk.choices[0].finish_reason for chunk in run(start(), *pieces("Hel"))] == [None]


def test_what_stands_beside_the_response_is_kept() -> None:
    chunk = last(event("response.completed", response=response(), copilot_usage={"total_nano_aiu": 5}))
    assert chunk.provider_specific_fields == {"copilot_usage": {"total_nano_aiu": 5}}


def test_counters_that_others_add_stay_in_the_usage() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "cost": 0.5, "num_sources_used": 3, "is_byok": None}
    assert last(end(usage=usage)).usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "cost": 0.5,
        "num_sources_used": 3,
    }


def test_several_responses_in_a_row_become_one() -> None:
    second = {"id": "resp_2"}
    chunks = run(
        start(),
        done(function_call("a")),
        end(function_call("a")),
        start(**second),
        done(function_call("b")),
        *pieces("Both.", index=1, output_index=1),
        end(function_call("b"), **second),
    )
    rebuilt = stream_chunk_builder(chunks)
    assert rebuilt is not None
    assert [call.function.name for call in rebuilt.choices[0].message.tool_calls] == ["a", "b"]
    assert rebuilt.choices[0].message.content == "Both."
    assert [chunk.id for chunk in chunks][-1] == "resp_2"


# -- errors -------------------------------------------------------------------------------------------

ERROR = {"code": "rate_limit_exceeded", "message": "Slow down.", "param": None}


@pytest.mark.parametrize(
    "failing",
    [
        event("error", **ERROR),
        event("error", error={"type": "tokens", **ERROR}),
        event("response.failed", response=response(status="failed", error=ERROR)),
        WireEvent(name="error", data=json.dumps(ERROR)),
        WireEvent(data=json.dumps({"error": ERROR})),
    ],
    ids=["flat", "as an object", "of the response", "named by SSE", "without a type"],
)
def test_an_error_is_raised_after_what_was_said(failing: WireEvent) -> None:
    stage = OpenAIResponsesNormalizer()
    said = [chunk for each in (start(), *pieces("Hel")) for chunk in stage.feed(each)]
    assert len(said) == 1
    with pytest.raises(RateLimitError, match=r"Slow down\.") as caught:
        list(stage.feed(failing))
    assert (caught.value.status_code, caught.value.code, caught.value.model) == (
        429,
        "rate_limit_exceeded",
        "gpt-test",
    )


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("response.output_text.delta", {"delta": 5, "output_index": 0}),
        ("response.output_text.delta", {"delta": "Hi", "output_index": "first"}),
        ("response.output_item.done", {"item": "message", "output_index": 0}),
        ("response.output_item.done", {"item": {"type": "message", "content": "Hi"}, "output_index": 0}),
        ("response.completed", {"response": {"usage": {"input_tokens": "many"}}}),
    ],
)
def test_an_event_of_another_shape_is_an_error(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(event(kind, **fields))


def test_broken_json_is_an_error() -> None:
    with pytest.raises(MalformedEventError, match="broken JSON"):
        run(WireEvent(name="response.created", data="{"))


# -- what says nothing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "idle",
    [
        event("keepalive"),
        event("response.web_search_call.searching", output_index=0, item_id="ws_1"),
        event("response.hologram.delta", delta="…"),
        WireEvent(data="[DONE]"),
        WireEvent(data=""),
    ],
)
def test_other_events_say_nothing(idle: WireEvent) -> None:
    assert texts(start(), idle, *pieces("Hi"), idle, end(), idle) == ["Hi"]


def test_the_type_in_the_json_counts_and_not_the_name_of_the_event() -> None:
    nameless = [WireEvent(data=each.data) for each in (start(), *pieces("Hi"), end())]
    assert texts(*nameless) == ["Hi"]


def test_a_stream_without_sequence_numbers_or_output_indices_is_read() -> None:
    first, second = message(text_part("One.")), message(text_part(" Two."), id="msg_2")
    streamed = [
        event("response.output_item.added", item={**first, "content": []}),
        event("response.output_text.delta", item_id="msg_1", delta="One."),
        event("response.output_item.done", item=first),
        event("response.output_item.done", item=second),
    ]
    assert texts(start(), *streamed, end(first, second)) == ["One.", " Two."]


def test_sound_comes_in_pieces_and_so_does_its_transcript() -> None:
    heard = deltas(
        event("response.audio.delta", delta="UklGRg=="),
        event("response.audio.transcript.delta", delta="Hello"),
    )
    assert [delta.audio for delta in heard] == [{"data": "UklGRg=="}, {"transcript": "Hello"}]


def test_a_stream_cut_anywhere_by_the_network_says_the_same() -> None:
    item = message(text_part("naïve 🙂"))
    streamed = [start(), added(message()), *pieces("naï", "ve 🙂"), done(item), end(item)]
    body = b"".join(map(encode_sse, streamed))
    whole, cut = (Chain(SSEDecoder(), OpenAIResponsesNormalizer()) for _ in range(2))

    at_once = [*whole.feed(body), *whole.flush()]
    in_bytes = [chunk for byte in body for chunk in cut.feed(bytes([byte]))] + list(cut.flush())

    assert in_bytes == at_once
