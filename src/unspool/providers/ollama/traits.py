"""What the lines of Ollama's own API say."""

from __future__ import annotations

from unspool.providers.errors import Errors
from unspool.providers.traits import (
    JSON,
    Traits,
    object_in,
    without,
)

_OLLAMA_COUNTS = (
    "eval_count",
    "eval_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "total_duration",
)


def _ollama_said(body: JSON) -> JSON:
    message = object_in(body, "message") or body
    keys = ("content", "thinking", "tool_calls", "response")
    return {key: message[key] for key in keys if message.get(key)}


def _ollama_unfinish(body: JSON) -> JSON:
    return {key: False if key == "done" else value for key, value in body.items() if key != "done_reason"}


def _ollama_only_finish(body: JSON) -> JSON:
    said, body = _ollama_said(body), without(body, *_OLLAMA_COUNTS)
    silent = {key: "" for key in said if key in {"content", "response"}}
    if not object_in(body, "message"):
        return without(body, *(said.keys() - silent.keys())) | silent
    return {**body, "message": without(object_in(body, "message"), *said) | silent}


NDJSON = Traits(
    lambda _body, _event: False,
    lambda body, _: bool(_ollama_said(body)),
    lambda body, _: body.get("done"),
    _ollama_unfinish,
    _ollama_only_finish,
    texts=(("message", "content"), ("response",)),
    takes_the_rest=True,
)


ERRORS = Errors(name="ollama", body=lambda _status, text: {"error": text})
"""https://github.com/ollama/ollama/blob/main/docs/api.md."""
