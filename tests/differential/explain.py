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
NAMELESS = "A call without id or name is dropped"
INSIDE = "An error beside a chunk's choices is ignored"
DETAILS = "Reasoning that is in `reasoning_details` only is dropped"
ROWS = (SEVERAL, REFUSAL, FORBIDDEN, TIMEOUT, ROLES, TOTAL, NAMELESS, INSIDE, DETAILS)
"""The first cells of the rows."""


def explanation(chunks: Script, ours: JSON, litellms: JSON) -> str | None:
    """The row that explains all of a difference; None if there is none."""
    if len(_choices(chunks)) > 1:
        return SEVERAL if _is_as_scripted(chunks, ours) else None
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
    if any(_is_nameless(call) for call in _calls(chunks)) and _without_count(ours) == _without_count(
        litellms
    ):
        return NAMELESS
    if any(chunk.get("error") for chunk in _objects(chunks)) and ours["error"] and not litellms["error"]:
        return INSIDE
    if _has_details(chunks) and _without_reasoning(ours) == _without_reasoning(litellms):
        return DETAILS
    return None


_CLASSES = {("PermissionDeniedError", "APIError"), ("UnprocessableEntityError", "BadRequestError")}


def _objects(chunks: Script) -> list[JSON]:
    return [chunk for chunk in chunks if not isinstance(chunk, int)]


def _choices(chunks: Script) -> dict[int, list[JSON]]:
    """What each choice says, in order."""
    found: dict[int, list[JSON]] = {}
    for chunk in _objects(chunks):
        for choice in chunk["choices"]:
            found.setdefault(choice.get("index") or 0, []).append(choice)
    return found


def _is_as_scripted(chunks: Script, ours: JSON) -> bool:
    """Whether each choice has all that the script says of it, its role once and its finish once."""
    for index, choices in _choices(chunks).items():
        found = ours["choices"].get(str(index))
        deltas = [choice.get("delta") or {} for choice in choices]
        reasons = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
        called = any(delta.get("tool_calls") for delta in deltas)
        finish = ["tool_calls" if called and reasons[0] == "stop" else reasons[0]] if reasons else []
        wanted = {
            "text": "".join(delta.get("content") or "" for delta in deltas),
            "refusal": "".join(delta.get("refusal") or "" for delta in deltas),
            "reasoning": "".join(delta.get("reasoning_content") or "" for delta in deltas),
            "finish": finish,
            "roles": 1,
        }
        # A choice that finishes together with text has its finish at the end, unless there is an error.
        endings = [finish, []] if ours["error"] else [finish]
        if found is None or {**wanted, "finish": found["finish"]} != {key: found[key] for key in wanted}:
            return False
        if found["finish"] not in endings:
            return False
    return True


def _calls(chunks: Script) -> list[JSON]:
    choices = [choice for choices in _choices(chunks).values() for choice in choices]
    return [call for choice in choices for call in (choice.get("delta") or {}).get("tool_calls") or ()]


def _is_nameless(call: JSON) -> bool:
    return not (call.get("id") and (call.get("function") or {}).get("name"))


def _has_details(chunks: Script) -> bool:
    return any(
        (choice.get("delta") or {}).get("reasoning_details")
        for choices in _choices(chunks).values()
        for choice in choices
    )


def _without_count(outcome: JSON) -> JSON:
    known = _without_total(outcome)
    known["rebuilt"] = known["rebuilt"] and known["rebuilt"][:1]
    return known


def _without_reasoning(outcome: JSON) -> JSON:
    known = _without_total(outcome)
    for choice in known["choices"].values():
        choice["reasoning"] = ""
    return known


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
