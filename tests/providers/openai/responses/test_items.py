"""What the output items of a stream say."""

from __future__ import annotations

import pytest
from tests.providers.openai.responses.events import (
    added,
    at,
    deltas,
    done,
    end,
    event,
    kept,
    message,
    pieces,
    reasoning,
    run,
    start,
    text_part,
    texts,
)

from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

SEARCH = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "sky"},
}
IMAGE = {
    "id": "ig_1",
    "type": "image_generation_call",
    "status": "completed",
    "output_format": "webp",
    "revised_prompt": "A blue sky",
    "result": "UklGRg==",
}


def wholes(item: JSON, index: int = 0) -> list[list[WireEvent]]:
    """The ways in which an item may come without any pieces."""
    return [[done(item, index), end(item)], [end(item)], [added(item, index), done(item, index), end()]]


# -- items that are kept ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "apply_patch_call",
        "code_interpreter_call",
        "compaction",
        "computer_call",
        "file_search_call",
        "hologram_call",
        "local_shell_call",
        "mcp_approval_request",
        "mcp_call",
        "mcp_list_tools",
        "program_output",
        "shell_call",
        "shell_call_output",
        "tool_search_call",
        "web_search_call",
    ],
)
@pytest.mark.parametrize("way", range(3))
def test_an_item_without_a_place_in_a_chat_is_kept_as_it_was_sent(kind: str, way: int) -> None:
    item = {**SEARCH, "type": kind}
    assert kept(start(), *wholes(item)[way]) == {"output_items": [item]}


def test_the_last_list_of_kept_items_is_the_whole() -> None:
    other = {**SEARCH, "id": "ws_2"}
    lists = texts(done(SEARCH), done(other, 1), field="provider_specific_fields")
    assert lists == [{"output_items": [SEARCH]}, {"output_items": [SEARCH, other]}]


def test_what_a_tool_streams_is_in_its_item_at_the_end() -> None:
    streamed = [
        added({"id": "ci_1", "type": "code_interpreter_call", "code": ""}),
        event("response.code_interpreter_call_code.delta", output_index=0, item_id="ci_1", delta="1+1"),
        event("response.code_interpreter_call_code.done", output_index=0, item_id="ci_1", code="1+1"),
    ]
    assert run(start(), *streamed) == []


# -- reasoning ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", range(3))
def test_a_summary_is_reasoning_content_and_the_item_is_kept(way: int) -> None:
    item = reasoning("**Sky**\n\nIs it blue?", encrypted_content="gAAA")
    found = deltas(start(), *wholes(item)[way])
    assert [delta.get("reasoning_content") for delta in found] == ["**Sky**\n\nIs it blue?", None]
    assert found[1].reasoning_items == [item]


def test_a_summary_in_pieces_is_not_told_again() -> None:
    told = [
        *pieces("Is it ", "blue?", kind="reasoning_summary_text", summary_index=0),
        event("response.reasoning_summary_text.done", output_index=0, summary_index=0, text="Is it blue?"),
        event(
            "response.reasoning_summary_part.done",
            output_index=0,
            summary_index=0,
            part={"type": "summary_text", "text": "Is it blue?"},
        ),
    ]
    item = reasoning("Is it blue?")
    assert texts(*told, done(item), end(item), field="reasoning_content") == ["Is it ", "blue?"]


def test_parts_of_a_summary_follow_each_other() -> None:
    told = [
        *pieces("One.", kind="reasoning_summary_text", summary_index=0),
        *pieces("Two.", kind="reasoning_summary_text", summary_index=1),
    ]
    assert texts(*told, done(reasoning("One.", "Two.")), field="reasoning_content") == ["One.", "Two."]


def test_reasoning_itself_is_reasoning_content() -> None:
    item = reasoning(content=[{"type": "reasoning_text", "text": "Blue, I think."}])
    told = pieces("Blue, ", kind="reasoning_text")
    assert texts(*told, done(item), field="reasoning_content") == ["Blue, ", "I think."]


def test_reasoning_without_a_text_is_kept() -> None:
    item = reasoning(encrypted_content="gAAA")
    (delta,) = deltas(start(), done(item))
    assert (delta.get("reasoning_content"), delta.reasoning_items) == (None, [item])


# -- messages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", range(3))
def test_a_phase_is_told_before_its_text_and_once(way: int) -> None:
    item = message(text_part("Hi"), phase="commentary")
    phase, said = deltas(start(), *wholes(item)[way])
    assert phase.provider_specific_fields == {"phase": "commentary"}
    assert said.content == "Hi"


def test_several_messages_with_phases_are_listed_with_their_places_in_the_content() -> None:
    early = message(text_part("Looking."), phase="commentary")
    late = message(text_part("Found."), id="msg_2", phase="final_answer")
    assert kept(start(), done(early), done(late, 1), end(early, late))["messages"] == [
        {"id": "msg_1", "phase": "commentary", "start_index": 0, "end_index": 8},
        {"id": "msg_2", "phase": "final_answer", "start_index": 8, "end_index": 14},
    ]


def test_a_part_that_is_no_text_is_kept() -> None:
    part = {"type": "output_hologram", "light": 1}
    streamed = event("response.content_part.done", **at(), part=part)
    assert kept(streamed, done(message(part))) == {"output_items": [part]}


# -- images -------------------------------------------------------------------------------------------


def test_a_generated_image_is_a_data_url_and_its_item_is_kept_without_it() -> None:
    image, item = deltas(start(), done(IMAGE))
    url = {"url": "data:image/webp;base64,UklGRg=="}
    assert image.images == [{"type": "image_url", "image_url": url, "index": 0}]
    assert item.provider_specific_fields == {
        "output_items": [{key: value for key, value in IMAGE.items() if key != "result"}]
    }


def test_images_are_numbered() -> None:
    found = texts(done(IMAGE), done({**IMAGE, "id": "ig_2"}, 1), field="images")
    assert [image["index"] for images in found for image in images] == [0, 1]


def test_an_image_that_failed_is_only_an_item() -> None:
    failed = {"id": "ig_1", "type": "image_generation_call", "status": "failed"}
    assert kept(done(failed)) == {"output_items": [failed]}


def test_a_preview_of_an_image_is_shown() -> None:
    preview = {"output_index": 0, "partial_image_index": 0, "partial_image_b64": "UklGRg=="}
    streamed = event("response.image_generation_call.partial_image", **preview, background=None)
    assert kept(streamed) == {"partial_image": preview}
