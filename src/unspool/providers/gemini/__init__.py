"""Gemini's `generateContent`, of Google AI and of Vertex AI: chunks of a stream, a whole response, a request.

https://ai.google.dev/api/generate-content. Each event of a stream is a whole `GenerateContentResponse`
that holds the next parts of each candidate, so a response that isn't streamed is read as a stream of one.
With `alt=sse` the events are server-sent events, without it the elements of one JSON array.

The mapping is LiteLLM's: text is `content`, a part marked as a thought is `reasoning_content` and
`thinking_blocks`, a function call a tool call, an image `images`, a sound `audio`. What OpenAI's shape has
no place for is kept:

    delta.provider_specific_fields
        thought_signatures           of all parts so far; a call's stands in its own
                                     `provider_specific_fields`, as `thought_signature`, too
        executable_code, code_execution_results
        server_side_tool_invocations each `toolCall` that Google ran, with its response
        other_parts                  files, and types newer than this package
    choice.provider_specific_fields  native_finish_reason, finish_message, and a candidate's other fields
    chunk.vertex_ai_…                grounding_metadata, url_context_metadata, citation_metadata,
                                     safety_ratings and safety_results (the same): a list each
    chunk.provider_specific_fields   traffic_type, prompt_feedback, and an event's other fields

Each list of `delta.provider_specific_fields` holds all that came so far, so that the last one is the whole.

How to ask is in `request`; the other modules are parts of the one or the other way.
"""

from __future__ import annotations

from unspool.providers.gemini.normalizer import GeminiNormalizer
from unspool.providers.gemini.response import response_from_gemini

__all__ = ["GeminiNormalizer", "response_from_gemini"]
