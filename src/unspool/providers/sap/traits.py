"""What the events of SAP's orchestration say: OpenAI's chunks in envelopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from unspool.providers.errors import StreamError, json_event
from unspool.providers.openai.errors import OPENAI
from unspool.providers.openai.traits import (
    chat_arguments,
    chat_finishes,
    chat_only_finish,
    chat_speaks,
    chat_unfinish,
)
from unspool.providers.traits import (
    JSON,
    Path,
    Traits,
    object_in,
    put_at,
)
from unspool.wire.event import WireEvent

_ENVELOPES = (
    ("final_result",),
    ("orchestration_result",),
    ("intermediate_results", "llm"),
    ("module_results", "llm"),
)
"""Where SAP's orchestration has OpenAI's chunk; the same one in two places."""


def _sap(ask: Callable[[JSON, WireEvent], Any]) -> Callable[[JSON, WireEvent], bool]:
    return lambda body, event: any(ask(object_in(body, *path), event) for path in _ENVELOPES)


def _in_envelopes(change: Callable[[JSON], JSON]) -> Callable[[JSON], JSON]:
    def changed(body: JSON) -> JSON:
        for path in _ENVELOPES:
            if object_in(body, *path):
                body = put_at(body, path, change(object_in(body, *path)))
        return body

    return changed


def _sap_arguments(body: JSON) -> list[Path]:
    return [
        (*path, *inner)
        for path in _ENVELOPES
        if object_in(body, *path)
        for inner in chat_arguments(object_in(body, *path))
    ]


ORCHESTRATION = Traits(
    lambda body, _: any(object_in(body, *path) for path in _ENVELOPES),
    _sap(chat_speaks),
    _sap(chat_finishes),
    _in_envelopes(chat_unfinish),
    _in_envelopes(chat_only_finish),
    _sap_arguments,
)


def _error_event(error: StreamError) -> WireEvent:
    """https://help.sap.com/docs/sap-ai-core/sap-ai-core-service-guide/error-handling."""
    number = error.last.get("request_id", "unspool-0001")
    told = {"code": error.status, "message": error.text, "location": "LLM Module"}
    return json_event({"request_id": number, **told})


ERRORS = replace(OPENAI, event=_error_event)
