"""The messages of MCP servers and A2A agents, read naively: of every result the text in its parts."""

from __future__ import annotations

from tests.conformance.raw import JSON, Finish, RawError, RawStream, objects_of


def read_jsonrpc(body: bytes) -> RawStream:
    raw = RawStream(body)
    for found in objects_of(body):
        if found is None or isinstance(found, RawError) or "error" in found:
            raw.error = RawError(500, str(found))
            break
        raw.objects.append(found)
        result = found.get("result")
        if result is not None:
            said = raw.reading.choices[0]
            message = (result.get("status") or {}).get("message") or {}
            said.content += _text(result.get("content")) + _text(message.get("parts"))
            if result.get("final", True):
                raw.finishes[0] = [Finish("stop", alone=not said.content)]
    return raw


def _text(parts: list[JSON] | None) -> str:
    return "".join(part.get("text") or "" for part in parts or ())
