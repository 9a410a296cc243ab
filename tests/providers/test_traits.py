"""Every wire format has every trait, and its own samples show them."""

from __future__ import annotations

from importlib import import_module

import pytest
from tests.faults import answers

from unspool.faults.frames import framing_of
from unspool.faults.model_event import finishes, format_of_body, speaks
from unspool.providers import FORMATS, builder_for, decoder_for, end_marks, load, normalizer_for, traits_of
from unspool.providers.errors import errors_of
from unspool.providers.traits import Traits
from unspool.script.encode import CODECS

FORMATS_WITHOUT_PATHS = {"cohere-v1"}  # its paths are others' elsewhere, so `PROVIDERS` has them
EVERY_FORMAT = pytest.mark.parametrize("name", FORMATS)


@EVERY_FORMAT
def test_a_format_has_every_trait(name: str) -> None:
    known, traits = FORMATS[name], traits_of(name)

    assert isinstance(traits, Traits)
    assert decoder_for(name) is not decoder_for(name)
    assert normalizer_for(name) is not normalizer_for(name)
    assert all(map(callable, (traits.looks_like, traits.speaks, traits.finishes)))
    assert errors_of(name).body(503, "No more.")
    assert not traits.reason or set(traits.reasons) == {"length", "tool_calls"}
    assert known.paths or known.as_events or name in FORMATS_WITHOUT_PATHS
    assert known.request is None or callable(builder_for(name))
    assert known.response is None or callable(load(known.response))
    assert known.encoder is None or callable(load(f"{known.encoder}:stream"))


@EVERY_FORMAT
def test_a_format_lives_in_one_folder(name: str) -> None:
    known = FORMATS[name]
    parts = (known.normalizer, known.traits, known.errors, known.request, known.response, known.encoder)
    named = filter(None, parts)

    folders = {".".join(place.partition(":")[0].split(".")[:3]) for place in named}

    assert len(folders) == 1
    assert hasattr(import_module(folders.pop()), "__path__")


@pytest.mark.parametrize("name", answers.ALL)
def test_a_stream_is_recognised_and_says_what_it_says(name: str) -> None:
    body = answers.ALL[name].response.body
    framing = framing_of(body)
    frames = [frame for step in (framing.split(body, 0.0), framing.rest()) for frame in step]

    assert format_of_body(body) in FORMATS
    assert any(map(speaks, frames))
    assert any(map(finishes, frames))


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("openai-chat", b"data: [DONE]"),
        ("openai-responses", b'data: {"type":"response.completed"}'),
        ("anthropic-messages", b'data: {"type":"message_stop"}'),
        ("cohere-v2", b'data: {"type":"message-end"}'),
        ("cohere-v1", b'{"event_type":"stream-end"}'),
        ("gemini-interactions", b'data: {"event_type":"interaction.completed"}'),
        ("replicate-sse", b"event: done"),
        ("ollama-ndjson", b'{"done":true}'),
    ],
)
def test_a_mark_for_the_end_is_known(name: str, last: bytes) -> None:
    assert FORMATS[name].end_mark
    assert end_marks().search(last)


def test_no_other_text_is_a_mark_for_the_end() -> None:
    assert not end_marks().search(b'data: {"type":"message_delta","done":"true"}')


def test_a_script_speaks_the_formats_that_have_an_encoder() -> None:
    assert set(CODECS) == {name for name, known in FORMATS.items() if known.encoder}
