"""instructor under scripts: a value that breaks the schema is asked for again."""

from __future__ import annotations

from typing import Any

import instructor
import pytest
from instructor.core import InstructorRetryException
from pydantic import BaseModel

from unspool.script import structured, use_script

OSLO = {"name": "Oslo", "people": 700_000}
WRONG = structured({"name": "Oslo", "people": "many"}, valid=False)
RIGHT = structured(OSLO)


class City(BaseModel):
    """What is asked for."""

    name: str
    people: int


def ask(**options: Any) -> City:
    client = instructor.from_provider("openai/gpt-4o", api_key="none")
    messages: Any = [{"role": "user", "content": "Which city?"}]
    return client.create(response_model=City, messages=messages, **options)


def test_a_value_is_read() -> None:
    with use_script(RIGHT):
        assert ask().model_dump() == OSLO


def test_an_invalid_value_is_asked_for_again() -> None:
    with use_script(WRONG, RIGHT) as script:
        assert ask(max_retries=2).model_dump() == OSLO
    assert "people" in str(script.calls[1].tool_results)


def test_retries_end() -> None:
    with use_script(WRONG, WRONG, WRONG), pytest.raises(InstructorRetryException):
        ask(max_retries=2)  # after the first request


def test_a_stream_of_partial_values_is_read() -> None:
    client = instructor.from_provider("openai/gpt-4o", api_key="none")
    messages: Any = [{"role": "user", "content": "Which city?"}]
    with use_script(RIGHT, chunks="graphemes"):
        *_, last = client.create_partial(response_model=City, messages=messages)
    assert last.model_dump() == OSLO
