"""JSON-RPC's messages. A result and a notification are kept whole; a text is content besides."""

from __future__ import annotations

EVENT = ""

_KEPT = "choices[].delta.provider_specific_fields"

LANDS = {
    ":id": "id",
    ":method": f"{_KEPT}.notifications[].method",
    ":params.**": f"{_KEPT}.notifications[].params.**",
    ":result.**": f"{_KEPT}.results[].**",
}

LEFT_OUT = {
    ":jsonrpc": "always `2.0`",
}
