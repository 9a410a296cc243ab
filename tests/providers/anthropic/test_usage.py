"""Anthropic's token counts in LiteLLM's terms."""

from __future__ import annotations

from tests.providers.anthropic.events import USAGE, end, run, start, text, thinking, usages


def test_the_prompt_includes_what_was_cached() -> None:
    counts = {"input_tokens": 10, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 3000}
    last = usages({**counts, "output_tokens": 1}, {"output_tokens": 5})[-1]

    assert last["prompt_tokens"] == 3210
    assert (last["cache_creation_input_tokens"], last["cache_read_input_tokens"]) == (200, 3000)
    assert last["prompt_tokens_details"] == {
        "text_tokens": 10,
        "cached_tokens": 3000,
        "cache_creation_tokens": 200,
    }


def test_other_counters_stay_as_they_were_sent() -> None:
    written = {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 0}
    extra = {"cache_creation": written, "inference_geo": "eu", "speed": "fast", "cost": 0.25}
    last = usages({"input_tokens": 1, **extra}, {"output_tokens": 5})[-1]

    assert {key: last[key] for key in extra} == extra
    assert last["prompt_tokens_details"]["cache_creation_token_details"] == written


def test_server_tool_use_can_be_read_by_attribute() -> None:
    counted = {"output_tokens": 5, "server_tool_use": {"web_search_requests": 2}}
    last = run(start(), *end(usage=counted))[-1]
    assert last.usage.server_tool_use.web_search_requests == 2


def test_the_passes_of_one_message_are_added_up() -> None:
    passes = [
        {"type": "compaction", "input_tokens": 900, "output_tokens": 50},
        {"type": "message", "input_tokens": 30, "output_tokens": 5, "cache_read_input_tokens": 2},
    ]
    last = usages(USAGE, {"input_tokens": 30, "output_tokens": 5, "iterations": passes})[-1]

    assert (last["prompt_tokens"], last["completion_tokens"]) == (932, 55)
    assert last["iterations"] == passes
    assert (last["input_tokens"], last["output_tokens"]) == (30, 5)


def test_reported_thinking_tokens_are_reasoning_tokens() -> None:
    reported = {"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}}
    last = usages(USAGE, reported, *thinking("Hm."))[-1]
    assert last["completion_tokens_details"] == {"reasoning_tokens": 30, "text_tokens": 20}


def test_without_thinking_all_tokens_are_text() -> None:
    last = usages(USAGE, {"output_tokens": 50}, *text("Hi"))[-1]
    assert last["completion_tokens_details"] == {"reasoning_tokens": 0, "text_tokens": 50}


def test_thinking_tokens_that_nobody_reported_are_not_guessed() -> None:
    assert "completion_tokens_details" not in usages(USAGE, {"output_tokens": 50}, *thinking("Hm."))[-1]
