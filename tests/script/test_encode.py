"""What a script says comes out of every format's bytes as it was said: streamed, in any pieces, and whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.script.asking import FORMATS, ask, rebuilt

from unspool import UnscriptedRequestError
from unspool.providers import pipeline_for
from unspool.script import (
    Script,
    Turn,
    call,
    citation,
    error,
    finish,
    image,
    reasoning,
    refusal,
    text,
    turn,
    usage,
    with_id,
)

WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n☔👩‍👩‍👧"\\'), min_size=1, max_size=30
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | WORDS,
    lambda each: st.lists(each, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(["get_weather", "get_time", "search"])
CALLS = st.builds(call, NAMES, st.dictionaries(WORDS, VALUES, max_size=3))
CHUNKS = st.sampled_from([None, "graphemes", "words", 1, 7])


@st.composite
def turns(draw: st.DrawFn) -> tuple[Turn, str, str, list[tuple[str, Any]]]:
    """A turn, and its thought, its text and its calls."""
    thought = draw(st.just("") | WORDS)
    said = draw(st.just("") | WORDS)
    calls = draw(st.lists(CALLS, max_size=3))
    if not said and not calls:
        said = "Hm."
    parts = [*([reasoning(thought)] if thought else []), *([text(said)] if said else []), *calls]
    named: Any = [one.parts[0] for one in calls]
    made = turn(*parts, chunks=draw(CHUNKS))
    return made, thought, said, [(one.name, json.loads(one.arguments)) for one in named]


@pytest.mark.parametrize("name", FORMATS)
@given(scripted=turns(), stream=st.booleans())
def test_what_is_scripted_is_what_is_read(
    name: str, scripted: tuple[Turn, str, str, list[tuple[str, Any]]], stream: bool
) -> None:
    made, thought, said, calls = scripted
    message = rebuilt(Script(made), name, stream=stream).choices[0].message
    assert (message.content or "") == said
    assert (message.get("reasoning_content") or "") == thought
    assert [
        (one.function.name, json.loads(one.function.arguments)) for one in message.tool_calls or ()
    ] == calls


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_finish_reason_and_the_tokens_are_read(name: str, stream: bool) -> None:
    asked = {"stream_options": {"include_usage": True}} if FORMATS[name][3] else {}
    made = text("It rai") + finish("length") + usage(100, 5, cached=40)
    response = rebuilt(Script(made), name, stream=stream, **asked)
    assert response.choices[0].finish_reason == "length"
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (100, 5)


@pytest.mark.parametrize("name", FORMATS)
def test_every_call_has_an_id_of_its_own_in_every_run(name: str) -> None:
    both = call("a") + call("a")
    runs = [rebuilt(Script(both), name).choices[0].message.tool_calls or [] for _ in range(2)]
    ids = [[one.id for one in run] for run in runs]
    assert len(set(ids[0])) == 2
    assert name in {"gemini", "gemini-array", "ollama"} or ids[0] == ids[1]


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("openai", "call_"), ("responses", "call_"), ("anthropic", "toolu_01"), ("converse", "tooluse_")],
)
def test_ids_are_in_the_providers_style(name: str, prefix: str) -> None:
    (made,) = rebuilt(Script(call("a")), name).choices[0].message.tool_calls or ()
    assert made.id.startswith(prefix)


def test_an_id_of_ones_own_is_sent() -> None:
    (made,) = rebuilt(Script(with_id(call("a"), "call_x")), "openai").choices[0].message.tool_calls or ()
    assert made.id == "call_x"


def test_mistral_ids_have_nine_characters() -> None:
    (made,) = rebuilt(Script(call("a")), "mistral").choices[0].message.tool_calls or ()
    assert len(made.id) == 9
    assert made.id.isalnum()


@pytest.mark.parametrize("name", ["openai", "responses", "gemini", "cohere"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_citations_have_their_place(name: str, stream: bool) -> None:
    made = text("☔ in Oslo.", citations=[citation("https://a.b/c", "T", "Oslo")])
    annotation = rebuilt(Script(made), name, stream=stream).choices[0].message.annotations[0]
    start = 7 if name == "gemini" else 5  # in bytes
    assert annotation["url_citation"]["start_index"] == start
    assert "https://a.b/c" in annotation["url_citation"]["url"]


@pytest.mark.parametrize(
    ("name", "made", "what"),
    [
        ("anthropic", image(b"x"), "image"),
        ("ollama", text("x", citations=[citation("https://a.b")]), "citations"),
        ("openai", reasoning(redacted="x"), "redacted"),
        ("gemini", call("a", '{"cut'), "JSON object"),
        ("anthropic", turn(call("a"), call("b"), interleaved=True), "interleaved"),
        ("cohere", text("x") + finish("pause_turn"), "finish reasons"),
    ],
)
def test_a_part_that_a_format_cannot_show_is_an_error(name: str, made: Turn, what: str) -> None:
    with pytest.raises(UnscriptedRequestError, match=what):
        ask(Script(made), name)


@pytest.mark.parametrize("name", FORMATS)
def test_an_error_stands_where_the_text_ended(name: str) -> None:
    script = Script(text("It rai") + error(529, "Too much rain"))
    body = ask(script, name).response.body
    pipeline = pipeline_for(script.calls[0].format)
    chunks: list[Any] = []
    with pytest.raises(Exception, match="Too much rain"):  # extended by what comes before the error
        chunks.extend(pipeline.feed(body))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "It rai"


def test_interleaved_calls_alternate() -> None:
    both = turn(call("a", x="12345678"), call("b", x="12345678"), chunks=4, interleaved=True)
    body = ask(Script(both), "openai").response.body.decode()
    places = [json.loads(line[6:]) for line in body.splitlines() if '"tool_calls":[' in line]
    indices = [one["choices"][0]["delta"]["tool_calls"][0]["index"] for one in places]
    assert indices == [0, 1] * (len(indices) // 2)


def test_usage_is_sent_only_where_it_is_asked_for() -> None:
    assert b'"prompt_tokens"' not in ask(Script("Hi"), "openai").response.body
    asked = {"include_usage": True}
    assert b'"prompt_tokens"' in ask(Script("Hi"), "openai", stream_options=asked).response.body


def test_a_refusal_is_one() -> None:
    assert b'"refusal":"No."' in ask(Script(refusal("No.")), "openai", stream=False).response.body
    assert b'"type":"refusal"' in ask(Script(refusal("No.")), "responses", stream=False).response.body
    assert b'"stop_reason":"refusal"' in ask(Script(refusal("No.")), "anthropic").response.body


def test_reasoning_is_encrypted_for_who_asks() -> None:
    thought = reasoning("Hm", signature="secret") + text("x")
    assert b"secret" not in ask(Script(thought), "responses").response.body
    asked = ask(Script(thought), "responses", include=["reasoning.encrypted_content"])
    assert b'"encrypted_content":"secret"' in asked.response.body


def test_an_opaque_profile_is_an_error_that_names_format() -> None:
    script = Script("x")
    arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fabc"
    FORMATS["opaque"] = (f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{arn}/invoke",) * 2 + (
        {"anthropic_version": "bedrock-2023-05-31", "messages": []},
        False,
    )
    try:
        with pytest.raises(UnscriptedRequestError, match=r"format='anthropic-messages'"):
            ask(script, "opaque")
    finally:
        del FORMATS["opaque"]


def test_mistral_sends_a_call_in_one_event() -> None:
    body = ask(Script(call("search", q="a long question")), "mistral").response.body.decode()
    assert body.count('"tool_calls":[') == 1
