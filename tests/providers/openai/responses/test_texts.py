"""The texts of messages and of reasoning: pieces, wholes, annotations, logprobs."""

from __future__ import annotations

import pytest
from tests.providers.openai.responses.events import (
    CITATION,
    at,
    done,
    end,
    event,
    kept,
    message,
    pieces,
    run,
    text_part,
    texts,
)

from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

HELLO = message(text_part("Hello"))
WHOLES = {
    "the text": event("response.output_text.done", **at(), text="Hello"),
    "the part": event("response.content_part.done", **at(), part=text_part("Hello")),
    "the item": done(HELLO),
    "the response": end(HELLO),
}
LIKELY = [{"token": "Hello", "logprob": -0.1, "bytes": None, "top_logprobs": []}]


def in_chat(citation: JSON) -> JSON:
    """A citation of a link as a chat has it."""
    fields = {key: value for key, value in citation.items() if key != "type"}
    return {"type": "url_citation", "url_citation": {"title": "", **fields}}


def annotation_added(annotation: JSON, **fields: int) -> WireEvent:
    return event("response.output_text.annotation.added", **{**at(), **fields}, annotation=annotation)


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
def test_a_text_that_only_a_whole_tells_is_told(whole: WireEvent) -> None:
    assert texts(whole) == ["Hello"]


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
def test_a_text_that_came_in_pieces_is_not_told_again(whole: WireEvent) -> None:
    assert texts(*pieces("Hel", "lo"), whole) == ["Hel", "lo"]


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
def test_the_end_of_a_text_that_lacks_pieces_is_told(whole: WireEvent) -> None:
    assert texts(*pieces("Hel"), whole) == ["Hel", "lo"]


def test_all_wholes_together_tell_a_text_once() -> None:
    assert texts(*pieces("Hel"), *WHOLES.values()) == ["Hel", "lo"]


def test_where_the_whole_begins_differently_the_pieces_count() -> None:
    assert texts(*pieces("Good"), *WHOLES.values()) == ["Good"]


def test_an_empty_piece_gives_no_chunk() -> None:
    assert run(*pieces("")) == []


def test_parts_and_messages_follow_each_other() -> None:
    told = [
        *pieces("One. ", content_index=0),
        *pieces("Two. ", content_index=1),
        *pieces("Three.", output_index=1),
    ]
    assert texts(*told) == ["One. ", "Two. ", "Three."]


def test_a_refusal_is_a_refusal() -> None:
    told = [
        *pieces("I ", kind="refusal"),
        event("response.refusal.done", **at(), refusal="I can't."),
        done(message({"type": "refusal", "refusal": "I can't."})),
    ]
    assert texts(*told, field="refusal") == ["I ", "can't."]
    assert texts(*told) == []


# -- annotations --------------------------------------------------------------------------------------


def test_an_annotation_is_told_as_it_comes() -> None:
    assert texts(*pieces("Hello"), annotation_added(CITATION), field="annotations") == [[in_chat(CITATION)]]


def test_an_annotation_is_told_once() -> None:
    item = message(text_part("Hello", annotations=[CITATION]))
    told = [annotation_added(CITATION), done(item), end(item)]
    assert texts(*pieces("Hello"), *told, field="annotations") == [[in_chat(CITATION)]]


def test_an_annotation_that_only_a_whole_tells_is_told() -> None:
    other = {**CITATION, "url": "https://example.com"}
    item = message(text_part("Hello", annotations=[CITATION, other]))
    found = texts(*pieces("Hello"), annotation_added(CITATION), done(item), field="annotations")
    assert found == [[in_chat(CITATION)], [in_chat(other)]]


def test_the_places_of_an_annotation_are_those_in_all_content() -> None:
    told = [*pieces("First."), *pieces("Hello", output_index=1)]
    ((found,),) = texts(*told, annotation_added(CITATION, output_index=1), field="annotations")
    assert found == in_chat({**CITATION, "start_index": 6, "end_index": 11})


@pytest.mark.parametrize(
    "other",
    [
        {"type": "file_citation", "file_id": "file-1", "filename": "sky.pdf", "index": 3},
        {"type": "url_citation", "url": "https://example.org"},
    ],
    ids=["no URL", "no place"],
)
def test_an_annotation_without_a_url_or_a_place_is_a_citation_as_it_was_sent(other: JSON) -> None:
    told = [
        *pieces("First."),
        annotation_added(other),
        done(message(text_part("First.", annotations=[other]))),
    ]
    assert texts(*told, field="annotations") == []
    assert kept(*told) == {"citations": [other]}


# -- logprobs -----------------------------------------------------------------------------------------


def test_logprobs_have_the_shape_of_a_chats() -> None:
    (chunk,) = run(*pieces("Hello", logprobs=LIKELY))
    assert chunk.choices[0].logprobs == {"content": LIKELY, "refusal": None}


def test_no_logprobs_are_none() -> None:
    (chunk,) = run(*pieces("Hello", logprobs=[]))
    assert chunk.choices[0].logprobs is None


def test_logprobs_that_came_in_pieces_are_not_told_again() -> None:
    whole = event("response.output_text.done", **at(), text="Hello!", logprobs=LIKELY)
    chunks = run(*pieces("Hello", logprobs=LIKELY), whole)
    assert [chunk.choices[0].logprobs is None for chunk in chunks] == [False, True]


def test_logprobs_of_a_text_that_only_a_whole_tells_come_with_it() -> None:
    (chunk,) = run(done(message(text_part("Hello", logprobs=LIKELY))))
    assert chunk.choices[0].logprobs == {"content": LIKELY, "refusal": None}
