"""OpenAI's Responses API: the events of a stream to chunks, a whole response to a `ModelResponse`.

https://platform.openai.com/docs/api-reference/responses-streaming. A response is a list of output items:
messages, reasoning, calls. A stream opens an item (`response.output_item.added`), tells its texts piece by
piece (`….delta`), then each text as a whole (`….done`), then the part, the item and at last the whole
response. What was told in pieces isn't told again, but what stands only in the whole is: LM Studio
streams no arguments, ChatGPT's last event has no output.

The mapping is LiteLLM's bridge, with one choice. Text is `content`, also of several messages; a refusal is
`refusal`; the summary of reasoning, or the reasoning itself, is `reasoning_content`. Calls of functions and
of custom tools are tool calls, 0, 1, 2 … through the stream. Beside these a delta holds

    reasoning_items     each reasoning item as it was sent, with its id, its encrypted content and its
                        summary in parts: what the next request has to bring back
    annotations         links in a chat's shape; the places in the text are those in the whole `content`
    images              what `image_generation_call` made, as data URLs
    audio               pieces of sound and of its transcript
    provider_specific_fields
        output_items    every other item as it was sent, in a list of all so far: calls of tools that
                        the provider runs, their results, and types newer than this package; also
                        what the caller has to run but chat has no call for (computer, shell, patch, MCP
                        approval)
        citations       annotations that are no links, or have no place in the text, in a list of all so far
        messages        of a response with several phases: each message's id, phase and place in `content`
        phase           whether the message that follows is commentary or the final answer
        partial_image   the latest preview of an image

and a tool call's `provider_specific_fields` has its `item_id`. The last chunk has the usage, the
`service_tier` and in its own `provider_specific_fields` what the response says of itself: why it is
incomplete, Azure's `content_filters`, xAI's `metadata`, Copilot's `copilot_usage`. Not kept is what only
repeats the request (`tools`, `temperature` …), orders events or ties them together (`sequence_number`,
`status`, a message's id) or pads them (`obfuscation`).

Where LiteLLM differs: it turns a custom call into a function's, loses the other items, reasoning that is
no summary and arguments that come only as a whole, says `stop` after calls that only their own events
tell, and takes an item's id for a call's where the server just counts its calls (`call_0`).
"""

from __future__ import annotations

from unspool.providers.openai.responses.normalizer import OpenAIResponsesNormalizer
from unspool.providers.openai.responses.response import response_from_responses

__all__ = ["OpenAIResponsesNormalizer", "response_from_responses"]
