"""What the events of Cohere's chat say, version 2 and 1."""

from __future__ import annotations

from unspool.providers.traits import (
    JSON,
    Traits,
    kind_in,
    object_in,
    without,
    word_in,
)


def _cohere_end(body: JSON) -> JSON | None:
    delta = without(object_in(body, "delta"), "finish_reason")
    return {**body, "delta": delta} if delta else None


V2 = Traits(
    lambda body, _: kind_in(body).startswith(("message-", "content-", "tool-", "citation-")),
    lambda body, _: body["type"].endswith("-delta") and bool(object_in(body, "delta")),
    lambda body, _: body["type"] == "message-end",
    _cohere_end,
    arguments=lambda _: [("delta", "message", "tool_calls", "function", "arguments")],
    texts=(("delta", "message", "content", "text"),),
)

V1 = Traits(
    lambda body, _: bool(word_in(body, "event_type")) and "." not in word_in(body, "event_type"),
    lambda body, _: (
        body["event_type"] in {"text-generation", "tool-calls-chunk"}
        and any(without(body, "event_type", "is_finished").values())
    ),
    lambda body, _: body["event_type"] == "stream-end",
    arguments=lambda _: [
        ("tool_call_delta", "parameters"),
        ("tool_call_delta", "function", "arguments"),
    ],
    texts=(("text",),),
)
