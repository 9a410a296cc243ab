from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from unspool.drift.sdks.seen import Seen, attempt, collect, is_kind


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["text"]
    text: str = ""
    tier: Literal["gold", "silver"] | None = None
    model: Literal["a"] | str = ""  # noqa: PYI051 - as SDKs declare it
    parts: list[_Part] = []
    stop_reason: str | None = Field(default=None, alias="stopReason")


def _seen(**fields: Any) -> Seen:
    item = _Part.model_construct(**{"type": "text", **fields})
    return collect(lambda: [item], lambda one: one.type)


def test_items_are_kept_until_the_sdk_raises() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no\nmore")

    seen = collect(items, str)
    assert (seen.items, seen.error) == (["1"], "ValueError: no")


def test_fields_that_a_model_does_not_declare_are_noted_at_any_depth() -> None:
    inner = _Part.model_construct(type="text", cost=3)
    assert _seen(news=1, nothing=None, parts=[inner]).unmodelled == {"news": 1, "parts[*].cost": 1}


def test_values_that_a_model_does_not_list_are_noted() -> None:
    assert _seen(type="news", tier="tin").unknown == {"type=news": 1, "tier=tin": 1}


def test_a_field_that_may_be_any_text_has_no_unknown_value() -> None:
    assert _seen(model="b", text="c").unknown == {}


def test_the_wires_name_is_noted() -> None:
    item = _Part.model_validate({"type": "text", "stopReason": "x"})
    assert collect(lambda: [item], str).unknown == {}


def test_an_accumulators_error_is_kept_apart() -> None:
    def result() -> dict[str, Any]:
        raise KeyError("index")

    seen = attempt(Seen(items=[1]), result)
    assert (seen.error, seen.helper_error) == (None, "KeyError: 'index'")
    assert attempt(Seen(), lambda: {"text": ""}).result == {"text": ""}


def test_the_type_of_an_event_is_told_from_other_values() -> None:
    assert is_kind("content_block.type=news")
    assert is_kind("object=chunk")
    assert not is_kind("service_tier=gold")
