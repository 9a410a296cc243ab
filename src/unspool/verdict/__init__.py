"""A verdict on what a client did with a broken stream, each finding with its evidence."""

from __future__ import annotations

from unspool.verdict.agent import AGENT_FINDINGS, AgentVerdict, examine_agent
from unspool.verdict.examine import examine
from unspool.verdict.judge import FINDINGS, Limits
from unspool.verdict.lent_time import lent_time
from unspool.verdict.verdict import Finding, Verdict, table

__all__ = [
    "AGENT_FINDINGS",
    "FINDINGS",
    "AgentVerdict",
    "Finding",
    "Limits",
    "Verdict",
    "examine",
    "examine_agent",
    "lent_time",
    "table",
]
