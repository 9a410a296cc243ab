"""Fixtures of aimock, CopilotKit's mock server, as OpenAI's streamed chat completions.

The format: https://aimock.copilotkit.dev. A fixture says which requests it answers and with what, for all
providers at once; a cassette holds one request of one provider. So the requests here are made up, of what
the fixtures ask for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from unspool.cassette.model import Interaction, Request
from unspool.convert.aimock_answer import RESPONSE_FIELDS, answer
from unspool.convert.aimock_times import TIME_FIELDS
from unspool.errors import CassetteFormatError, MockError

OPENAI_CHAT = "https://api.openai.com/v1/chat/completions"
_MODEL = "gpt-4o-mini"

_TEXTS = (
    "endpoint",
    "model",
    "responseFormat",
    "toolCallId",
    "toolName",
    "toolResultContains",
    "userMessage",
)
_MATCH_FIELDS = {*_TEXTS, "systemMessage", "sequenceIndex"}
_FIXTURE_FIELDS = {"match", "response", "chunkSize"} | TIME_FIELDS


def from_aimock(
    fixtures: Mapping[str, Any] | Sequence[Any], *, uri: str = OPENAI_CHAT
) -> tuple[list[Interaction], list[str]]:
    """The interactions that the fixtures tell of, and notes on what couldn't be told.

    They stand in the order of the file, those with a `sequenceIndex` after the others.

    Args:
        fixtures: `{"fixtures": […]}`, or that list.
        uri: where the requests go.

    Raises:
        CassetteFormatError: a fixture breaks the format.
    """
    said: list[tuple[int, Interaction]] = []
    notes: defaultdict[str, list[int]] = defaultdict(list)
    for index, fixture in enumerate(_entries(fixtures)):
        match = _match(fixture, index)
        reason = _reason_to_leave_out(match, fixture["response"])
        for note in [f"left out: {reason}"] if reason else _unsaid(fixture):
            notes[note].append(index)
        if not reason:
            said.append((int(match.get("sequenceIndex") or 0), _interaction(fixture, index, uri)))
    interactions = [interaction for _, interaction in sorted(said, key=lambda place: place[0])]
    return interactions, [*_on_matching(interactions), *(_joined(at, note) for note, at in notes.items())]


def _entries(fixtures: Mapping[str, Any] | Sequence[Any]) -> Sequence[Any]:
    entries = fixtures.get("fixtures") if isinstance(fixtures, Mapping) else fixtures
    if not isinstance(entries, list):
        raise CassetteFormatError(f'expected aimock\'s fixtures, {{"fixtures": […]}}; got {_shown(fixtures)}')
    return entries


def _match(fixture: Any, index: int) -> Mapping[str, Any]:
    match = fixture.get("match") if isinstance(fixture, Mapping) else None
    if not isinstance(match, Mapping) or not isinstance(fixture.get("response"), Mapping):
        raise CassetteFormatError(
            f"expected fixtures[{index}] to have a match and a response, both objects; got {_shown(fixture)}"
        )
    for name in _TEXTS:
        if not isinstance(match.get(name, ""), str):
            raise CassetteFormatError(
                f"expected `{name}` of fixtures[{index}] to be text, as JSON can hold no regular expression "
                f"or function; got {_shown(match[name])}"
            )
    return match


def _reason_to_leave_out(match: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    if match.get("endpoint", "chat") != "chat":
        return f"it answers the endpoint {match['endpoint']!r}, and only chat can be told"
    if "inputText" in match:
        return "it answers embeddings, and only chat can be told"
    if not {"content", "toolCalls", "blocks", "error"} & response.keys():
        return f"of its response ({', '.join(response)}) nothing can be told as a chat completion"
    return None


def _unsaid(fixture: Mapping[str, Any]) -> Iterator[str]:
    """What of a fixture the interaction doesn't say."""
    match = {name for name, wanted in fixture["match"].items() if wanted}  # turn 0, no tool result: said
    profile = fixture.get("streamingProfile")
    for unsaid in (
        fixture.keys() - _FIXTURE_FIELDS,
        {f"match.{name}" for name in match - _MATCH_FIELDS},
        {f"response.{name}" for name in fixture["response"].keys() - RESPONSE_FIELDS},
        {"streamingProfile.jitter"} if isinstance(profile, Mapping) and profile.get("jitter") else set(),
    ):
        yield from (f"`{name}` is left out" for name in sorted(unsaid))


def _on_matching(interactions: Sequence[Interaction]) -> Iterator[str]:
    if interactions:
        yield (
            "the requests are made up of what the fixtures match: replay them in order with "
            "match_on=['method', 'path'], or edit their bodies to what your program sends"
        )


def _joined(indices: Sequence[int], note: str) -> str:
    return f"fixtures[{', '.join(map(str, indices))}]: {note}"


def _interaction(fixture: Mapping[str, Any], index: int, uri: str) -> Interaction:
    match, headers = fixture["match"], (("content-type", "application/json"),)
    model = match.get("model", _MODEL)
    try:
        return Interaction(Request("POST", uri, headers, _body(match, model)), answer(fixture, index, model))
    except (AttributeError, KeyError, TypeError, ValueError, MockError) as error:
        raise CassetteFormatError(
            f"expected fixtures[{index}] to be as aimock's docs tell; got {type(error).__name__}: {error}"
        ) from error


def _body(match: Mapping[str, Any], model: str) -> bytes:
    asked: dict[str, Any] = {"model": model, "messages": list(_messages(match))}
    if "toolName" in match:
        asked["tools"] = [{"type": "function", "function": {"name": match["toolName"]}}]
    if "responseFormat" in match:
        asked["response_format"] = {"type": match["responseFormat"]}
    return json.dumps({**asked, "stream": True}, ensure_ascii=False, separators=(",", ":")).encode()


def _messages(match: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    system: str | Iterable[str] = match.get("systemMessage") or ()
    for text in [system] if isinstance(system, str) else system:
        yield {"role": "system", "content": text}
    if "userMessage" in match:
        yield {"role": "user", "content": match["userMessage"]}
    if "toolCallId" in match or "toolResultContains" in match:
        content = match.get("toolResultContains", "")
        yield {"role": "tool", "tool_call_id": match.get("toolCallId", ""), "content": content}


def _shown(value: Any) -> str:
    return repr(value)[:80]
