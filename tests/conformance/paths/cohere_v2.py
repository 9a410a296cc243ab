"""Cohere's events, version 2."""

from __future__ import annotations

EVENT = "type"

_KEPT = "choices[].delta.provider_specific_fields"

LANDS = {
    "message-start:delta.message.role": "choices[].delta.role",
    "message-start:id": "id",
    "citation-start:delta.message.citations.**": f"{_KEPT}.citations[].**",
    "content-delta:delta.message.content.text": "choices[].delta.content",
    "content-delta:delta.message.content.thinking": "choices[].delta.reasoning_content",
    "content-start:delta.message.content.text": "choices[].delta.content",
    "content-start:delta.message.content.thinking": "choices[].delta.reasoning_content",
    "tool-call-delta:delta.message.tool_calls.**": "choices[].delta.tool_calls[].**",
    "tool-call-delta:index": "choices[].delta.tool_calls[].index",
    "tool-call-start:delta.message.tool_calls.**": "choices[].delta.tool_calls[].**",
    "tool-call-start:index": "choices[].delta.tool_calls[].index",
    "tool-plan-delta:delta.message.tool_plan": f"{_KEPT}.tool_plan",
    "message-end:delta.finish_reason": "choices[].finish_reason",
    "message-end:delta.usage.billed_units.**": "usage.billed_units.**",
    "message-end:delta.usage.cached_tokens": "usage.prompt_tokens_details.cached_tokens",
    "message-end:delta.usage.tokens.**": "usage.tokens.**",
}

LEFT_OUT = {
    "*:type": "it says what the event is",
    "citation-end:index": "an end says nothing else",
    "citation-start:index": "its place in the list",
    "content-delta:index": "which part of the content it belongs to: the chunks are in order",
    "content-end:index": "an end says nothing else",
    "content-start:delta.message.content.type": "it says where the part lands",
    "content-start:index": "which part of the content it is: the chunks are in order",
    "message-start:delta.message.citations": "always empty; they come as events",
    "message-start:delta.message.content": "always empty; it comes as events",
    "message-start:delta.message.tool_calls": "always empty; they come as events",
    "message-start:delta.message.tool_plan": "always empty; it comes as events",
    "tool-call-end:index": "an end says nothing else",
}
