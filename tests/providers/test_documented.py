"""What is wrong with an event, told as an error of its stream."""

from __future__ import annotations

import pytest

from unspool.errors import MalformedEventError, RateLimitError
from unspool.providers.documented import documented
from unspool.wire.event import WireEvent

EVENT = WireEvent(data='{"text": 5}')


def test_a_value_error_becomes_one_that_says_where_to_look() -> None:
    with (
        pytest.raises(
            MalformedEventError, match=r"an event isn't shaped .*must be text.*with the page"
        ) as caught,
        documented(EVENT, "an event", "the page"),
    ):
        raise ValueError("it must be text")
    assert caught.value.data == EVENT.data
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("wrong", [KeyError("a"), TypeError("t"), AttributeError("b")])
def test_so_does_what_comes_of_a_list_where_an_object_should_be(wrong: Exception) -> None:
    with pytest.raises(MalformedEventError), documented(EVENT, "an event", "the page"):
        raise wrong


def test_a_providers_error_stays_itself() -> None:
    with pytest.raises(RateLimitError), documented(EVENT, "an event", "the page"):
        raise RateLimitError("Slow down.", model="", llm_provider="")
