"""Faults as text."""

from __future__ import annotations

import pytest

from unspool.errors import FaultError
from unspool.faults import CATALOGUE, Break, Rechunk, Shred, Stall, scenario
from unspool.faults.spelling import parse_fault


@pytest.mark.parametrize(
    "fault",
    [
        Break(after=2),
        Break(after=2, error="RemoteProtocolError").on(1, 3),
        Stall(after=1, seconds=2.5) | Rechunk(7),
        (Stall() | Break(after=1)).on(2),
    ],
)
def test_what_repr_prints_is_read_back(fault: object) -> None:
    assert parse_fault(repr(fault)) == fault


def test_every_scenario_is_read_by_its_name_and_its_repr() -> None:
    for one in CATALOGUE:
        assert parse_fault(one.name) == parse_fault(repr(one)) == scenario(one.name)


def test_a_seed_is_for_faults_that_name_none() -> None:
    assert parse_fault("Shred()", seed=7) == Shred(seed=7)
    assert parse_fault("Shred(seed=1)", seed=7) == Shred(seed=1)
    assert parse_fault("Break(1)", seed=7) == Break(1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Braek(1)",
        "__import__('os').system('true')",
        "Break(**{'after': 1})",
        "1 | 2",
        "Break",
        "open('x')",
        "Break(1).feed()",
    ],
)
def test_nothing_else_is_a_fault(text: str) -> None:
    with pytest.raises(FaultError, match="expected a fault"):
        parse_fault(text)


def test_a_near_name_is_proposed() -> None:
    with pytest.raises(FaultError, match=r"Did you mean Break"):
        parse_fault("Braek(1)")


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(FaultError, match=r"can't make a fault of 'Break\(before=1\)'"):
        parse_fault("Break(before=1)")
