"""Answers that come late, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults import answers
from tests.faults.reading import ending, pieces, times

from unspool.errors import FaultError
from unspool.faults import Drip, Hang, Jitter, SlowStart, Stall

RECORDED = answers.interaction(b"a", b"b", b"c")


def test_times_are_those_of_the_recording() -> None:
    assert times(RECORDED) == [0.75, 1.0, 1.25]


def test_a_slow_start_delays_what_follows_the_headers() -> None:
    broken = SlowStart(10.0).apply(RECORDED)

    assert broken.response.timeline.headers_at == 0.5
    assert times(broken) == [10.75, 11.0, 11.25]
    assert ending(broken)[2] == 11.25


def test_a_slow_start_may_delay_the_headers_too() -> None:
    assert SlowStart(10.0, headers=True).apply(RECORDED).response.timeline.headers_at == 10.5


def test_a_stall_delays_what_follows() -> None:
    broken = Stall(1, 10.0).apply(RECORDED)

    assert times(broken) == [0.75, 11.0, 11.25]
    assert ending(broken)[2] == 11.25


def test_a_hanging_stream_is_reset_in_the_end() -> None:
    broken = Hang(2).apply(RECORDED)

    assert pieces(broken) == [b"a", b"b"]
    assert ending(broken) == ("reset", "ReadError", 3601.25)


@pytest.mark.parametrize("fault", [Stall(3), Hang(3)])
def test_silence_needs_a_chunk_that_it_holds_up(fault: Stall | Hang) -> None:
    with pytest.raises(FaultError, match="needs 4 network chunks in the answer, which has 3;"):
        fault.apply(RECORDED)


def test_a_drip_keeps_a_distance() -> None:
    broken = Drip(3.0).apply(RECORDED)

    assert times(broken) == [0.75, 3.75, 6.75]
    assert ending(broken)[2] == 6.75


def test_a_drip_hastens_nothing() -> None:
    assert times(Drip(0.1).apply(RECORDED)) == times(RECORDED)


@given(seed=st.integers(0, 999), most=st.floats(0.0, 5.0))
def test_jitter_delays_each_by_so_much_at_most(seed: int, most: float) -> None:
    late = times(Jitter(most, seed).apply(RECORDED))

    assert late == sorted(late)
    for jittered, exact in zip(late, times(RECORDED), strict=True):
        assert exact - 1e-4 <= jittered <= times(RECORDED)[-1] + most + 1e-4
