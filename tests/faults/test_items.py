"""Faults on canned streams."""

from __future__ import annotations

import itertools
import math
from typing import Any

import httpx
import pytest
from tests.faults import answers
from tests.faults.reading import pieces

import unspool
from unspool import FakeStream, Pause, finish_chunk, text_chunks
from unspool.errors import FaultError
from unspool.faults import (
    BadGzip,
    Break,
    BreakAfterFinish,
    CutEvents,
    Drip,
    Duplicate,
    ErrorEvent,
    Fault,
    Hang,
    Loop,
    NoFault,
    Rechunk,
    Refuse,
    Stall,
    Status,
    break_items,
)
from unspool.wire.event import WireEvent

ITEMS = [*text_chunks("It rains."), finish_chunk()]
"""`It `, `rai`, `ns.`, and the finish."""


def text_of(items: Any, fault: Fault, **options: Any) -> str:
    provider = options.get("provider", "openai")
    stream = FakeStream(break_items(items, fault, **options), provider=provider, clock=unspool.VirtualClock())
    wrapper = unspool.CustomStreamWrapper(stream, model="m", custom_llm_provider=provider)
    return "".join(chunk.choices[0].delta.content or "" for chunk in wrapper)


def test_without_a_fault_a_items_says_the_same() -> None:
    assert text_of(ITEMS, NoFault()) == "It rains."


@pytest.mark.parametrize(
    "items",
    [
        ["It ", "rai", "ns."],
        ITEMS,
        [chunk.model_dump() for chunk in ITEMS],
        [WireEvent(data='{"choices":[{"index":0,"delta":{"content":"It rains."},"finish_reason":"stop"}]}')],
        pieces(
            Rechunk(1).apply(
                answers.interaction(
                    *answers.sse(answers.chat({"content": "It rains."}), answers.chat({}, "stop"))
                )
            )
        ),
    ],
    ids=["text", "chunks", "dicts", "events", "bytes"],
)
def test_items_of_every_kind_may_be_broken(items: list[Any]) -> None:
    assert text_of(items, NoFault()) == "It rains."
    assert text_of([*items, "!"], Duplicate(0)).startswith("It ")


@pytest.mark.parametrize("items", [ITEMS, ["It ", "rai", "ns."]], ids=["chunks", "text"])
def test_text_is_cut(items: list[Any]) -> None:
    with pytest.raises(unspool.IncompleteStreamError) as caught:
        text_of(items, CutEvents(2))
    assert caught.value.generated_content == "It rai"


def test_a_provider_s_bytes_are_broken_in_its_format() -> None:
    with pytest.raises(unspool.InternalServerError, match="Overloaded"):
        text_of(pieces(answers.ANTHROPIC), ErrorEvent(2, status=529), provider="anthropic")


def broken_by(fault: Fault, items: Any = ITEMS, **options: Any) -> Exception:
    with pytest.raises(unspool.ProviderError) as caught:
        text_of(items, fault, **options)
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("ReadError", ConnectionResetError),
        ("ReadTimeout", TimeoutError),
        ("RemoteProtocolError", ConnectionAbortedError),
    ],
)
def test_a_broken_connection_is_python_s_own_error(error: str, kind: type[Exception]) -> None:
    caught = broken_by(Break(1, error))

    assert type(caught.original_exception) is kind
    assert caught.generated_content == "It "


@pytest.mark.parametrize("error", ["ReadError", "ReadTimeout", "RemoteProtocolError"])
def test_or_a_library_s_if_that_is_wanted(error: str) -> None:
    assert type(broken_by(Break(1, error), errors=httpx).original_exception) is getattr(httpx, error)


def test_a_refused_connection_is_an_error_too() -> None:
    assert type(broken_by(Refuse()).original_exception) is ConnectionRefusedError


def test_after_the_finish_a_reset_does_no_harm() -> None:
    assert text_of(ITEMS, BreakAfterFinish(), errors=httpx) == "It rains."


def test_a_refusal_is_what_a_client_would_make_of_it() -> None:
    caught = broken_by(Status(429, retry_after=3))

    assert isinstance(caught, unspool.RateLimitError)
    assert caught.is_pre_first_chunk
    assert caught.headers["retry-after"] == "3"


def test_the_items_s_own_error_stays_itself() -> None:
    error = RuntimeError("boom")

    assert broken_by(Rechunk(5), ["It ", error]).original_exception is error


def test_the_items_s_own_error_may_be_a_class() -> None:
    assert type(broken_by(NoFault(), ["It ", KeyError]).original_exception) is KeyError


def test_pauses_are_kept_and_added() -> None:
    items = ["a", Pause(1.0), "b", "c"]
    waited = [item.seconds for item in break_items(items, Stall(2, 9.0)) if isinstance(item, Pause)]

    assert waited == [1.0, 9.0]


def test_time_passes_on_the_stream_s_clock() -> None:
    clock = unspool.VirtualClock()
    list(FakeStream(break_items(ITEMS, Drip(2.0)), clock=clock))

    assert clock.elapsed == 6.0


def test_a_hanging_stream_ends_in_the_end() -> None:
    *_, pause, error = break_items(ITEMS, Hang(1))

    assert pause == Pause(3600.0)
    assert isinstance(error, ConnectionResetError)


def test_an_endless_items_is_read_as_it_goes_on() -> None:
    stream = FakeStream(break_items(itertools.repeat("a"), Drip(0.0)), clock=unspool.VirtualClock())

    assert len(list(itertools.islice(stream, 1000))) == 1000


def test_a_loop_may_be_endless() -> None:
    stream = FakeStream(break_items(ITEMS, Loop(1, times=math.inf)))
    texts = [chunk.choices[0].delta.content for chunk in itertools.islice(stream, 1000)]

    assert texts == ["It "] + ["rai"] * 999


def test_only_the_attempt_that_is_hit_is_broken() -> None:
    fault = Break(1).on(1)

    assert broken_by(fault).generated_content == "It "
    assert text_of(ITEMS, fault, attempt=2) == "It rains."


def test_a_items_has_no_content_encoding() -> None:
    with pytest.raises(FaultError, match="a canned stream has no content-encoding"):
        list(break_items(ITEMS, BadGzip()))


def test_what_is_no_item_is_refused() -> None:
    with pytest.raises(FaultError, match="expected an item of a FakeStream, got int"):
        list(break_items([1], NoFault()))


def test_an_endless_loop_may_be_cut_off() -> None:
    items = list(break_items(ITEMS, Loop(0, times=math.inf) | Break(200)))

    assert len(items) == 201
    assert isinstance(items[-1], ConnectionResetError)
