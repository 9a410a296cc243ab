"""The pieces of each field become one value."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from unspool.joins import complete_calls, gather, join, join_base64
from unspool.models import ChatCompletionDeltaToolCall, ChatCompletionMessageToolCall


def joined(*pieces: dict[str, Any]) -> dict[str, Any]:
    return join(gather(pieces))


@pytest.mark.parametrize(
    ("key", "pieces", "whole"),
    [
        ("content", ["a", None, "b"], "ab"),
        ("refusal", ["", ""], None),
        ("role", ["", "assistant", "user"], "assistant"),
        ("id", ["a", "", "b", ""], "b"),
        ("anything", [1, 2], 2),
        ("anything", [[1], [2]], [1, 2]),
        ("anything", [{"a": 1, "b": 1}, {"a": 2}], {"a": 2, "b": 1}),
        (
            "logprobs",
            [{"content": [1]}, {"content": [2], "refusal": None}],
            {"content": [1, 2], "refusal": None},
        ),
        ("logprobs", [{"content": [1]}, 0.5], 0.5),
        ("thinking_blocks", [[{"type": "thinking", "thinking": ""}]], None),
    ],
)
def test_a_field_is_joined_by_its_name(key: str, pieces: list[Any], whole: Any) -> None:
    assert joined(*({key: piece} for piece in pieces)).get(key) == whole


def test_a_signature_ends_a_block_of_thinking() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "a"},
        {"type": "thinking", "thinking": "b"},
        {"type": "thinking", "signature": "1"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "thinking", "thinking": "c"},
    ]
    assert joined(*({"thinking_blocks": [block]} for block in blocks))["thinking_blocks"] == [
        {"type": "thinking", "thinking": "ab", "signature": "1"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "thinking", "thinking": "c"},
    ]


def test_texts_of_reasoning_are_joined_under_their_index_and_the_encrypted_stay_apart() -> None:
    details: list[dict[str, Any]] = [
        {"type": "reasoning.text", "index": 0, "text": "a"},
        {"type": "reasoning.text", "index": 0, "text": "b"},
        {"type": "reasoning.text", "index": 1, "text": "c"},
        {"type": "reasoning.encrypted", "index": 1, "data": "x"},
        {"type": "reasoning.encrypted", "index": 1, "data": "y"},
    ]
    whole = joined(*({"reasoning_details": [detail]} for detail in details))["reasoning_details"]
    assert [detail.get("text") or detail.get("data") for detail in whole] == ["ab", "c", "x", "y"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_base64_is_joined_however_it_was_cut(size: int) -> None:
    data = b"some sound"
    apart = [base64.b64encode(data[at : at + size]).decode() for at in range(0, len(data), size)]
    text = base64.b64encode(data).decode()
    cut = [text[at : at + size] for at in range(0, len(text), size)]
    for pieces in (apart, cut):
        assert base64.b64decode(join_base64(pieces)) == data


def fragment(index: int, call_id: str | None = None, name: str | None = None, arguments: str = "") -> Any:
    return ChatCompletionDeltaToolCall.model_validate(
        {
            "index": index,
            "id": call_id,
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
    )


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        (
            [fragment(0, "a", "f", "1"), fragment(1, "b", "g", "2"), fragment(0, None, None, "3")],
            ["f13", "g2"],
        ),
        ([fragment(0, "a", "f", "1"), fragment(0, "b", "g", "2")], ["f1", "g2"]),
        ([fragment(0, "a", "f", "1"), fragment(0, "b", None, "2")], ["f12"]),
        ([fragment(0, "a", "f", "1"), fragment(1, None, None, "2")], ["f12"]),
        ([fragment(0, "a", "f", "1"), fragment(1, "a", None, "2")], ["f12"]),
        ([fragment(0, "a", "f", "1"), fragment(1, "a", "g", "2")], ["f1", "g2"]),
        ([fragment(1, "b", "g", "2"), fragment(0, "a", "f", "1")], ["f1", "g2"]),
    ],
)
def test_fragments_go_to_their_call(fragments: list[Any], calls: list[str]) -> None:
    whole = joined({"tool_calls": fragments})["tool_calls"]
    assert [f"{call.function.name}{call.function.arguments}" for call in whole] == calls


def test_a_call_without_arguments_has_an_empty_object() -> None:
    empty, full = (
        ChatCompletionMessageToolCall.model_validate(
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
        )
        for arguments in ("", "[1]")
    )
    complete_calls([empty, full])
    assert [call.function.arguments for call in (empty, full) if call.function] == ["{}", "[1]"]
