"""Turns as values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from unspool.errors import ScriptError
from unspool.faults import Break, Stall
from unspool.script import call, error, text, turn
from unspool.script.turns import Pace


def test_turns_and_texts_are_joined_in_order() -> None:
    assert ("a" + call("f")).parts == (*text("a").parts, *call("f").parts)
    assert (call("f") + "a").parts == (*call("f").parts, *text("a").parts)


@pytest.mark.parametrize("other", [1, None, ["a"]])
def test_nothing_else_is_joined(other: Any) -> None:
    for add in (lambda: text("a") + other, lambda: other + text("a")):
        with pytest.raises(TypeError):
            add()


def test_faults_add_up_in_order() -> None:
    broken = text("a") | Stall(after=0, seconds=1) | Break(after=1)
    assert broken.fault == Stall(after=0, seconds=1) | Break(after=1)


def test_what_is_no_fault_is_refused_with_what_to_write() -> None:
    with pytest.raises(ScriptError, match=r"expected a fault of unspool.faults .*; write Stall\(…\)"):
        text("a") | Stall  # type: ignore[operator]


def test_pieces_arrive_at_their_pace() -> None:
    assert Pace(first=1, between=0.5).moments(3) == [1, 1.5, 2]
    assert Pace().moments(2) == [0, 0]


def test_jitter_is_bounded_repeatable_and_never_goes_back() -> None:
    pace = Pace(first=1, between=0.1, jitter=0.3, seed=7)
    moments = pace.moments(50)
    assert moments == pace.moments(50) != Pace(first=1, between=0.1, jitter=0.3, seed=8).moments(50)
    assert moments == sorted(moments)
    assert 0.7 <= moments[0] <= 1.3
    assert all(later - at <= 0.4001 for at, later in pairwise(moments))


def test_a_turn_is_a_value() -> None:
    assert turn("a") == text("a") != text("b")
    assert error(500) == error(500) != error(501)
