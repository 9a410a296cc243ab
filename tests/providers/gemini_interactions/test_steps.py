"""The steps of an interaction, and where each goes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini_interactions.events import call, event, message, step, text, whole

OUTPUT = {"type": "model_output"}
THOUGHT = {"type": "thought"}
LINK = {"type": "url_citation", "url": "https://a.test", "title": "A", "start_index": 1, "end_index": 4}
SEARCH = {"type": "google_search_call", "id": "1"}


def kept(*events: Any) -> Any:
    return {
        key: value
        for key, value in (message(*events).provider_specific_fields or {}).items()
        if key != "interaction"
    }


def test_text_is_content() -> None:
    assert message(*text("It ", "is.")).content == "It is."


def test_a_summary_is_reasoning_and_its_signature_is_kept() -> None:
    deltas = [
        {"type": "thought_summary", "content": {"type": "text", "text": "Hm. "}},
        {"type": "thought_summary", "content": {"type": "text", "text": "Blue?"}},
        {"type": "thought_signature", "signature": "c2ln"},
    ]
    said = message(*step(THOUGHT, *deltas), *text("Blue."))
    assert said.reasoning_content == "Hm. Blue?"
    assert said.thinking_blocks == [{"type": "thinking", "thinking": "Hm. Blue?", "signature": "c2ln"}]


def test_a_signature_without_a_summary_is_kept() -> None:
    said = message(*step(THOUGHT, {"type": "thought_signature", "signature": "c2ln"}))
    assert said.thinking_blocks == [{"type": "thinking", "signature": "c2ln", "thinking": ""}]


def test_a_call_comes_in_pieces() -> None:
    calls = message(*call("look", '{"at": ', '"sky"}'), *call("hear", index=1)).tool_calls or ()
    assert [(made.id, made.function and made.function.arguments) for made in calls] == [
        ("id_look", '{"at": "sky"}'),
        ("id_hear", "{}"),
    ]


def test_a_call_may_come_whole_and_signed() -> None:
    (made,) = message(*call("look", arguments={"at": "sky"}, signature="c2ln")).tool_calls or ()
    assert made.function is not None
    assert made.function.arguments == '{"at": "sky"}'
    assert made.get("provider_specific_fields") == {"thought_signature": "c2ln"}


def test_links_are_annotations_and_others_are_kept() -> None:
    other = {"type": "file_citation", "file_name": "a.pdf"}
    events = step(OUTPUT, {"type": "text_annotation_delta", "annotations": [LINK, other]})
    citation = {key: value for key, value in LINK.items() if key != "type"}
    assert message(*events).annotations == [{"type": "url_citation", "url_citation": citation}]
    assert kept(*events) == {"citations": [other]}


@pytest.mark.parametrize(
    ("delta", "url"),
    [
        ({"data": "AA", "mime_type": "image/png"}, "data:image/png;base64,AA"),
        ({"uri": "https://a.test/b.png"}, "https://a.test/b.png"),
    ],
)
def test_an_image_is_one_of_the_images(delta: Any, url: str) -> None:
    (image,) = message(*step(OUTPUT, {"type": "image", **delta})).images
    assert image["image_url"]["url"] == url


def test_a_sound_is_audio() -> None:
    sound = {"type": "audio", "data": "AAEC", "mime_type": "audio/l16", "sample_rate": 24000}
    audio = message(*step(OUTPUT, sound, sound)).audio
    assert (audio["data"], audio["mime_type"], audio["sample_rate"]) == ("AAECAAEC", "audio/l16", 24000)


@pytest.mark.parametrize(
    "delta", [{"type": "video", "data": "AA"}, {"type": "audio", "uri": "gs://a"}, {"light": 1}]
)
def test_what_has_no_place_is_kept(delta: Any) -> None:
    assert kept(*step(OUTPUT, delta)) == {"other_deltas": [delta]}


def test_the_steps_of_googles_tools_are_kept_whole() -> None:
    called = step(SEARCH, {"type": "google_search_call", "arguments": {"queries": ["sky"]}})
    found = step({"type": "google_search_result", "call_id": "1"}, {"result": [{"title": "Sky"}]}, index=1)
    assert kept(*called, *found) == {
        "server_side_steps": [
            {**SEARCH, "arguments": {"queries": ["sky"]}},
            {"type": "google_search_result", "call_id": "1", "result": [{"title": "Sky"}]},
        ]
    }


def test_older_streams_speak_of_contents() -> None:
    events = [
        event("content.start", index=0, content={"type": "text"}),
        event("content.delta", index=0, delta={"type": "text", "text": "Blue."}),
        event("content.stop", index=0),
    ]
    assert whole(*events).choices[0].message.content == "Blue."


def test_a_call_of_an_older_stream_comes_in_one_delta() -> None:
    called = {"type": "function_call", "id": "1", "name": "look", "arguments": {"at": "sky"}}
    events = [
        event("content.start", index=0, content={"type": "function_call"}),
        event("content.delta", index=0, delta=called),
        event("content.stop", index=0),
    ]
    (made,) = whole(*events).choices[0].message.tool_calls or ()
    assert made.function is not None
    assert (made.id, made.function.name, made.function.arguments) == ("1", "look", '{"at": "sky"}')


def test_a_delta_without_its_step_says_something_still() -> None:
    events = [
        event("step.delta", index=5, delta={"type": "text", "text": "Blue."}),
        event("step.stop", index=6),
    ]
    assert whole(*events).choices[0].message.content == "Blue."
