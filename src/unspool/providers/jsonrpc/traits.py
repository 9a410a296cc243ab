"""What the results of MCP servers and A2A agents say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unspool.providers.errors import StreamError, json_event
from unspool.providers.openai.errors import OPENAI
from unspool.providers.traits import (
    JSON,
    Traits,
    object_in,
    objects_in,
    without,
    word_in,
)
from unspool.wire.event import WireEvent


def _resting(result: JSON) -> bool:
    """Whether an MCP server or an A2A agent says no more after a result."""
    kind = word_in(result, "kind")
    if kind not in {"artifact-update", "message", "status-update", "task"}:
        return bool(result)
    state = word_in(object_in(result, "status"), "state")
    going_on = {"submitted", "working", ""}
    return kind == "message" or bool(result.get("final")) or ("final" not in result and state not in going_on)


def _rpc_speaks(body: JSON, _event: WireEvent) -> bool:
    return any(_parts_in(object_in(body, "result")))


def _parts_in(result: JSON) -> Iterator[JSON]:
    yield from objects_in(result, "content")
    for holder in (
        result,
        object_in(result, "content"),
        object_in(result, "message"),
        object_in(result, "status", "message"),
        object_in(result, "artifact"),
        *objects_in(result, "artifacts"),
    ):
        yield from objects_in(holder, "parts")
    if object_in(result, "content"):
        yield object_in(result, "content")


def _rpc_unfinish(body: JSON) -> JSON | None:
    result = object_in(body, "result")
    if word_in(result, "kind") != "status-update":
        return None
    status = {**object_in(result, "status"), "state": "working"}
    return {**body, "result": {**result, "final": False, "status": status}}


def _rpc_only_finish(body: JSON) -> JSON:
    result = object_in(body, "result")
    silent: JSON = {key: [] for key in ("artifacts", "content", "parts") if result.get(key)}
    if object_in(result, "status", "message"):
        silent["status"] = without(object_in(result, "status"), "message")
    return {**body, "result": {**result, **silent}} if silent else body


JSONRPC = Traits(
    lambda body, _: "jsonrpc" in body,
    _rpc_speaks,
    lambda body, _: _resting(object_in(body, "result")),
    _rpc_unfinish,
    _rpc_only_finish,
)


_CODES = {400: -32600, 404: -32601, 422: -32602}


def _error_event(error: StreamError) -> WireEvent:
    """https://www.jsonrpc.org/specification#error_object."""
    told = {"code": _CODES.get(error.status, -32603), "message": error.text}
    return json_event({"jsonrpc": "2.0", "id": error.last.get("id"), "error": told})


ERRORS = replace(OPENAI, event=_error_event)
