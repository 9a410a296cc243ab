"""Counting where nobody reported, and what to make of what was reported. See test_builder.py for more."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.tokens import settle_usage, token_counter


def test_four_bytes_are_a_token() -> None:
    assert token_counter(text="abcdefgh") == 2


def test_a_token_that_was_begun_counts() -> None:
    assert token_counter(text="abcde") == 2


def test_no_text_is_no_token() -> None:
    assert token_counter(text="") == 0


def test_bytes_are_counted_and_not_characters() -> None:
    assert token_counter(text="漢字漢字") == 3


def test_half_a_surrogate_pair_can_be_counted() -> None:
    assert token_counter(text="\ud83d") == 1


def test_the_model_makes_no_difference() -> None:
    assert token_counter("gpt-4o", "abcd") == token_counter("claude-3-haiku", "abcd")


def test_nothing_at_all_is_no_token() -> None:
    assert token_counter() == 0


def test_the_start_of_the_answer_counts() -> None:
    assert token_counter(messages=[]) == 3


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ({}, 3),
        ({"role": "user"}, 4),
        ({"role": "user", "content": "abcdefgh"}, 6),
        ({"role": "user", "content": None}, 4),
        ({"role": "user", "content": [{"type": "text", "text": "abcdefgh"}]}, 6),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}, 4),
        ({"role": "user", "content": ["neither"]}, 4),
        ({"role": "user", "tool_calls": [{"id": "a", "function": {"name": "f"}}]}, 8),
        ({"role": "user", "tool_calls": [{"id": "a", "custom": {"name": "f"}}]}, 8),
    ],
)
def test_a_message_counts_its_frame_and_its_texts(message: dict[str, Any], tokens: int) -> None:
    assert token_counter(messages=[message]) == 3 + tokens


def report(prompt: int, completion: int, total: int, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, **more}


def settle(*reports: dict[str, Any], **options: Any) -> dict[str, Any]:
    return settle_usage(
        reports,
        **{
            "answer": "abcd",
            "thoughts": "",
            "is_text_only": False,
            "is_cut_off": False,
            "count_prompt": lambda: 100,
            "count_text": len,
            **options,
        },
    )


def test_what_was_never_reported_is_counted() -> None:
    assert settle() == report(100, 4, 104)


def test_an_empty_text_is_not_counted() -> None:
    def never(text: str) -> int:
        raise AssertionError(text)

    assert settle(answer="", count_text=never) == report(100, 0, 100)


def test_a_report_is_taken_as_it_is() -> None:
    assert settle(report(7, 3, 10, x={"a": 1}), count_prompt=lambda: 1 // 0) == report(7, 3, 10, x={"a": 1})


def test_the_last_total_that_belongs_to_the_last_counts_is_taken() -> None:
    assert settle(report(7, 1, 99), report(7, 3, 25), report(0, 0, 50))["total_tokens"] == 25


def test_a_total_that_was_not_reported_is_the_sum() -> None:
    assert settle(report(7, 3, 0))["total_tokens"] == 10


def test_reasoning_tokens_that_were_reported_stay_as_they_are() -> None:
    told = report(7, 3, 10, completion_tokens_details={"reasoning_tokens": 2})

    assert settle(told, is_text_only=True) == told


def test_text_alone_has_no_reasoning_tokens() -> None:
    details = {"audio_tokens": 1, "text_tokens": 3, "reasoning_tokens": 0}

    settled = settle(report(7, 3, 10, completion_tokens_details={"audio_tokens": 1}), is_text_only=True)

    assert settled["completion_tokens_details"] == details


def test_two_counts_of_a_stream_that_was_cut_off_are_no_placeholder() -> None:
    assert settle(report(7, 1, 8), report(7, 2, 9), is_cut_off=True) == report(7, 2, 9)


def test_a_lone_count_of_a_stream_that_was_cut_off_is_a_placeholder() -> None:
    told = report(7, 1, 8, completion_tokens_details={"text_tokens": 1})

    assert settle(told, is_cut_off=True) == report(7, 4, 11)


def test_the_reports_are_left_as_they_were() -> None:
    first = report(7, 1, 8, details={"a": 1})

    settle(first, report(7, 3, 10, details={"b": 2}))

    assert first == report(7, 1, 8, details={"a": 1})
