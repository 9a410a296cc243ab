"""JSON-RPC 2.0 over server-sent events: what an MCP server or an A2A agent says, as the chunks of a chat.

MCP: https://modelcontextprotocol.io/specification/2025-06-18/basic/transports (streamable HTTP).
A2A: https://a2a-protocol.org/v0.3.0/specification/ (`message/stream`). Such a stream answers one request;
notifications may come before. It is no model that speaks here, so a chunk is what an application would
show of it:

- text in a tool's result (MCP: `content`), in a message, a status or an artifact (A2A: `parts`) is
  `content`, images are `images`
- every result is also kept as it was sent in the delta's `provider_specific_fields`, in `results`, a
  list of all so far; notifications, and requests that the server makes, in `notifications`
- MCP's result ends the answer with `stop`; A2A's last one does: a message, or a status that is `final`
  or in which the task doesn't go on. A tool's own failure (`isError`) and a failed task are answers like
  any other, as in LiteLLM
- `error` is raised, under the status that its code has over HTTP
"""

from __future__ import annotations

from collections.abc import Iterator

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponseStream
from unspool.providers.chunk_factory import Answer, OwnFields
from unspool.providers.json_events import JSON, documented, object_in, objects_in, parse_event, text_in
from unspool.wire.event import WireEvent

_Chunks = Iterator[ModelResponseStream]

# https://www.jsonrpc.org/specification#error_object; any other is the server's fault.
_STATUS_OF_CODE = {-32700: 400, -32600: 400, -32601: 404, -32602: 400}

_A2A_KINDS = frozenset({"artifact-update", "message", "status-update", "task"})
# States in which the agent says no more until it's asked again.
_RESTING = frozenset(
    {"auth-required", "canceled", "completed", "failed", "input-required", "rejected", "unknown"}
)


class JSONRPCNormalizer:
    """The messages of a stream to chunks, one each.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the answer is an error.
    """

    def __init__(self) -> None:
        self._own = OwnFields()

    def feed(self, event: WireEvent, /) -> _Chunks:
        message = parse_event(event)
        if message is None:
            return
        if message.get("error"):
            raise _error_of(message)
        with documented(event, "a JSON-RPC message", "the specification of MCP or of A2A"):
            yield self._read(message)

    def flush(self) -> _Chunks:
        """Yield nothing: the missing finish reason shows the cut."""
        return iter(())

    def _read(self, message: JSON) -> ModelResponseStream:
        if "result" not in message:
            return Answer().chunk(**self._own.add("notifications", message))
        result = object_in(message, "result")
        parts = _parts_of(result)
        said = {
            "content": "".join(map(_text_of, parts)) or None,
            "images": [image for part in parts for image in _images_of(part)] or None,
            **self._own.add("results", result),
        }
        message_id = message.get("id")
        ending = "stop" if _is_last(result) else None
        return Answer("" if message_id is None else str(message_id)).chunk(finish_reason=ending, **said)


def _error_of(message: JSON) -> Exception:
    error = message["error"]
    code = error.get("code") if isinstance(error, dict) else None
    status = _STATUS_OF_CODE.get(code) if isinstance(code, int) else None
    return error_from_body(message, status=status)


def _parts_of(result: JSON) -> list[JSON]:
    """Return the parts of a result's content, without those of a task's history, which were emitted
    before.
    """
    if isinstance(result.get("content"), dict):
        return [result["content"]]  # MCP: the message of a model that the server asked for
    holders = [
        result,
        _object(result, "message"),
        _object(_object(result, "status"), "message"),
        _object(result, "artifact"),
        *objects_in(result, "artifacts"),
    ]
    return objects_in(result, "content") + [
        part for holder in holders for part in objects_in(holder, "parts")
    ]


def _object(holder: JSON, key: str) -> JSON:
    """The object under a key. A result that is neither MCP's nor A2A's may have anything there."""
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _text_of(part: JSON) -> str:
    return text_in(part, "text") if part.get("kind", part.get("type")) in ("text", None) else ""


def _images_of(part: JSON) -> list[JSON]:
    if part.get("type") != "image":
        return []
    url = f"data:{text_in(part, 'mimeType') or 'image/png'};base64,{text_in(part, 'data')}"
    return [{"type": "image_url", "image_url": {"url": url}}]


def _is_last(result: JSON) -> bool:
    kind = text_in(result, "kind")
    if kind not in _A2A_KINDS:
        return True
    state = text_in(_object(result, "status"), "state")
    return kind == "message" or bool(result.get("final")) or (state in _RESTING and "final" not in result)
