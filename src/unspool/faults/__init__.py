"""Faults: ways in which an answer may break, each a value; see `unspool.faults.fault`."""

from __future__ import annotations

from unspool.faults.answers import Answer, BadGzip, ContentType, HtmlPage, Status
from unspool.faults.chat import ChangingIds, EmptyChoices, NullChoices, UsageOn
from unspool.faults.chunks import BadChecksum, Corrupt, Merge, Rechunk, Shred, Split
from unspool.faults.connection import Break, BreakAfterFinish, NoAnswer, Refuse
from unspool.faults.cuts import Cut, CutBeforeDone, CutEvents, CutInCharacter, CutInEvent
from unspool.faults.events import (
    Drop,
    Duplicate,
    EarlyFinish,
    ErrorEvent,
    Malformed,
    NoFinish,
    RepeatFinish,
    Swap,
)
from unspool.faults.fault import Fault, NoFault
from unspool.faults.noise import (
    ByteOrderMark,
    Inject,
    KeepAlives,
    LineEnds,
    MultilineData,
    NoFinalBlankLine,
    UnknownEvent,
)
from unspool.faults.timing import Drip, Hang, Jitter, SlowStart, Stall
from unspool.faults.tool_calls import BrokenArguments, CallsWithout, SharedIndex, SplitArguments

__all__ = [
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
    "Cut",
    "CutBeforeDone",
    "CutEvents",
    "CutInCharacter",
    "CutInEvent",
    "Drip",
    "Drop",
    "Duplicate",
    "EarlyFinish",
    "EmptyChoices",
    "ErrorEvent",
    "Fault",
    "Hang",
    "HtmlPage",
    "Inject",
    "Jitter",
    "KeepAlives",
    "LineEnds",
    "Malformed",
    "Merge",
    "MultilineData",
    "NoAnswer",
    "NoFault",
    "NoFinalBlankLine",
    "NoFinish",
    "NullChoices",
    "Rechunk",
    "Refuse",
    "RepeatFinish",
    "SharedIndex",
    "Shred",
    "SlowStart",
    "Split",
    "SplitArguments",
    "Stall",
    "Status",
    "Swap",
    "UnknownEvent",
    "UsageOn",
]
