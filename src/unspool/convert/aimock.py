"""Fixtures of aimock, CopilotKit's mock server, as OpenAI's streamed chat completions.

The format: https://aimock.copilotkit.dev. A fixture defines its requests and its response for all providers
at once; a cassette contains one request to one provider. So the requests here are made from the fixtures'
conditions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, takewhile
from typing import Any

from unspool.cassette.failures import CUT_OFF
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Headers,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.cassette.vcr_format import round_ms
from unspool.chunk_makers import (
    ChunkFields,
    finish_chunk,
    reasoning_chunks,
    role_chunk,
    text_chunks,
    tool_call_chunks,
)
from unspool.errors import CassetteFormatError, MockError
from unspool.models import Delta, ModelResponseStream
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse

_PACE = {"latency", "streamingProfile", "recordedTimings"}
_INTERRUPTIONS = {"truncateAfterChunks", "disconnectAfterMs"}
TIME_FIELDS = {"replaySpeed"} | _PACE | _INTERRUPTIONS
"""The fields of a fixture that `timed` reads."""

_NOTHING_CAME = Failure("RemoteProtocolError", "Server disconnected without sending a response.")
_CUT_OFF = Failure(CUT_OFF.type, f"{CUT_OFF.message} (incomplete chunked read)")


def timed(fixture: Mapping[str, Any], headers: Headers, events: Sequence[bytes], last: bytes) -> Response:
    """Return the response of these events, at the fixture's times, up to where it breaks off.

    Args:
        fixture: without a pace or an interruption in it, the response has no timeline.
        headers: the response's headers.
        events: each is a network chunk.
        last: the event that arrives together with the last of these, if they all arrive.
    """
    if not (_PACE | _INTERRUPTIONS) & fixture.keys():
        return Response(200, "OK", headers, b"".join([*events, last]))
    patience = fixture.get("disconnectAfterMs", float("inf")) / 1000
    moments = map(round_ms, accumulate(_delay(fixture, place) for place in range(len(events))))
    times = list(takewhile(lambda at: at <= patience, moments))
    limit = max(1, fixture.get("truncateAfterChunks", len(events) + 1))
    if limit <= len(times):
        return _answer(headers, events, times[:limit], End.PROTOCOL_ERROR, times[limit - 1])
    if len(times) < len(events):
        return _answer(headers, events, times, End.PROTOCOL_ERROR, round_ms(patience))
    return _answer(headers, [*events, last], [*times, times[-1]], End.COMPLETE, times[-1])


def _answer(
    headers: Headers, events: Sequence[bytes], times: Sequence[float], end: End, at: float
) -> Response:
    if not times:  # the headers arrive with the first event
        nothing = Timeline(end=end, ended_at=at, failure=_NOTHING_CAME)
        return Response(NO_RESPONSE, timeline=nothing)
    came = events[: len(times)]
    timeline = Timeline(
        chunks=tuple(NetworkChunk(len(event), at) for event, at in zip(came, times, strict=True)),
        headers_at=times[0],
        end=end,
        ended_at=at,
        failure=None if end is End.COMPLETE else _CUT_OFF,
    )
    return Response(200, "OK", headers, b"".join(came), timeline)


def _delay(fixture: Mapping[str, Any], place: int) -> float:
    """Return the pause before a chunk, in seconds: a profile overrides recorded times, and these a flat
    latency.
    """
    speed = fixture.get("replaySpeed") or 1
    latency = float(fixture.get("latency", 0))
    profile, recorded = fixture.get("streamingProfile"), fixture.get("recordedTimings")
    if profile:
        latency = _by_profile(profile, place, latency)
    elif recorded:
        latency = _by_record(recorded, place)
    return float(max(0.0, latency) / speed / 1000)


def _by_profile(profile: Mapping[str, Any], place: int, latency: float) -> float:
    if place == 0 and "ttft" in profile:
        return float(profile["ttft"])
    return 1000 / profile["tps"] if profile.get("tps") else latency


def _by_record(recorded: Mapping[str, Any], place: int) -> float:
    delays: Sequence[float] = recorded.get("interChunkDelaysMs") or ()
    if place == 0:
        return float(recorded.get("ttftMs", 0))
    if place <= len(delays):
        return float(delays[place - 1])
    return sum(delays) / len(delays) if delays else 0.0


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
    for index, fixture in enumerate(entries_of(fixtures)):
        match = match_of(fixture, index)
        reason = _reason_to_leave_out(match, fixture["response"])
        for note in [f"left out: {reason}"] if reason else _unsaid(fixture):
            notes[note].append(index)
        if not reason:
            said.append((int(match.get("sequenceIndex") or 0), _interaction(fixture, index, uri)))
    interactions = [interaction for _, interaction in sorted(said, key=lambda place: place[0])]
    return interactions, [*_on_matching(interactions), *(_joined(at, note) for note, at in notes.items())]


def entries_of(fixtures: Mapping[str, Any] | Sequence[Any]) -> Sequence[Any]:
    """The fixtures of a file.

    Raises:
        CassetteFormatError: the file holds none.
    """
    entries = fixtures.get("fixtures") if isinstance(fixtures, Mapping) else fixtures
    if not isinstance(entries, list):
        raise CassetteFormatError(f'expected aimock\'s fixtures, {{"fixtures": […]}}; got {_shown(fixtures)}')
    return entries


def match_of(fixture: Any, index: int) -> Mapping[str, Any]:
    """What a fixture matches.

    Raises:
        CassetteFormatError: it has no match, or no response.
    """
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
    """List the parts of a fixture that the interaction doesn't contain."""
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


_CHUNK_SIZE = 20
_CREATED = 1_704_067_200  # 2024-01-01; aimock sends the present
_HEADERS = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))

_STREAM_FIELDS = {"content", "reasoning", "toolCalls", "blocks", "role", "finishReason"}
_ERROR_FIELDS = {"error", "status", "retryAfter"}
_ENVELOPE_FIELDS = {"id", "created", "model", "systemFingerprint"}
RESPONSE_FIELDS = _STREAM_FIELDS | _ERROR_FIELDS | _ENVELOPE_FIELDS
"""The fields of a fixture's response that `answer` reads."""


def answer(fixture: Mapping[str, Any], index: int, model: str) -> Response:
    """Return aimock's response to a streaming request for this model.

    Raises:
        MockError, KeyError, TypeError, ValueError, AttributeError: the fixture breaks the format.
    """
    if "error" in fixture["response"]:
        return _error(fixture["response"])
    events = [_event(_compact_json(chunk)) for chunk in _chunks(fixture, index, model)]
    return timed(fixture, _HEADERS, events, _event("[DONE]"))


def _error(response: Mapping[str, Any]) -> Response:
    status = int(response.get("status", 500))
    error = {"type": "server_error", "param": None, "code": None} | response["error"]
    said = {name: error[name] for name in ("message", "type", "param", "code")}
    headers = [("content-type", "application/json")]
    if status == 429:
        headers.append(("retry-after", str(response.get("retryAfter", 1))))
    return Response(status, "", tuple(headers), json.dumps({"error": said}).encode())


def _event(data: str) -> bytes:
    return encode_sse(WireEvent(data=data))


def _chunks(fixture: Mapping[str, Any], index: int, model: str) -> Iterator[Mapping[str, Any]]:
    response = fixture["response"]
    fields = ChunkFields(
        id=response.get("id", f"chatcmpl-aimock-{index}"),
        created=response.get("created", _CREATED),
        model=response.get("model", model),
    )
    mark = {"system_fingerprint": response["systemFingerprint"]} if "systemFingerprint" in response else {}
    for chunk in _script(fixture, fields):
        choice = chunk.choices[0]
        yield {
            "id": chunk.id,
            "object": "chat.completion.chunk",
            "created": chunk.created,
            "model": chunk.model,
            **mark,
            "choices": [
                {
                    "index": 0,
                    "delta": _delta(choice.delta),
                    "logprobs": None,
                    "finish_reason": choice.finish_reason,
                }
            ],
        }


def _delta(delta: Delta) -> dict[str, Any]:
    data = delta.model_dump(exclude_none=True)
    for call in data.get("tool_calls", ()):
        if "id" not in call:  # OpenAI sends the type once
            del call["type"]
    return data


def _script(fixture: Mapping[str, Any], fields: ChunkFields) -> Iterator[ModelResponseStream]:
    response = fixture["response"]
    size = max(1, int(fixture.get("chunkSize", _CHUNK_SIZE)))
    yield role_chunk(response.get("role", "assistant"), **fields)
    if response.get("reasoning"):
        yield from reasoning_chunks(response["reasoning"], size, split_graphemes=True, **fields)
    calls = 0
    for block in _blocks(response):
        if block["type"] == "text":
            yield from text_chunks(block["text"], size, split_graphemes=True, **fields)
            continue
        yield from tool_call_chunks(
            block["name"],
            json_text(block["arguments"]),
            call_id=block.get("id"),
            index=calls,
            size=size,
            split_graphemes=True,
            **fields,
        )
        calls += 1
    yield finish_chunk(response.get("finishReason", "tool_calls" if calls else "stop"), **fields)


def _blocks(response: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if response.get("blocks"):
        yield from response["blocks"]
        return
    if response.get("content"):
        yield {"type": "text", "text": json_text(response["content"])}
    yield from ({**call, "type": "toolCall"} for call in response.get("toolCalls", ()))


def json_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else _compact_json(value)


def _compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
