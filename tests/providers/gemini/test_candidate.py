"""The parts of a candidate, and where each of them goes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.providers.gemini.events import (
    PNG,
    call,
    deltas,
    event,
    partial,
    piece,
    response,
    text,
    thought,
    whole,
)

SOUND = {"mimeType": "audio/L16;rate=24000", "data": "AAEC"}
CODE = {"language": "PYTHON", "code": "print(1)"}
RESULT = {"outcome": "OUTCOME_OK", "output": "1\n"}


def fields(*parts: Any) -> Any:
    return deltas(event(*parts))[0].provider_specific_fields


def test_the_texts_of_an_event_are_one() -> None:
    assert deltas(event(text("It "), text("is.")))[0].content == "It is."


def test_an_empty_text_is_no_content() -> None:
    assert deltas(event(text("")))[0].content is None


def test_a_thought_is_reasoning_and_a_block() -> None:
    delta = deltas(event(thought("Hm."), text("Blue.")))[0]
    assert (delta.reasoning_content, delta.content) == ("Hm.", "Blue.")
    assert delta.thinking_blocks == [{"type": "thinking", "thinking": "Hm."}]


def test_a_signed_thought_keeps_its_signature() -> None:
    delta = deltas(event(thought("Hm.", thoughtSignature="c2ln")))[0]
    assert delta.thinking_blocks == [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}]


def test_thoughts_that_are_sent_again_with_their_signature_are_not_repeated() -> None:
    again = thought("Is it blue, I wonder?", thoughtSignature="c2ln")
    found = deltas(event(thought("Is it blue, ")), event(thought("I wonder?")), event(again))
    assert [delta.reasoning_content for delta in found] == ["Is it blue, ", "I wonder?", ""]
    assert found[-1].thinking_blocks == [{"type": "thinking", "thinking": "", "signature": "c2ln"}]


def test_the_thoughts_of_a_stream_are_one_block() -> None:
    message = whole(event(thought("Hm. ")), event(thought("Blue?")), event(text("Blue."))).choices[0].message
    assert message.thinking_blocks == [{"type": "thinking", "thinking": "Hm. Blue?"}]
    assert message.reasoning_content == "Hm. Blue?"


def test_signatures_are_kept_all_together() -> None:
    message = whole(event(text("a", thoughtSignature="1")), event(text("", thoughtSignature="2"))).choices[0]
    assert message.message.provider_specific_fields == {"thought_signatures": ["1", "2"]}


def test_a_call_comes_whole() -> None:
    (made,) = deltas(event(call(args={"at": "sky"})))[0].tool_calls or ()
    assert made.function is not None
    assert (made.index, made.type, made.function.name) == (0, "function", "look")
    assert made.function.arguments == '{"at": "sky"}'


def test_a_call_keeps_its_id_and_signature() -> None:
    delta = deltas(event(call(id="abc", signature="c2ln")))[0]
    (made,) = delta.tool_calls or ()
    assert (made.id, made.provider_specific_fields) == ("abc", {"thought_signature": "c2ln"})
    assert delta.provider_specific_fields == {"thought_signatures": ["c2ln"]}


def test_calls_are_numbered_and_named_through_the_stream() -> None:
    calls = whole(event(call("a")), event(call("b"), call("c", id="own"))).choices[0].message.tool_calls
    assert [made.id for made in calls or ()] == ["call_resp1_0", "call_resp1_1", "own"]


def test_the_calls_of_two_candidates_share_no_id() -> None:
    first, second = deltas(
        response({**event(call("a"))["candidates"][0]}, event(call("b"), index=1)["candidates"][0])
    )
    calls = [(made.index, made.id) for delta in (first, second) for made in delta.tool_calls or ()]
    assert calls == [(0, "call_resp1_0"), (0, "call_resp1_1")]


def test_a_call_whose_arguments_come_in_pieces() -> None:
    parts = [
        partial(name="look"),
        partial(piece("$.at", stringValue="the ", more=True)),
        partial(piece("$.at", stringValue="sky")),
        partial(more=True),
        partial(more=False),
    ]
    told = [delta.tool_calls for delta in deltas(*map(event, parts))]
    assert [made[0].function and made[0].function.arguments for made in told if made] == [
        "",
        '{"at": "the ',
        'sky"',
        "}",
    ]
    (made,) = whole(*map(event, parts)).choices[0].message.tool_calls or ()
    assert made.function is not None
    assert (made.function.name, json.loads(made.function.arguments)) == ("look", {"at": "the sky"})


def test_the_last_piece_may_end_the_call() -> None:
    parts = [
        partial(name="look"),
        partial(piece("$.n", numberValue=2), more=False),
        partial(name="look"),
        partial(),
    ]
    calls = whole(*map(event, parts)).choices[0].message.tool_calls or ()
    assert [made.function and made.function.arguments for made in calls] == ['{"n": 2}', "{}"]


def test_a_call_that_was_cut_off_stays_so() -> None:
    parts = [partial(name="look"), partial(piece("$.at", stringValue="the", more=True))]
    (made,) = whole(*map(event, parts)).choices[0].message.tool_calls or ()
    assert made.function is not None
    assert made.function.arguments == '{"at": "the'


def test_a_new_call_ends_the_one_before() -> None:
    parts = [partial(piece("$.n", numberValue=1), name="a"), call("b")]
    calls = whole(*map(event, parts)).choices[0].message.tool_calls or ()
    assert [made.function and made.function.arguments for made in calls] == ['{"n": 1}', "{}"]


def test_an_image_is_one_of_the_images() -> None:
    message = whole(event({"inlineData": PNG}), event({"inlineData": PNG})).choices[0].message
    url = {"url": "data:image/png;base64,iVBORw0=", "detail": "auto"}
    assert message.images == [{"type": "image_url", "image_url": url, "index": at} for at in (0, 1)]


def test_a_sound_is_audio() -> None:
    message = (
        whole(event({"inlineData": SOUND}, {"inlineData": SOUND}), event({"inlineData": SOUND}))
        .choices[0]
        .message
    )
    assert message.audio["data"] == "AAECAAECAAEC"
    assert message.audio["mime_type"] == "audio/L16;rate=24000"


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"executableCode": CODE}, {"executable_code": [CODE]}),
        ({"codeExecutionResult": RESULT}, {"code_execution_results": [RESULT]}),
        ({"hologram": 1}, {"other_parts": [{"hologram": 1}]}),
        ({"fileData": {"fileUri": "gs://a/b"}}, {"other_parts": [{"fileData": {"fileUri": "gs://a/b"}}]}),
        (
            {"inlineData": {"mimeType": "video/mp4", "data": "AA"}},
            {"other_parts": [{"inlineData": {"mimeType": "video/mp4", "data": "AA"}}]},
        ),
        (
            {"functionCall": {"willContinue": True}},
            {"other_parts": [{"functionCall": {"willContinue": True}}]},
        ),
    ],
)
def test_what_has_no_place_is_kept(part: Any, kept: Any) -> None:
    assert fields(part) == kept


@pytest.mark.parametrize("part", [{}, {"functionCall": {}}, {"thought": True}])
def test_a_part_that_says_nothing_is_nothing(part: Any) -> None:
    assert deltas(event(part))[0].model_dump(exclude_none=True) == {}


def test_a_list_holds_all_that_came() -> None:
    message = (
        whole(event({"executableCode": CODE}), event({"executableCode": {**CODE, "id": "2"}}))
        .choices[0]
        .message
    )
    assert message.provider_specific_fields == {"executable_code": [CODE, {**CODE, "id": "2"}]}


def test_a_tool_that_google_ran_is_one_with_its_response() -> None:
    called = {
        "toolCall": {"toolType": "GOOGLE_SEARCH", "id": "1", "args": {"q": "sky"}},
        "thoughtSignature": "a",
    }
    answered = {"toolResponse": {"id": "1", "toolType": "GOOGLE_SEARCH", "response": {"found": 1}}}
    orphan = {"toolResponse": {"id": "9", "toolType": "URL", "response": {}}}
    message = whole(event(called), event(answered), event(orphan)).choices[0].message
    assert message.provider_specific_fields == {
        "thought_signatures": ["a"],
        "server_side_tool_invocations": [
            {
                "tool_type": "GOOGLE_SEARCH",
                "id": "1",
                "args": {"q": "sky"},
                "thought_signature": "a",
                "response": {"found": 1},
            },
            {"id": "9", "tool_type": "URL", "response": {}},
        ],
    }
