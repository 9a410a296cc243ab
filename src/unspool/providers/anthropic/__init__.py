"""Anthropic's Messages API: the events of a stream to chunks, a whole message to a `ModelResponse`.

https://docs.anthropic.com/en/docs/build-with-claude/streaming. A message is a list of content blocks.
A stream opens a block (`content_block_start`), fills it (`content_block_delta`) and ends it
(`content_block_stop`); `message_delta` says why the message ended and what it cost. New events,
blocks and deltas are announced to come at any time, so an unknown one is never an error.

The mapping is LiteLLM's: text is `content`, a `tool_use` block a tool call, a thinking block
`reasoning_content` and `thinking_blocks`. Data without a place in OpenAI's shape is stored, as it was sent,
in the delta's or message's `provider_specific_fields`. Each list there holds all that came so
far, so that the last one is the whole:

    citation, citations     one `citation` a delta, as it comes; when its text block ends, `citations`
                            has one list a cited block, and each says which text it supports
    server_tool_use         calls of `server_tool_use` and `mcp_tool_use`, each with its whole input.
                            The provider has run them already, so they are no `tool_calls`
    web_search_results      `web_search_tool_result` and `web_fetch_tool_result` blocks
    tool_results            the results of all other tools that the provider ran
    compaction_blocks       summaries of an earlier part of the conversation
    other_blocks            `fallback`, and types newer than this package
    stop_sequence, stop_details, container, context_management     from the message's end

`request` builds requests; the other modules are parts of either direction.
"""

from __future__ import annotations

from unspool.providers.anthropic.normalizer import AnthropicNormalizer
from unspool.providers.anthropic.response import response_from_anthropic

__all__ = ["AnthropicNormalizer", "response_from_anthropic"]
