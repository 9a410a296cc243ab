"""Cohere's events, version 1."""

from __future__ import annotations

EVENT = "event_type"

_KEPT = "choices[].delta.provider_specific_fields"
_RETOLD = "the whole answer once more, of which the events have told"

LANDS = {
    "citation-generation:citations.**": f"{_KEPT}.citations.**",
    "search-queries-generation:search_queries.**": f"{_KEPT}.search_queries.**",
    "search-results:documents.**": f"{_KEPT}.documents.**",
    "search-results:search_results.**": f"{_KEPT}.search_results.**",
    "stream-end:finish_reason": "choices[].finish_reason",
    "stream-end:response.generation_id": "id",
    "stream-end:response.id": "id",
    "stream-end:response.meta.**": f"{_KEPT}.meta.**",
    "stream-end:response.response_id": f"{_KEPT}.response_id",
    "stream-end:response.token_count.**": f"{_KEPT}.token_count.**",
    "stream-start:generation_id": "id",
    "text-generation:text": "choices[].delta.content",
}

LEFT_OUT = {
    "*:event_type": "it says what the event is",
    "*:is_finished": "whether this is the last event, which its finish reason tells too",
    "stream-end:response.chat_history.**": "the request's messages and the answer once more",
    "stream-end:response.citations.**": _RETOLD,
    "stream-end:response.documents.**": _RETOLD,
    "stream-end:response.finish_reason": "the event's own, once more",
    "stream-end:response.generations.**": _RETOLD,
    "stream-end:response.prompt": "the request's, once more",
    "stream-end:response.search_queries.**": _RETOLD,
    "stream-end:response.search_results.**": _RETOLD,
    "stream-end:response.text": _RETOLD,
    "stream-end:response.tool_inputs": "always empty",
}
