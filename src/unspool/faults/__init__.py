"""Faults: ways in which an answer may break, each a value; see `unspool.faults.fault`."""

from __future__ import annotations

from unspool.faults.answers import Answer, BadGzip, ContentType, HtmlPage, Status
from unspool.faults.catalogue import CATALOGUE, Scenario, scenario
from unspool.faults.chat import ChangingIds, EmptyChoices, FinishAs, NullChoices, UsageOn
from unspool.faults.chunks import BadChecksum, Corrupt, Merge, Rechunk, Shred, Split
from unspool.faults.connection import Break, BreakAfterFinish, NoAnswer, Refuse
from unspool.faults.cuts import Cut, CutBeforeDone, CutEvents, CutInCharacter, CutInEvent
from unspool.faults.events import (
    Drop,
    Duplicate,
    EarlyFinish,
    ErrorEvent,
    Loop,
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
from unspool.faults.prefixes import every_prefix
from unspool.faults.script import break_script
from unspool.faults.timing import Drip, Hang, Jitter, SlowStart, Stall
from unspool.faults.tool_calls import BrokenArguments, CallsWithout, EmptyCalls, SharedIndex, SplitArguments

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
    "NoFault",
    "NoFinalBlankLine",
    "NoFinish",
    "NullChoices",
    "Rechunk",
    "Refuse",
    "RepeatFinish",
    "Scenario",
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
    "break_script",
    "every_prefix",
    "scenario",
]
