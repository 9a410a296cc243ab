"""Which row of docs/differences.md a difference comes from."""

from __future__ import annotations

from copy import deepcopy

from tests.differential.scripts import JSON, Script

SEVERAL = "With several choices, emptiness, role and finish are judged on the first one"
REFUSAL = "A delta with a refusal only is dropped"
FORBIDDEN = "A 403 of OpenAI in mid-stream is an `APIError`, a 422 a `BadRequestError`"
TIMEOUT = "A 408 in mid-stream is a bare `Timeout`"
ROLES = "A role that is repeated after reasoning comes twice"
TOTAL = "The provider's total is replaced by the sum"
ROWS = (SEVERAL, REFUSAL, FORBIDDEN, TIMEOUT, ROLES, TOTAL)
"""The first cells of the rows."""


def explanation(chunks: Script, ours: JSON, litellms: JSON) -> str | None:
    """The row that explains all of a difference; None if there is none."""
    if (
        len(
            {
                choice.get("index")
                for chunk in chunks
                if not isinstance(chunk, int)
                for choice in chunk["choices"]
            }
        )
        > 1
    ):
        return SEVERAL
    if _without_refusals(ours) == _without_refusals(litellms):
        return REFUSAL
    if _mapped(ours, litellms) in _CLASSES and _without_class(ours) == _without_class(litellms):
        return FORBIDDEN
    if _mapped(ours, litellms) == ("Timeout", "Timeout"):
        return TIMEOUT if _without_pair(ours) == _without_pair(litellms) else None
    if _without_roles(ours) == _without_roles(litellms):
        return ROLES
    if _without_total(ours) == _without_total(litellms):
        return TOTAL
    return None


_CLASSES = {("PermissionDeniedError", "APIError"), ("UnprocessableEntityError", "BadRequestError")}


def _mapped(ours: JSON, litellms: JSON) -> tuple[str, str] | None:
    return (
        (ours["error"]["mapped"], litellms["error"]["mapped"])
        if ours["error"] and litellms["error"]
        else None
    )


def _without_class(outcome: JSON) -> JSON:
    known = _without_refusals(outcome)
    known["error"].pop("mapped")
    return known


def _without_refusals(outcome: JSON) -> JSON:
    known = deepcopy(outcome)
    for choice in known["choices"].values():
        choice["refusal"] = ""
    return known


def _without_pair(outcome: JSON) -> JSON:
    known = _without_refusals(outcome)
    known["error"].pop("in mid-stream")
    return known


def _without_roles(outcome: JSON) -> JSON:
    known = _without_refusals(outcome)
    for choice in known["choices"].values():
        choice["roles"] = min(choice["roles"], 1)
    return known


def _without_total(outcome: JSON) -> JSON:
    known = _without_roles(outcome)
    known["usage"] = known["usage"] and known["usage"][:2]
    return known
