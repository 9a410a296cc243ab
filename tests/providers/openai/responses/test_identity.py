"""Which item an event is about, where a gateway numbers or names the items wrongly."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.openai.responses.events import (
    added,
    at,
    done,
    end,
    event,
    function_call,
    message,
    pieces,
    reasoning,
    run,
    start,
    text_part,
)

from unspool.builder import stream_chunk_builder
from unspool.errors import MalformedEventError
from unspool.wire.event import WireEvent

LOOK = function_call("look", '{"at": 1}')
PEEK = function_call("peek", '{"y": 2}')
SAID = message(text_part("Let me look."))
THOUGHT = reasoning("Hm. ", "Well.")


def read(*events: WireEvent) -> tuple[str | None, str | None, list[tuple[str, str, str]]]:
    """The text, the reasoning and the calls of a stream."""
    response = stream_chunk_builder(run(start(), *events))
    assert response is not None
    told = response.choices[0].message
    calls = [(call.id, call.function.name, call.function.arguments) for call in told.tool_calls or []]
    return told.content or None, told.get("reasoning_content"), calls


def arguments(item_id: str, *deltas: str, index: int = 0) -> list[WireEvent]:
    return pieces(*deltas, kind="function_call_arguments", output_index=index, item_id=item_id)


ANSWER = [
    added({**THOUGHT, "summary": []}),
    *pieces("Hm. ", kind="reasoning_summary_text", item_id="rs_1", summary_index=0),
    *pieces("Well.", kind="reasoning_summary_text", item_id="rs_1", summary_index=1),
    done(THOUGHT),
    added({**SAID, "content": []}, 1),
    *pieces("Let me ", "look.", output_index=1, item_id="msg_1"),
    event("response.output_text.done", **at(1), item_id="msg_1", text="Let me look."),
    event("response.content_part.done", **at(1), item_id="msg_1", part=text_part("Let me look.")),
    done(SAID, 1),
    added({**LOOK, "arguments": ""}, 2),
    added({**PEEK, "arguments": ""}, 3),
    *arguments("fc_look", '{"at"', index=2),
    *arguments("fc_peek", '{"y"', index=3),
    *arguments("fc_look", ": 1}", index=2),
    *arguments("fc_peek", ": 2}", index=3),
    done(LOOK, 2),
    done(PEEK, 3),
]
WHOLE = (
    "Let me look.",
    "Hm. Well.",
    [("call_look", "look", '{"at": 1}'), ("call_peek", "peek", '{"y": 2}')],
)
NUMBERS = ("output_index", "content_index", "summary_index")


@given(st.data())
def test_numbers_may_be_anything_where_there_are_ids(data: st.DataObject) -> None:
    def renumbered(given: WireEvent) -> WireEvent:
        body: dict[str, Any] = json.loads(given.data)
        body |= {name: data.draw(st.integers(0, 3)) for name in NUMBERS if name in body}
        return replace(given, data=json.dumps(body))

    listed = data.draw(st.permutations([THOUGHT, SAID, LOOK, PEEK]))
    assert read(*map(renumbered, ANSWER), end(*listed)) == WHOLE


def test_ids_that_change_with_each_event_are_matched_by_place() -> None:
    """GitHub Copilot encrypts an item's id anew for each event."""
    told = [
        added({**SAID, "id": "a", "content": []}),
        *pieces("Let me ", item_id="b"),
        *pieces("look.", item_id="c"),
        done({**SAID, "id": "d"}),
        end({**SAID, "id": "e"}),
    ]
    assert read(*told)[0] == "Let me look."


def test_a_call_that_the_end_lists_elsewhere_is_one() -> None:
    assert read(added({**LOOK, "arguments": ""}), done(LOOK), end(THOUGHT, LOOK))[2] == WHOLE[2][:1]


def test_what_only_the_end_lists_is_emitted_beside_what_was_streamed() -> None:
    other = message(text_part("Found."), id="msg_2")
    assert read(*pieces("Found.", item_id="msg_2"), end(SAID, other))[0] == "Found.Let me look."


def test_a_listed_item_without_a_known_id_is_the_one_that_says_the_same() -> None:
    first, second = (message(text_part(text), id=None) for text in ("One. ", "Two."))
    told = [*pieces("One. ", output_index=0), *pieces("Two.", output_index=1)]
    assert read(*told, end(second, first))[0] == "One. Two."


def test_a_call_that_is_opened_twice_under_one_call_id_is_one() -> None:
    again = {**LOOK, "id": "fc_other"}
    told = [
        added({**LOOK, "arguments": ""}),
        added({**again, "arguments": ""}, 1),
        *arguments("fc_look", '{"at": 1}'),
        *arguments("fc_other", '{"at": 1}', index=1),
        done(LOOK),
        done(again, 1),
    ]
    assert read(*told, end(LOOK, again))[2] == WHOLE[2][:1]


def test_a_call_that_is_sent_again_after_its_end_is_one() -> None:
    sent = [added({**LOOK, "arguments": ""}), *arguments("fc_look", '{"at": 1}'), done(LOOK)]
    assert read(*sent, *sent, end(LOOK))[2] == WHOLE[2][:1]


@pytest.mark.parametrize("other", [{"name": "pay"}, {"arguments": '{"at": 2}'}], ids=["name", "arguments"])
def test_two_different_calls_with_one_call_id_are_an_error(other: dict[str, str]) -> None:
    with pytest.raises(MalformedEventError, match="have the id 'call_look'"):
        run(start(), done(LOOK), added({**LOOK, **other}), done({**LOOK, **other}))


def test_two_calls_that_share_an_items_id_are_two() -> None:
    peek = {**PEEK, "id": "fc_look"}
    assert read(done(LOOK), done(peek, 1), end(LOOK, peek))[2] == WHOLE[2]


def test_a_message_that_is_sent_again_after_its_end_adds_nothing() -> None:
    sent = [added({**SAID, "content": []}), *pieces("Let me ", "look.", item_id="msg_1"), done(SAID)]
    assert read(*sent, *sent, end(SAID))[0] == "Let me look."


def test_another_message_under_the_id_of_an_ended_one_is_emitted() -> None:
    other = message(text_part("Found."))
    told = [done(SAID), added({**other, "content": []}, 1), *pieces("Fo", "und.", item_id="msg_1")]
    assert read(*told, done(other, 1))[0] == "Let me look.Found."
    assert read(*told)[0] == "Let me look.Found."  # the stream was cut before its end


def test_a_piece_that_repeats_all_of_the_text_adds_nothing() -> None:
    whole = "Let me look at the sky."
    assert read(*pieces(whole[:8], whole[8:], whole))[0] == whole


def test_a_response_that_is_created_twice_is_one() -> None:
    first, second = pieces("Let me ", "look.", item_id="msg_1")
    assert read(first, start(), second, end(SAID))[0] == "Let me look."
