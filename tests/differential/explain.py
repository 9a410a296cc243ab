"""Which row of docs/differences.md a difference comes from."""

from __future__ import annotations

from copy import deepcopy

from tests.differential.scripts import JSON, Script

SEVERAL = "With several choices, emptiness, role and finish are judged on the first one"
REFUSAL = "A delta with a refusal only is dropped"
ROWS = (SEVERAL, REFUSAL)
"""The first cells of the rows."""


def explanation(chunks: Script, ours: JSON, litellms: JSON) -> str | None:
    """The row that explains all of a difference; None if there is none."""
    if len({choice.get("index") for chunk in chunks for choice in chunk["choices"]}) > 1:
        return SEVERAL
    if _without_refusals(ours) == _without_refusals(litellms):
        return REFUSAL
    return None


def _without_refusals(outcome: JSON) -> JSON:
    known = deepcopy(outcome)
    for choice in known["choices"].values():
        choice["refusal"] = ""
    return known
