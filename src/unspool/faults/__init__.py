"""Faults: ways to break a response, each a value; see `unspool.faults.fault`.

Names are imported when they are first used: a cassette in use needs only the base class.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unspool import moved

if TYPE_CHECKING:
    from unspool.faults.catalogue import CATALOGUE, Scenario, scenario
    from unspool.faults.chat import ChangingIds, EmptyChoices, FinishAs, NoDelta, NullChoices, UsageOn
    from unspool.faults.connection import Break, BreakAfterFinish, NoAnswer, Refuse
    from unspool.faults.cuts import Cut, CutBeforeDone, CutEvents, CutInCharacter, CutInEvent, every_prefix
    from unspool.faults.events import (
        Drop,
        Duplicate,
        EarlyFinish,
        ErrorEvent,
        Loop,
        Malformed,
        NoFinish,
        RepeatFinish,
        RepeatMessage,
        ShuffledLoop,
        Swap,
    )
    from unspool.faults.fault import Fault, NoFault
    from unspool.faults.identity import (
        NoStart,
        OverlappingBlocks,
        RepeatStart,
        WrongIds,
        WrongIndices,
        WrongOutput,
    )
    from unspool.faults.items import break_items
    from unspool.faults.noise import (
        ByteOrderMark,
        Inject,
        KeepAlives,
        LineEnds,
        MultilineData,
        NoFinalBlankLine,
        UnknownEvent,
    )
    from unspool.faults.rechunk import BadChecksum, Corrupt, Merge, Rechunk, Shred, Split
    from unspool.faults.refusals import Answer, BadGzip, ContentType, HtmlPage, Status
    from unspool.faults.timing import Drip, Hang, Jitter, SlowStart, Stall
    from unspool.faults.tool_calls import (
        BrokenArguments,
        CallsWithout,
        CumulativeArguments,
        EmptyCalls,
        SharedIndex,
        SplitArguments,
        UnfinishedCall,
    )

# The module of each name in the list above. A test compares the two.
_HOMES: dict[str, str] = {
    name: module
    for module, names in {
        "refusals": "Answer BadGzip ContentType HtmlPage Status",
        "catalogue": "CATALOGUE Scenario scenario",
        "chat": "ChangingIds EmptyChoices FinishAs NoDelta NullChoices UsageOn",
        "rechunk": "BadChecksum Corrupt Merge Rechunk Shred Split",
        "connection": "Break BreakAfterFinish NoAnswer Refuse",
        "cuts": "Cut CutBeforeDone CutEvents CutInCharacter CutInEvent every_prefix",
        "events": "Drop Duplicate EarlyFinish ErrorEvent Loop Malformed NoFinish RepeatFinish"
        " RepeatMessage ShuffledLoop Swap",
        "fault": "Fault NoFault",
        "identity": "NoStart OverlappingBlocks RepeatStart WrongIds WrongIndices WrongOutput",
        "noise": "ByteOrderMark Inject KeepAlives LineEnds MultilineData NoFinalBlankLine UnknownEvent",
        "items": "break_items",
        "timing": "Drip Hang Jitter SlowStart Stall",
        "tool_calls": "BrokenArguments CallsWithout CumulativeArguments EmptyCalls SharedIndex"
        " SplitArguments UnfinishedCall",
    }.items()
    for name in names.split()
}

__all__ = [
    "CATALOGUE",
    "Answer",
    "BadChecksum",
    "BadGzip",
    "Break",
    "BreakAfterFinish",
    "BrokenArguments",
    "ByteOrderMark",
    "CallsWithout",
    "ChangingIds",
    "ContentType",
    "Corrupt",
    "CumulativeArguments",
    "Cut",
    "CutBeforeDone",
    "CutEvents",
    "CutInCharacter",
    "CutInEvent",
    "Drip",
    "Drop",
    "Duplicate",
    "EarlyFinish",
    "EmptyCalls",
    "EmptyChoices",
    "ErrorEvent",
    "Fault",
    "FinishAs",
    "Hang",
    "HtmlPage",
    "Inject",
    "Jitter",
    "KeepAlives",
    "LineEnds",
    "Loop",
    "Malformed",
    "Merge",
    "MultilineData",
    "NoAnswer",
    "NoDelta",
    "NoFault",
    "NoFinalBlankLine",
    "NoFinish",
    "NoStart",
    "NullChoices",
    "OverlappingBlocks",
    "Rechunk",
    "Refuse",
    "RepeatFinish",
    "RepeatMessage",
    "RepeatStart",
    "Scenario",
    "SharedIndex",
    "Shred",
    "ShuffledLoop",
    "SlowStart",
    "Split",
    "SplitArguments",
    "Stall",
    "Status",
    "Swap",
    "UnfinishedCall",
    "UnknownEvent",
    "UsageOn",
    "WrongIds",
    "WrongIndices",
    "WrongOutput",
    "break_items",
    "every_prefix",
    "scenario",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        return moved.attribute(__name__, name, {"break_script": "break_items"})
    value = globals()[name] = getattr(import_module(f"unspool.faults.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
