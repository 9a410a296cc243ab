"""Converse's events, each under its name. What Bedrock ran itself is kept as it was sent."""

from __future__ import annotations

EVENT = ""

_KEPT = "choices[].delta.provider_specific_fields"
_DELTA = ":contentBlockDelta.delta"
_START = ":contentBlockStart.start"
_CALL = "choices[].delta.tool_calls[]"
_RUN = f"{_KEPT}.server_tool_use[]"

LANDS = {
    f"{_DELTA}.citation.**": f"{_KEPT}.citation.**",
    f"{_DELTA}.reasoningContent.signature": "choices[].delta.thinking_blocks[].signature",
    f"{_DELTA}.reasoningContent.text": "choices[].delta.reasoning_content",
    f"{_DELTA}.text": "choices[].delta.content",
    f"{_DELTA}.toolResult[].**": f"{_KEPT}.tool_results[].content[].**",
    f"{_DELTA}.toolUse.input": f"{_CALL}.function.arguments | {_RUN}.input",
    f"{_START}.toolResult.**": f"{_KEPT}.tool_results[].**",
    f"{_START}.toolUse.name": f"{_CALL}.function.name | {_RUN}.name",
    f"{_START}.toolUse.toolUseId": f"{_CALL}.id | {_RUN}.toolUseId",
    ":messageStop.additionalModelResponseFields.**": f"{_KEPT}.additionalModelResponseFields.**",
    ":messageStop.stopReason": "choices[].finish_reason",
    ":metadata.metrics.**": f"{_KEPT}.metrics.**",
    ":metadata.trace.**": f"{_KEPT}.trace.**",
    ":metadata.usage.cacheReadInputTokenCount": "usage.cache_read_input_tokens",
    ":metadata.usage.cacheReadInputTokens": "usage.cache_read_input_tokens",
    ":metadata.usage.cacheWriteInputTokenCount": "usage.cache_creation_input_tokens",
    ":metadata.usage.cacheWriteInputTokens": "usage.cache_creation_input_tokens",
    ":metadata.usage.inputTokens": "usage.prompt_tokens_details.text_tokens",
    ":metadata.usage.outputTokens": "usage.completion_tokens",
    ":metadata.usage.serverToolUsage.**": "usage.serverToolUsage.**",
    ":metadata.usage.totalTokens": "usage.total_tokens",
    ":modelStreamErrorException.**": "raised.**",
}

LEFT_OUT = {
    ":contentBlockDelta.contentBlockIndex": "which block an event is of: the chunks are in order",
    ":contentBlockDelta.p": "padding of random length",
    ":contentBlockStart.contentBlockIndex": "which block an event is of: the chunks are in order",
    ":contentBlockStart.p": "padding of random length",
    f"{_START}.toolUse.type": "it says whether the block is a call or was one of Bedrock's own",
    ":contentBlockStop.contentBlockIndex": "which block an event is of: the chunks are in order",
    ":contentBlockStop.p": "padding of random length",
    ":messageStart.p": "padding of random length",
    ":messageStart.role": "the assistant's, always; the wrapper says so once",
    ":messageStop.p": "padding of random length",
    ":metadata.p": "padding of random length",
}
