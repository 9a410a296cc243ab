"""InvokeModel's payloads: the events of Anthropic by their type, all others without one.

What Bedrock adds to them is kept as it was sent.
"""

from __future__ import annotations

EVENT = "type"

_KEPT = "choices[].delta.provider_specific_fields"
_CALL = "choices[].delta.tool_calls[]"
_INDEX = "which block an event is of: the chunks are in order"

LANDS = {
    "*:amazon-bedrock-guardrailAction": f"{_KEPT}.amazon-bedrock-guardrailAction",
    "*:amazon-bedrock-invocationMetrics.**": f"{_KEPT}.amazon-bedrock-invocationMetrics.**",
    "*:amazon-bedrock-trace.**": f"{_KEPT}.amazon-bedrock-trace.**",
    # Anthropic
    "content_block_delta:delta.partial_json": f"{_CALL}.function.arguments",
    "content_block_delta:delta.text": "choices[].delta.content",
    "content_block_start:content_block.id": f"{_CALL}.id",
    "content_block_start:content_block.name": f"{_CALL}.function.name",
    "message_delta:delta.stop_details": f"{_KEPT}.stop_details",
    "message_delta:delta.stop_reason": "choices[].finish_reason",
    "message_delta:delta.stop_sequence": f"{_KEPT}.stop_sequence",
    "message_delta:usage.cache_creation_input_tokens": "usage.cache_creation_input_tokens",
    "message_delta:usage.cache_read_input_tokens": "usage.cache_read_input_tokens",
    "message_delta:usage.input_tokens": "usage.prompt_tokens_details.text_tokens",
    "message_delta:usage.output_tokens": "usage.completion_tokens",
    "message_start:message.id": "id",
    "message_start:message.model": "model",
    "message_start:message.stop_details": f"{_KEPT}.stop_details",
    "message_start:message.stop_reason": "choices[].finish_reason",
    "message_start:message.stop_sequence": f"{_KEPT}.stop_sequence",
    "message_start:message.usage.cache_creation.**": (
        "usage.prompt_tokens_details.cache_creation_token_details.**"
    ),
    "message_start:message.usage.cache_creation_input_tokens": "usage.cache_creation_input_tokens",
    "message_start:message.usage.cache_read_input_tokens": "usage.cache_read_input_tokens",
    "message_start:message.usage.input_tokens": "usage.prompt_tokens_details.text_tokens",
    "message_start:message.usage.output_tokens": "usage.completion_tokens",
    # Anthropic's old completions
    ":completion": "choices[].delta.content",
    ":stop": f"{_KEPT}.stop_sequence",
    # Nova
    ":contentBlockDelta.delta.text": "choices[].delta.content",
    ":contentBlockDelta.delta.toolUse.input": f"{_CALL}.function.arguments",
    ":contentBlockStart.start.toolUse.name": f"{_CALL}.function.name",
    ":contentBlockStart.start.toolUse.toolUseId": f"{_CALL}.id",
    ":messageStop.stopReason": "choices[].finish_reason",
    ":metadata.usage.cacheReadInputTokenCount": "usage.cache_read_input_tokens",
    ":metadata.usage.cacheWriteInputTokenCount": "usage.cache_creation_input_tokens",
    ":metadata.usage.inputTokens": "usage.prompt_tokens_details.text_tokens",
    ":metadata.usage.outputTokens": "usage.completion_tokens",
    # Titan
    ":completionReason": "choices[].finish_reason",
    ":inputTextTokenCount": "usage.prompt_tokens",
    ":outputText": "choices[].delta.content",
    ":totalOutputTextTokenCount": "usage.completion_tokens",
    # Llama, Mistral and Cohere
    ":finish_reason": "choices[].finish_reason",
    ":generation": "choices[].delta.content",
    ":generation_token_count": "usage.completion_tokens",
    ":generations[].finish_reason": "choices[].finish_reason",
    ":generations[].text": "choices[].delta.content",
    ":id": "id",
    ":outputs[].stop_reason": "choices[].finish_reason",
    ":outputs[].text": "choices[].delta.content",
    ":prompt_token_count": "usage.prompt_tokens",
    ":response.generation_id": "id",
    ":response.meta.**": f"{_KEPT}.meta.**",
    ":response.response_id": f"{_KEPT}.response_id",
    ":stop_reason": "choices[].finish_reason",
    ":text": "choices[].delta.content",
    # OpenAI's
    ":choices": "choices",
    ":choices[].delta.content": "=",
    ":choices[].delta.role": "=",
    ":choices[].delta.tool_calls[].**": f"{_CALL}.**",
    ":choices[].finish_reason": "=",
    ":choices[].index": "=",
    ":created": "=",
    ":model": "=",
    ":object": "=",
    ":service_tier": "=",
    ":usage.**": "usage.**",
}

LEFT_OUT = {
    "*:type": "it says what the event is",
    ":choices[].delta": "always empty where the choice finishes",
    ":contentBlockDelta.contentBlockIndex": _INDEX,
    ":contentBlockStart.contentBlockIndex": _INDEX,
    ":contentBlockStop.contentBlockIndex": _INDEX,
    ":event_type": "it says what the event is",
    ":generations[].id": "the answer's own id is the stream's",
    ":index": "always 0: Titan gives one answer",
    ":is_finished": "whether this is the last event, which its finish reason tells too",
    ":messageStart.role": "the assistant's, always; the wrapper says so once",
    ":metadata.metrics": "always empty; Bedrock's own say them",
    ":metadata.trace": "always empty; Bedrock's own is another",
    ":prompt": "the request's, once more",
    ":response.chat_history.**": "the request's messages and the answer once more",
    ":response.finish_reason": "the event's own, once more",
    ":response.text": "its pieces have told it",
    "content_block_delta:delta.type": "it says what the delta is",
    "content_block_delta:index": _INDEX,
    "content_block_start:content_block.input": "always empty; it comes as deltas",
    "content_block_start:content_block.text": "always empty; it comes as deltas",
    "content_block_start:content_block.type": "it says where the block lands",
    "content_block_start:index": _INDEX,
    "content_block_stop:index": _INDEX,
    "message_start:message.content": "always empty; it comes as blocks",
    "message_start:message.role": "the assistant's, always; the wrapper says so once",
    "message_start:message.type": "it says that this is a message",
}
