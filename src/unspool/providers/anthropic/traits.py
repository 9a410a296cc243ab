"""What the events of Anthropic's formats say."""

from __future__ import annotations

from unspool.providers.traits import (
    JSON,
    Traits,
    kind_in,
    object_in,
    plain,
    without,
)
from unspool.wire.event import WireEvent

_KINDS = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_start",
        "message_stop",
        "ping",
    }
)


def _anthropic_speaks(body: JSON, _event: WireEvent) -> bool:
    delta = without(object_in(body, "delta"), "type", "signature")
    return body["type"] == "content_block_delta" and any(delta.values())


def _anthropic_unfinish(body: JSON) -> JSON:
    return {**body, "delta": {**object_in(body, "delta"), "stop_reason": None}}


MESSAGES = Traits(
    lambda body, _: kind_in(body) in _KINDS,
    _anthropic_speaks,
    lambda body, _: body["type"] == "message_delta" and object_in(body, "delta").get("stop_reason"),
    _anthropic_unfinish,
    arguments=lambda body: [("delta", "partial_json")] if body["type"] == "content_block_delta" else [],
    texts=(("delta", "text"),),
)

COMPLETE = plain(lambda body, _: kind_in(body) == "completion", "completion", "stop_reason")
