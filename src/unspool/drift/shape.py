"""The shape of a response: everything about it but the words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from unspool.cassette.model import Response, header, sizes_fit
from unspool.drift.json_leaves import json_type, nodes
from unspool.drift.recordings import Recorded
from unspool.drift.streams import kind_of, result_of, sent_json
from unspool.faults.frames import Frame, framing_of
from unspool.faults.model_event import finishes, speaks
from unspool.providers import FORMATS

USAGE = re.compile(
    r"(?:^|\.)(?:usage|usageMetadata|x_groq\.usage|prompt_eval_count|billed_units"
    r"|amazon-bedrock-invocationMetrics)$"
)
"""The paths of token counts."""

_MODELS = ("model", "message.model", "response.model", "modelVersion")
_OUTPUT = ("text", "reasoning", "calls")


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a response.

    Attributes:
        status: the HTTP status.
        media_type: without parameters.
        error: why the stream fails; None if it doesn't.
        end: how it ended, as `End`; empty if unknown.
        kinds: the types of events, in the order in which each is first sent.
        fields: the JSON types at each path, by the event's type; without nulls.
        output: which of text, reasoning and calls there are.
        usage_place: the type of the last event with token counts, and whether it has the finish reason.
        finish_place: the type of the event with the finish reason, and whether output follows.
        finish_reason: as Unspool reads it.
        has_end_mark: whether the format's end marker is there; None if the format has none.
        model: as the response names it.
        chunk_bytes: the median size of a network chunk, in bytes; None if unknown.
        first_at: when the headers arrived, in seconds since the request; None if unknown.
        ended_at: when the response ended; None if unknown.
    """

    status: int
    media_type: str = ""
    error: str | None = None
    end: str = ""
    kinds: tuple[str, ...] = ()
    fields: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    output: frozenset[str] = frozenset()
    usage_place: str = ""
    finish_place: str = ""
    finish_reason: str = ""
    has_end_mark: bool | None = None
    model: str = ""
    chunk_bytes: float | None = None
    first_at: float | None = None
    ended_at: float | None = None


def shape_of(one: Recorded) -> Shape:
    """Return the shape of a response: of its events if it's a stream, else of its JSON."""
    response, timeline = one.response, one.response.timeline
    known: dict[str, Any] = {
        "status": response.status,
        "media_type": (header(response.headers, "content-type") or "").partition(";")[0].strip().lower(),
        "end": "" if timeline is None else str(timeline.end),
        "chunk_bytes": _chunk_bytes(response),
        "first_at": None if timeline is None else timeline.headers_at,
        "ended_at": None if timeline is None else timeline.ended_at,
    }
    if one.is_stream and one.wire_format is not None:
        return Shape(**known, **_of_stream(one.wire_format, response.body))
    return Shape(**known, **_of_body(response.body))


def _chunk_bytes(response: Response) -> float | None:
    timeline = response.timeline
    if timeline is None or not timeline.chunks or not sizes_fit(response):
        return None
    return median(chunk.size for chunk in timeline.chunks)


def _of_body(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return {"fields": _fields([("body", document)]), "model": _model([document])}


def _of_stream(wire_format: str, body: bytes) -> dict[str, Any]:
    framing = framing_of(body)
    frames = [frame for step in (framing.split(body, 0.0), framing.rest()) for frame in step if frame.event]
    shown = [(frame, one) for frame in frames for one in sent_json(wire_format, _events(frame))]
    named = [(kind_of(wire_format, one), one) for _, one in shown]
    result = result_of(wire_format, [event for frame in frames for event in _events(frame)])
    mark = FORMATS[wire_format].end_mark
    return {
        "error": result.error,
        "kinds": tuple(dict.fromkeys(kind for kind, _ in named)),
        "fields": _fields(named),
        "output": frozenset(name for name in _OUTPUT if result.aspects.get(name)),
        "usage_place": _usage_place(shown, wire_format),
        "finish_place": _finish_place(shown, wire_format),
        "finish_reason": _finish_reason(shown, result.aspects.get("finish reason")),
        "has_end_mark": mark
        and re.search(mark.encode(), body[-4096:], re.VERBOSE | re.MULTILINE) is not None,
        "model": _model(one for _, one in shown),
    }


def _events(frame: Frame) -> list[Any]:
    return [frame.event] if frame.event else []


def _fields(named: Iterable[tuple[str, Any]]) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for kind, body in named:
        for path, value in nodes(body):
            if value is not None:
                found.setdefault((kind, path), set()).add(json_type(value))
    return {place: frozenset(types) for place, types in found.items()}


def _usage_place(shown: Sequence[tuple[Frame, Any]], wire_format: str) -> str:
    having = [(frame, one) for frame, one in shown if any(_usages(one))]
    if not having:
        return ""
    frame, one = having[-1]
    return f"{kind_of(wire_format, one)}{' with the finish reason' if finishes(frame) else ''}"


def _usages(body: Any) -> Iterator[str]:
    return (path for path, value in nodes(body) if value and USAGE.search(path))


def _finish_place(shown: Sequence[tuple[Frame, Any]], wire_format: str) -> str:
    places = [place for place, (frame, _) in enumerate(shown) if finishes(frame)]
    if not places:
        return ""
    follows = any(speaks(frame) for frame, _ in shown[places[-1] + 1 :])
    return f"{kind_of(wire_format, shown[places[-1]][1])}{' before more output' if follows else ''}"


def _finish_reason(shown: Sequence[tuple[Frame, Any]], reason: Any) -> str:
    """Return the reason; empty if no event has it, where Unspool would assume one."""
    return str(reason or "") if any(finishes(frame) for frame, _ in shown) else ""


def _model(bodies: Iterable[Any]) -> str:
    named = (value for body in bodies for path, value in nodes(body) if path in _MODELS and value)
    return str(next(named, ""))
