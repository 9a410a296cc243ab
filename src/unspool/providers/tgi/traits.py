"""What the events of text-generation-inference say."""

from __future__ import annotations

from dataclasses import replace

from unspool.providers.errors import StreamError, json_event
from unspool.providers.openai.errors import OPENAI
from unspool.providers.traits import (
    JSON,
    Traits,
    object_in,
)
from unspool.wire.event import WireEvent


def _tgi_ended(body: JSON) -> bool:
    return body.get("generated_text") is not None or bool(object_in(body, "details"))


def _tgi_unfinish(body: JSON) -> JSON:
    return {key: None if key in {"generated_text", "details"} else value for key, value in body.items()}


def _tgi_only_finish(body: JSON) -> JSON:
    return {**body, "token": {**object_in(body, "token"), "text": ""}}


TGI = Traits(
    lambda body, _: bool(object_in(body, "token")),
    lambda body, _: (
        bool(object_in(body, "token").get("text")) and not object_in(body, "token").get("special")
    ),
    lambda body, _: _tgi_ended(body),
    _tgi_unfinish,
    _tgi_only_finish,
    texts=(("token", "text"),),
)


_ERROR_TYPES = {422: "validation", 424: "generation", 429: "overloaded", 500: "incomplete_generation"}


def _error_event(error: StreamError) -> WireEvent:
    """https://huggingface.github.io/text-generation-inference: `StreamResponse`'s error."""
    return json_event({"error": error.text, "error_type": _ERROR_TYPES.get(error.status, "generation")})


ERRORS = replace(OPENAI, event=_error_event)
