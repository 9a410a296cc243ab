"""Reading JSON that ought to be shaped as documented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from unspool.errors import MalformedEventError, RateLimitError
from unspool.providers.json_events import JSON, documented, number_in, object_in, objects_in, present, text_in
from unspool.wire.event import WireEvent

READERS = [(number_in, 0), (text_in, ""), (object_in, {}), (objects_in, [])]


@pytest.mark.parametrize(("read", "empty"), READERS)
@pytest.mark.parametrize("holder", [{}, {"key": None}])
def test_what_is_missing_or_null_is_empty(read: Callable[..., Any], empty: Any, holder: JSON) -> None:
    assert read(holder, "key") == empty


@pytest.mark.parametrize(
    ("read", "value"), [(number_in, 5), (text_in, "Hi"), (object_in, {"a": 1}), (objects_in, [{"a": 1}, {}])]
)
def test_what_is_as_documented_is_read(read: Callable[..., Any], value: Any) -> None:
    assert read({"key": value}, "key") == value


@pytest.mark.parametrize(
    ("read", "value", "documented"),
    [
        (number_in, "5", "a whole number, not '5'"),
        (number_in, [], r"a whole number, not \[\]"),
        (text_in, 5, "text, not 5"),
        (object_in, "Hi", "an object, not 'Hi'"),
        (objects_in, {}, "a list of objects, not {}"),
        (objects_in, [{}, 5], r"a list of objects, not \[{}, 5\]"),
    ],
)
def test_what_is_of_another_shape_is_an_error(read: Callable[..., Any], value: Any, documented: str) -> None:
    with pytest.raises(ValueError, match=f"'key' must be {documented}"):
        read({"key": value}, "key")


def test_present_leaves_out_what_is_null_or_not_asked_for() -> None:
    assert present({"a": 0, "b": None, "c": 1}, "a", "b", "d") == {"a": 0}


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
