"""Anthropic's events. What the provider ran itself is kept in `provider_specific_fields`, as it was sent."""

from __future__ import annotations

EVENT = "type"

_KEPT = "choices[].delta.provider_specific_fields"
_RESULTS = f"{_KEPT}.tool_results[].content.** | {_KEPT}.web_search_results[].content.**"
_RESULTS += f" | {_KEPT}.other_blocks[].content.**"
_CALL = "choices[].delta.tool_calls[]"
_RUN = f"{_KEPT}.server_tool_use[]"
_CREATED = "usage.prompt_tokens_details.cache_creation_token_details.**"
# Of a message that was made in several passes the top has not all, and is kept beside the sum.
_PROMPT = "usage.prompt_tokens_details.text_tokens | usage.input_tokens"
_COMPLETION = "usage.completion_tokens | usage.output_tokens"

LANDS = {
    "message_start:message.container.**": f"{_KEPT}.container.**",
    "message_start:message.content": "choices[].delta.content",
    "message_start:message.content[].caller.**": f"{_CALL}.caller.**",
    "message_start:message.content[].id": f"{_CALL}.id",
    "message_start:message.content[].input.{}": f"{_CALL}.function.arguments",
    "message_start:message.content[].name": f"{_CALL}.function.name",
    "message_start:message.id": "id",
    "message_start:message.model": "model",
    "message_start:message.provider": f"{_KEPT}.provider",
    "message_start:message.stop_details": f"{_KEPT}.stop_details",
    "message_start:message.stop_reason": "choices[].finish_reason",
    "message_start:message.stop_sequence": f"{_KEPT}.stop_sequence",
    "message_start:message.usage.cache_creation.**": _CREATED,
    "message_start:message.usage.cache_creation_input_tokens": "usage.cache_creation_input_tokens",
    "message_start:message.usage.cache_read_input_tokens": "usage.cache_read_input_tokens",
    "message_start:message.usage.inference_geo": "usage.inference_geo",
    "message_start:message.usage.input_tokens": "usage.prompt_tokens_details.text_tokens",
    "message_start:message.usage.output_tokens": "usage.completion_tokens",
    "message_start:message.usage.server_tool_use.**": "usage.server_tool_use.**",
    "message_start:message.usage.service_tier": "usage.service_tier",
    "message_start:message.usage.speed": "usage.speed",
    "content_block_start:content_block.caller.**": (
        f"{_CALL}.caller.** | {_RUN}.caller.** | {_KEPT}.web_search_results[].caller.**"
    ),
    "content_block_start:content_block.content.**": _RESULTS,
    "content_block_start:content_block.encrypted_content": f"{_KEPT}.compaction_blocks[].encrypted_content",
    "content_block_start:content_block.from.model": f"{_KEPT}.other_blocks[].from.model",
    "content_block_start:content_block.id": f"{_CALL}.id | {_RUN}.id",
    "content_block_start:content_block.input.**": f"{_CALL}.function.arguments | {_RUN}.input.**",
    "content_block_start:content_block.is_error": f"{_KEPT}.tool_results[].is_error",
    "content_block_start:content_block.name": f"{_CALL}.function.name | {_RUN}.name",
    "content_block_start:content_block.server_name": f"{_RUN}.server_name",
    "content_block_start:content_block.to.model": f"{_KEPT}.other_blocks[].to.model",
    "content_block_start:content_block.tool_use_id": (
        f"{_KEPT}.tool_results[].tool_use_id | {_KEPT}.web_search_results[].tool_use_id"
    ),
    "content_block_start:content_block.trigger.**": f"{_KEPT}.other_blocks[].trigger.**",
    "content_block_delta:delta.citation.**": f"{_KEPT}.citation.**",
    "content_block_delta:delta.content": f"{_KEPT}.compaction_blocks[].content",
    "content_block_delta:delta.encrypted_content": f"{_KEPT}.compaction_blocks[].encrypted_content",
    "content_block_delta:delta.partial_json": f"{_CALL}.function.arguments | {_RUN}.input",
    "content_block_delta:delta.signature": "choices[].delta.thinking_blocks[].signature",
    "content_block_delta:delta.text": "choices[].delta.content",
    "content_block_delta:delta.thinking": "choices[].delta.reasoning_content",
    "message_delta:context_management.**": f"{_KEPT}.context_management.**",
    "message_delta:delta.container.**": f"{_KEPT}.container.**",
    "message_delta:delta.stop_details.**": f"{_KEPT}.stop_details.**",
    "message_delta:delta.stop_reason": "choices[].finish_reason",
    "message_delta:delta.stop_sequence": f"{_KEPT}.stop_sequence",
    "error:error.**": "raised.error.**",
    "message_delta:usage.cache_creation.**": _CREATED,
    "message_delta:usage.cache_creation_input_tokens": "usage.cache_creation_input_tokens",
    "message_delta:usage.cache_read_input_tokens": "usage.cache_read_input_tokens",
    "message_delta:usage.cost": "usage.cost",
    "message_delta:usage.cost_details.**": "usage.cost_details.**",
    "message_delta:usage.input_tokens": _PROMPT,
    "message_delta:usage.is_byok": "usage.is_byok",
    "message_delta:usage.iterations.**": "usage.iterations.**",
    "message_delta:usage.output_tokens": _COMPLETION,
    "message_delta:usage.output_tokens_details.**": "usage.output_tokens_details.**",
    "message_delta:usage.server_tool_use.**": "usage.server_tool_use.**",
    "message_delta:usage.service_tier": "usage.service_tier",
    "message_delta:usage.speed": "usage.speed",
}

LEFT_OUT = {
    "*:index": "which block an event is of: the chunks are in order, and calls have numbers of their own",
    "*:type": "it says what the event is",
    "content_block_delta:delta.type": "it says what the delta is",
    "content_block_start:content_block.citations": "always empty; each comes as a delta",
    "content_block_start:content_block.signature": "always empty; it comes as a delta",
    "content_block_start:content_block.text": "always empty; it comes as deltas",
    "content_block_start:content_block.thinking": "always empty; it comes as deltas",
    "content_block_start:content_block.type": "it says where the block lands",
    "message_start:message.content[].type": "it says where the block lands",
    "message_start:message.role": "the assistant's, always; the wrapper says so once",
    "message_start:message.type": "it says that this is a message",
}
