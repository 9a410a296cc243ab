"""What the events of Gemini's Interactions say."""

from __future__ import annotations

from dataclasses import replace

from unspool.providers.errors import json_event
from unspool.providers.gemini.traits import ERRORS as GEMINI_ERRORS
from unspool.providers.traits import (
    JSON,
    Path,
    Traits,
    object_in,
    without,
    word_in,
)
from unspool.wire.event import WireEvent


def _interaction_speaks(body: JSON, _event: WireEvent) -> bool:
    delta = object_in(body, "delta")
    said = without(delta, "type", "signature", "thought_signature")
    return body["event_type"] in {"step.delta", "content.delta"} and (any(said.values()) or not delta)


def _interaction_arguments(body: JSON) -> list[Path]:
    return [("delta", key) for key in ("arguments", "partial_arguments") if key in object_in(body, "delta")]


INTERACTIONS = Traits(
    lambda body, _: "." in word_in(body, "event_type"),
    _interaction_speaks,
    lambda body, _: body["event_type"] in {"interaction.complete", "interaction.completed"},
    arguments=_interaction_arguments,
    texts=(("delta", "text"),),
)


ERRORS = replace(
    GEMINI_ERRORS, event=lambda error: json_event({"event_type": "error", **error.body}, "error")
)
