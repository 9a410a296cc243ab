from __future__ import annotations

from datetime import UTC, datetime

import pytest

from unspool.providers.errors import Errors, StreamError
from unspool.providers.openai import errors

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
EVERY = {name: one for name, one in vars(errors).items() if isinstance(one, Errors)}


@pytest.mark.parametrize("name", EVERY)
def test_each_speaks_openais_formats(name: str) -> None:
    assert EVERY[name].like_openai
    assert "No more." in str(EVERY[name].body(429, "No more."))


def test_openai_names_the_kind_and_the_code_of_an_error() -> None:
    assert errors.OPENAI.body(429, "No more.") == {
        "error": {"message": "No more.", "type": "tokens", "param": None, "code": "rate_limit_exceeded"}
    }


@pytest.mark.parametrize(
    ("one", "header"),
    [
        (errors.OPENAI, ("x-ratelimit-reset-requests", "3s")),
        (errors.CEREBRAS, ("x-ratelimit-reset-requests-day", "2.5")),
        (errors.OPENROUTER, ("x-ratelimit-reset", f"{int(NOW.timestamp()) + 4}000")),
    ],
    ids=["openai", "cerebras", "openrouter"],
)
def test_a_limit_says_when_it_is_over(one: Errors, header: tuple[str, str]) -> None:
    assert header in one.limits(2.5, NOW)


def test_an_error_of_responses_counts_as_the_stream_does() -> None:
    event = errors.RESPONSES.event
    assert event is not None

    assert '"sequence_number":7' in event(StreamError({"error": {}}, 503, {"sequence_number": 7})).data
