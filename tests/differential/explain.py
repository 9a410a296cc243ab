"""Which row of docs/differences.md a difference comes from."""

from __future__ import annotations

from copy import deepcopy

from tests.differential.scripts import JSON, Script

SEVERAL = "With several choices, emptiness, role and finish are judged on the first one"
REFUSAL = "A delta with a refusal only is dropped"
FORBIDDEN = "A 403 of OpenAI in mid-stream is an `APIError`, a 422 a `BadRequestError`"
ROWS = (SEVERAL, REFUSAL, FORBIDDEN)
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
