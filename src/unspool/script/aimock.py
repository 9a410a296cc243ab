"""A script from fixtures of aimock, CopilotKit's mock server (https://aimock.copilotkit.dev).

Each fixture becomes a turn that answers the requests that the fixture matches; where several fit, the first
one does, as in aimock. One with a `sequenceIndex` is played once, all others as often as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from unspool.convert.aimock import RESPONSE_FIELDS, entries_of, json_text, match_of
from unspool.errors import CassetteFormatError, ScriptError
from unspool.faults.connection import Break
from unspool.script.turns import (
    FOREVER,
    Turn,
    call,
    error,
    finish,
    pace,
    reasoning,
    text,
    turn,
    usage,
    with_id,
)

_MATCHED = {
    "userMessage": "user",
    "systemMessage": "system",
    "model": "model",
    "toolName": "tool",
    "toolCallId": "call_id",
    "toolResultContains": "result",
    "responseFormat": "response_format",
    "hasToolResult": "has_result",
    "turnIndex": "turn",
}
"""What a fixture matches by, and what `when=` calls it."""

_PLAYED = {
    "match",
    "response",
    "chunkSize",
    "latency",
    "streamingProfile",
    "truncateAfterChunks",
}


def turns_of_aimock(
    fixtures: Mapping[str, Any] | Sequence[Any],
) -> tuple[list[Turn], list[str]]:
    """The turns of aimock's fixtures, and notes on what of them isn't scripted.

    Args:
        fixtures: `{"fixtures": […]}`, or that list.

    Raises:
        CassetteFormatError: a fixture breaks aimock's format.
        ScriptError: there are none that a script can play.
    """
    found: list[tuple[int, Turn]] = []
    notes: list[str] = []
    for index, fixture in enumerate(entries_of(fixtures)):
        match = match_of(fixture, index)
        reason = _reason_to_leave_out(match, fixture["response"])
        if reason is not None:
            notes.append(f"fixtures[{index}]: left out: {reason}")
            continue
        notes += [f"fixtures[{index}]: `{name}` is left out" for name in _unplayed(fixture)]
        try:
            found.append((int(match.get("sequenceIndex") or 0), _turn(fixture)))
        except (AttributeError, KeyError, TypeError, ValueError, ScriptError) as problem:
            raise CassetteFormatError(
                f"expected fixtures[{index}] to be as aimock documents them; got"
                f" {type(problem).__name__}: {problem}"
            ) from problem
    if not found:
        raise ScriptError("expected aimock's fixtures of chats, got " + ("; ".join(notes) or "none"))
    return [made for _, made in sorted(found, key=lambda one: one[0])], notes


def _reason_to_leave_out(match: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    if match.get("endpoint", "chat") != "chat" or "inputText" in match:
        return "a script's turns answer chats only"
    unknown = match.keys() - {*_MATCHED, "endpoint", "sequenceIndex"}
    if unknown:
        return f"a script can't match by {', '.join(sorted(unknown))}"
    if not {"content", "toolCalls", "blocks", "error"} & response.keys():
        return f"its response ({', '.join(response)}) isn't a model's"
    return None


def _unplayed(fixture: Mapping[str, Any]) -> Iterator[str]:
    profile = fixture.get("streamingProfile") or {}
    yield from sorted(fixture.keys() - _PLAYED)
    yield from sorted(f"response.{name}" for name in fixture["response"].keys() - RESPONSE_FIELDS - {"usage"})
    yield from sorted(f"streamingProfile.{name}" for name in profile.keys() - {"ttft", "tps", "jitter"})


def _turn(fixture: Mapping[str, Any]) -> Turn:
    match, response = fixture["match"], fixture["response"]
    made = turn(
        *_parts(response),
        chunks=fixture.get("chunkSize"),
        pace=_pace(fixture),
        when=_when(match),
        repeat=1 if "sequenceIndex" in match else FOREVER,
    )
    limit = fixture.get("truncateAfterChunks")
    return made if limit is None else made | Break(after=max(1, int(limit)))


def _when(match: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the fixture matches; None for everything."""
    found = {name: match[theirs] for theirs, name in _MATCHED.items() if theirs in match}
    if isinstance(found.get("model"), str):
        found["model"] = _any_version(found["model"])
    return found or None


def _any_version(model: str) -> str:
    """Aimock takes `gpt-4o` for `gpt-4o-2024-08-06` as well."""
    return model if model.endswith("*") else f"{model}*"


def _pace(fixture: Mapping[str, Any]) -> Any:
    profile = fixture.get("streamingProfile") or {}
    between = 1 / profile["tps"] if profile.get("tps") else float(fixture.get("latency") or 0) / 1000
    first = float(profile["ttft"]) / 1000 if "ttft" in profile else between
    # aimock's jitter is a part of the pause
    jitter = between * float(profile.get("jitter") or 0)
    return pace(first=first, between=between, jitter=jitter) if first or between else None


def _parts(response: Mapping[str, Any]) -> Iterator[Turn]:
    if "error" in response:
        yield error(
            int(response.get("status", 500)),
            response["error"].get("message"),
            retry_after=response.get("retryAfter"),
        )
        return
    if response.get("reasoning"):
        yield reasoning(response["reasoning"])
    for block in response.get("blocks") or _blocks(response):
        yield text(block["text"]) if block["type"] == "text" else _call(block)
    if "finishReason" in response:
        yield finish(response["finishReason"])
    if response.get("usage"):
        yield _usage(response["usage"])


def _blocks(response: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "content" in response and response["content"] is not None:
        yield {"type": "text", "text": json_text(response["content"])}
    for one in response.get("toolCalls", ()):
        yield {**one, "type": "toolCall"}


def _call(block: Mapping[str, Any]) -> Turn:
    made = call(block["name"], block.get("arguments", "{}"))
    return with_id(made, block["id"]) if block.get("id") else made


def _usage(given: Mapping[str, Any]) -> Turn:
    asked = given.get("prompt_tokens", given.get("input_tokens"))
    return usage(asked, given.get("completion_tokens", given.get("output_tokens")))
