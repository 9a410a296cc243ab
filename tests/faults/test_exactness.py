"""Each fault does exactly what it says, where it says, in every wire format; nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.faults import checking
from tests.faults.bodies import BODIES
from tests.faults.checking import Case, interaction, verdict

from unspool.faults import (
    BreakAfterFinish,
    BrokenArguments,
    CutInCharacter,
    Drop,
    Duplicate,
    EarlyFinish,
    ErrorEvent,
    Fault,
    Loop,
    Malformed,
    Merge,
    NoFinish,
    Rechunk,
    RepeatFinish,
    Shred,
    Split,
    SplitArguments,
    Swap,
    UnknownEvent,
)

CHECKS: list[tuple[Fault, Callable[[Case], None]]] = [
    (BreakAfterFinish(), checking.breaks_after_finish),
    (BrokenArguments(), checking.broken_arguments),
    (CutInCharacter(), checking.cut_in_a_character),
    (CutInCharacter(1), checking.cut_in_a_character),
    (Drop(0), checking.picked(1)),
    (Drop(1), checking.dropped),
    (Duplicate(1), checking.picked(0, 1, 1)),
    (EarlyFinish(), checking.early_finish),
    (ErrorEvent(0, message="No more."), checking.error_after(0, "No more.")),
    (ErrorEvent(1, message="No more."), checking.error_after(1, "No more.")),
    (ErrorEvent(2, message="No more."), checking.error_after(2, "No more.")),
    (Loop(0, times=3), checking.loops(0, 1, 3)),
    (Loop(0, period=2, times=3), checking.loops(0, 2, 3)),
    (Loop(1, times=5), checking.loops(1, 1, 5)),
    (Malformed(1), checking.malformed),
    (Merge(), checking.same_bytes),
    (Merge(2), checking.same_bytes),
    (NoFinish(), checking.no_finish),
    (Rechunk(7), checking.same_bytes),
    (RepeatFinish(), checking.finish_twice),
    (Shred(seed=5), checking.same_bytes),
    (Split("characters"), checking.same_bytes),
    (SplitArguments(1), checking.split_arguments(1)),
    (SplitArguments(3), checking.split_arguments(3)),
    (Swap(0), checking.picked(1, 0)),
    (UnknownEvent(1), checking.added(1)),
]

# What a format has no place for, beside tool calls' arguments as text, which some have and some don't.
NO_REASON = {"bedrock-agent"}


@pytest.mark.parametrize("name", BODIES)
def test_each_does_what_it_says_and_nothing_else(name: str) -> None:
    wire_format, pieces = BODIES[name]
    answer = interaction(pieces)

    for fault, check in CHECKS:
        said = verdict(wire_format, answer, fault, check)
        assert said == "right" or _has_no_place(name, fault), f"{fault!r} finds no place in {name}"


def _has_no_place(name: str, fault: Fault) -> bool:
    body = b"".join(BODIES[name][1])
    match fault:
        case BreakAfterFinish() | EarlyFinish() | NoFinish() | RepeatFinish():
            return name in NO_REASON or (name == "openai-chat-whole-calls" and isinstance(fault, EarlyFinish))
        case BrokenArguments() | SplitArguments():
            with_calls = "-tools -calls responses anthropic-messages cohere-v2 converse"
            return not any(part in name for part in with_calls.split()) and name != "bedrock-invoke"
        case CutInCharacter():
            return sum(byte >= 0xC2 for byte in body) <= 2 or "bedrock" in name
        case Malformed():
            return name in {"openai-chat-whole-calls", "replicate-sse"}
        case ErrorEvent() | Loop():
            return name == "openai-chat-whole-calls"
        case _:
            return False


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("size", [1, 5])
def test_it_does_so_however_the_network_cut_the_answer(name: str, size: int) -> None:
    wire_format, pieces = BODIES[name]
    body = b"".join(pieces)
    cut = interaction([body[start : start + size] for start in range(0, len(body), size)])
    for fault, check in CHECKS:
        verdict(wire_format, cut, fault, check)
