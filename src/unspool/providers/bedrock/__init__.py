"""Amazon Bedrock: three APIs over AWS event streams, to chunks and to a `ModelResponse`.

    Converse       one shape for all models:
                   https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
    InvokeModel    each model's own JSON, in base64 inside of `chunk` events:
                   …/API_runtime_InvokeModelWithResponseStream.html
    agents         InvokeAgent, and knowledge bases' RetrieveAndGenerateStream:
                   …/API_agent-runtime_InvokeAgent.html

The mapping is LiteLLM's where it has one: text is `content`, `toolUse` a tool call, `reasoningContent` is
`reasoning_content` and `thinking_blocks`. Data without a place in OpenAI's shape is stored, as it was sent,
in the delta's or message's `provider_specific_fields`. Each list there holds all that came so far, so that
the last one is the whole:

    citation, citations        one `citation` a delta, as it comes; when its text block ends, `citations`
                               has one list a cited block, and each says which text it supports
    server_tool_use            calls that Bedrock has run already, each with its whole input
    tool_results               what came of those
    other_blocks               images, and types newer than this package
    metrics, trace, performanceConfig, additionalModelResponseFields       as Converse sends them
    amazon-bedrock-*           as InvokeModel sends them
    traces, files, return_control      an agent's

Bedrock pads its events with a field `p` of random length, against eavesdroppers; that alone is dropped.
A stream has no id, no model and no time in it. `request` builds requests.
"""

from __future__ import annotations

from unspool.providers.bedrock.agent import BedrockAgentNormalizer
from unspool.providers.bedrock.converse import BedrockConverseNormalizer
from unspool.providers.bedrock.invoke import BedrockInvokeNormalizer
from unspool.providers.bedrock.response import response_from_converse

__all__ = [
    "BedrockAgentNormalizer",
    "BedrockConverseNormalizer",
    "BedrockInvokeNormalizer",
    "response_from_converse",
]
