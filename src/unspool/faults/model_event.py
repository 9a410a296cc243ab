"""The content of a frame's event, by the traits of its wire format: output, or the finish reason.

Formats are recognised by their events' JSON and names, so that a fault need not be given a format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unspool.faults.frames import AWSFraming, Frame, NDJSONFraming, framing_of, json_in
from unspool.providers import FORMATS, traits_of
from unspool.providers.bedrock.traits import read_event, traits_inside
from unspool.providers.traits import JSON, Path, Traits, objects_in, put_at, value_at, word_in
from unspool.wire.event import WireEvent


def format_of_frame(frame: Frame) -> str | None:
    """Detect the wire format of an event; None if it is ambiguous."""
    found = _read(frame)
    return found.wire_format if found else None


def format_of_body(body: bytes) -> str | None:
    """Detect the wire format of a body, by its first unambiguous event; None if there is none."""
    framing = framing_of(body)
    frames = (frame for step in (framing.split(body, 0.0), framing.rest()) for frame in step)
    return next((found for frame in frames if (found := format_of_frame(frame))), None)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A model's event: its format, the format inside of it (another one in InvokeModel), and its JSON."""

    wire_format: str
    inside: str
    body: JSON


def _read(frame: Frame) -> _Spoken | None:
    event = frame.event
    if event is None:
        return None
    if isinstance(frame.framing, AWSFraming):
        outer = json_in(event.data)
        return None if outer is None else _Spoken(*read_event(event, outer, frame.json))
    body = frame.json or {}
    name = _known_by(body, event, by_name=False) if body else None
    if name is None and frame.json is not None and isinstance(frame.framing, NDJSONFraming):
        name = next(name for name in FORMATS if traits_of(name).takes_the_rest)
    if name is None:
        name = _known_by(body, event, by_name=True)
    return _Spoken(name, name, body) if name else None


def _known_by(body: JSON, event: WireEvent, *, by_name: bool) -> str | None:
    names = (
        name for name in FORMATS if traits_of(name).by_name is by_name and not name.startswith("bedrock-")
    )
    return next((name for name in names if traits_of(name).looks_like(body, event)), None)


def speaks(frame: Frame) -> bool:
    """Whether an event has output in it: text, reasoning, a piece of a tool call."""
    spoken, traits = _asked(frame)
    return bool(traits and frame.event and traits.speaks(spoken, frame.event))


def finishes(frame: Frame) -> bool:
    """Whether an event has the finish reason."""
    spoken, traits = _asked(frame)
    return bool(traits and frame.event and traits.finishes(spoken, frame.event))


def choices_that(frame: Frame, does: Callable[[Frame], bool]) -> set[int]:
    """Return the indices of an event's choices that satisfy `speaks` or `finishes`; 0 without `n`."""
    body, _ = _asked(frame)
    key = next((key for key in ("choices", "candidates") if objects_in(body, key)), "")
    choices = objects_in(body, key)
    if len(choices) < 2:
        alone = choices[0] if choices else {}
        return {_index_of(alone, 0)} if does(frame) else set()
    return {
        _index_of(one, place)
        for place, one in enumerate(choices)
        if does(frame.with_json({**body, key: [one]}))
    }


def _index_of(choice: JSON, place: int) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else place


def unfinished(frame: Frame) -> Frame | None:
    """Return the event without the finish reason; None if nothing else remains."""
    body, traits = _asked(frame)
    changed = traits.unfinish(body) if traits else None
    return None if changed is None else frame.with_json(changed)


def only_finish(frame: Frame) -> Frame:
    """Return the event with nothing but the finish reason, if it can have output and usage too."""
    body, traits = _asked(frame)
    return frame.with_json(traits.only_finish(body)) if traits and body else frame


def with_reason(frame: Frame, reason: str) -> Frame:
    """The event with another reason, by OpenAI's word; unchanged where its kind is the reason."""
    body, traits = _asked(frame)
    if traits is None or not traits.reason or value_at(body, traits.reason[:-1]) is None:
        return frame
    return frame.with_json(put_at(body, traits.reason, traits.reasons[reason]))


def arguments_in(frame: Frame) -> dict[Path, str]:
    """Return the non-empty pieces of tool calls' arguments in an event, by their place."""
    body, traits = _asked(frame)
    places = traits.arguments(body) if traits else []
    found = {path: value_at(body, path) for path in places}
    return {path: value for path, value in found.items() if isinstance(value, str) and value}


def _asked(frame: Frame) -> tuple[JSON, Traits | None]:
    spoken = _read(frame)
    return (spoken.body, _traits_inside(spoken)) if spoken else ({}, None)


def _traits_inside(spoken: _Spoken) -> Traits | None:
    return traits_of(spoken.inside) if spoken.inside in FORMATS else traits_inside(spoken.inside)


def format_inside(frame: Frame) -> str | None:
    """Return the format of the model's own event: inside InvokeModel the model's, elsewhere the wire's."""
    spoken = _read(frame)
    return spoken.inside if spoken else None


def kind_of(frame: Frame) -> str:
    """Return an event's type: the one in its JSON, else its name."""
    spoken = _read(frame)
    if spoken is None:
        return ""
    return word_in(spoken.body, "type") or (frame.event.name if frame.event else "")


def text_path(frame: Frame) -> Path | None:
    """Return the place of the response's text in an event; None if it has none."""
    spoken = _read(frame)
    if spoken is None or (spoken.inside == "openai-responses" and kind_of(frame) != _TEXT_DELTA):
        return None
    traits = _traits_inside(spoken)
    found = ((path, value_at(spoken.body, path)) for path in (traits.texts if traits else ()))
    return next((path for path, value in found if isinstance(value, str) and value), None)


_TEXT_DELTA = "response.output_text.delta"
