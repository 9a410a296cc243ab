"""Events that are alike are read as if each were parsed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.errors import MalformedEventError
from unspool.models import ModelResponseStream
from unspool.providers.openai import alike
from unspool.providers.openai.chat import OpenAIChatNormalizer, chunk_from
from unspool.wire.event import WireEvent

HEAD = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "service_tier": "default"}


def event(delta: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **fields}


def read(*events: dict[str, Any] | str) -> list[ModelResponseStream]:
    normalizer = OpenAIChatNormalizer()
    datas = [data if isinstance(data, str) else json.dumps(data) for data in events]
    return [chunk for data in datas for chunk in normalizer.feed(WireEvent(data=data))]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The data of the events that were parsed."""
    seen: list[str] = []
    feed = OpenAIChatNormalizer._feed

    def noted(self: OpenAIChatNormalizer, event: WireEvent) -> Iterator[ModelResponseStream]:
        seen.append(event.data)
        return feed(self, event)

    monkeypatch.setattr(OpenAIChatNormalizer, "_feed", noted)
    return seen


@given(
    st.lists(st.text(), min_size=2),
    st.sampled_from(["content", "reasoning_content", "reasoning"]),
    st.booleans(),
)
def test_any_text_is_read_as_if_it_were_parsed(texts: list[str], field: str, escaped: bool) -> None:
    bodies = [event({"content": "", field: text}) for text in texts]
    events = [WireEvent(data=json.dumps(body, ensure_ascii=escaped)) for body in bodies]
    usual, parsing = OpenAIChatNormalizer(), OpenAIChatNormalizer()
    parsing._alike.learn = lambda *_: None  # type: ignore[method-assign]
    one, other = ([chunk for event in events for chunk in stage.feed(event)] for stage in (usual, parsing))
    assert [chunk.model_dump() for chunk in one] == [chunk.model_dump() for chunk in other]


def test_only_the_first_is_parsed(parsed: list[str]) -> None:
    read(*(event({"content": text}) for text in ("It", ' "rains"', "\n", "é")))
    assert len(parsed) == 1


def test_padding_of_any_length_is_no_difference(parsed: list[str]) -> None:
    chunks = read(event({"content": "It"}, obfuscation="aB3"), event({"content": " rains"}, obfuscation="x"))
    assert len(parsed) == 1
    assert [chunk.obfuscation for chunk in chunks] == ["aB3", "x"]


@pytest.mark.parametrize(
    "later",
    [
        event({"content": "b"}, created=2),
        event({"content": "b"}, id="c-2"),
        event({"content": "b", "role": "assistant"}),
        event({"content": None, "tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}),
        event({"content": 'b", "refusal": "no'}),
        {
            **event({"content": "b"}),
            "choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": None}],
        },
        {**event({}), "choices": [{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]},
    ],
)
def test_what_differs_in_more_is_parsed(later: dict[str, Any]) -> None:
    chunk = read(event({"content": "a"}), later)[-1]
    assert chunk.model_dump() == chunk_from(later).model_dump()


@pytest.mark.parametrize("literal", ['b", "refusal": "no', "b\\", "\\x", "b\n", "\\ud800"])
def test_what_stands_between_is_one_string_or_it_is_parsed(literal: str, parsed: list[str]) -> None:
    first = json.dumps(event({"content": "a"}))
    later = first.replace('"a"', f'"{literal}"')
    try:
        chunks = read(first, later)
    except MalformedEventError:
        pass
    else:
        assert chunks[1].model_dump() == read(later)[0].model_dump()
    assert later in parsed


def test_one_quote_is_not_both_ends_of_a_string() -> None:
    first = json.dumps(event({"content": "a"}))
    with pytest.raises(MalformedEventError):
        read(first, first.replace('"a"', '"'))


def test_a_text_that_stands_twice_in_an_event_is_parsed(parsed: list[str]) -> None:
    body = event({"content": "a", "provider_specific_fields": {"content": "a"}})
    read(body, body)
    assert len(parsed) == 2


def test_the_whole_text_again_is_dropped_as_ever() -> None:
    texts = ["It rains on ", "the old roofs.", "It rains on the old roofs."]
    assert [chunk.choices[0].delta.content for chunk in read(*(event({"content": t}) for t in texts))][
        -1
    ] is None


def test_events_that_are_never_alike_are_soon_not_learned_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = alike.AlikeChunks._made

    def noted(self: alike.AlikeChunks, data: str, chunk: ModelResponseStream, field: str) -> Any:
        made.append(data)
        return make(self, data, chunk, field)

    monkeypatch.setattr(alike.AlikeChunks, "_made", noted)
    read(*(event({"content": "a"}, created=number + 1) for number in range(50)))
    assert len(made) == alike._MOST_FAILURES


def test_chunks_share_nothing_that_can_be_changed() -> None:
    one, other = read(event({"content": "a"}), event({"content": "b"}), event({"content": "c"}))[1:]
    one.choices[0].delta.content = "spoilt"
    one.choices[0].spoilt = one.spoilt = one.choices[0].delta.spoilt = True
    assert "spoilt" not in other.model_dump_json()
