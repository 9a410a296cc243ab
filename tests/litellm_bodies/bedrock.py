"""Models on Bedrock, asked by Converse: a row for each family that is asked in a way of its own."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_SPEC = "toolConfig.tools.{}.toolSpec."
_TOOLS = {
    _SPEC.format(1)
    + "description": "LiteLLM repeats a tool's name where it has no description; none is needed",
    _SPEC.format(1) + "inputSchema.json.required": "LiteLLM adds an empty list, which says nothing",
}
_OPEN = {
    **_TOOLS,
    _SPEC.format(0)
    + "inputSchema.json.additionalProperties": "LiteLLM takes it off for all but Claude; a schema"
    " is sent as it was given",
}
_SCHEMA = {
    "structured output": "LiteLLM makes a tool of the schema, and no stream, where its table doesn't say that"
    " the model has outputConfig; there is no such table here, and Bedrock says so itself"
}
_NO_CHOICE = {
    "tool offered: toolConfig.toolChoice": "LiteLLM's table says that the model has no choice of tools",
    "tool demanded: toolConfig.toolChoice": "the same",
    "parallel tools: toolConfig.toolChoice": "the same",
}
_NO_TOOLS = "LiteLLM's table says that the model has no tools: it leaves them out, and makes text of calls"

ROWS = [
    Row("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", reasons=_TOOLS),
    Row("bedrock/us.anthropic.claude-opus-4-6-v1", reasons=_TOOLS),
    Row(
        "bedrock/us.anthropic.claude-3-5-sonnet-20240620-v1:0",
        reasons={
            **_TOOLS,
            **_SCHEMA,
            "parallel tools: additionalModelRequestFields": "LiteLLM's table doesn't say that it can be told",
            "reasoning effort": "LiteLLM leaves it out, as the model can't think; Bedrock says so itself",
        },
    ),
    Row("bedrock/us.amazon.nova-lite-v1:0", reasons={**_OPEN, **_SCHEMA}),
    Row("bedrock/us.amazon.nova-2-lite-v1:0", reasons={**_OPEN, **_SCHEMA}),
    Row(
        "bedrock/us.meta.llama3-3-70b-instruct-v1:0",
        reasons={**_OPEN, **_SCHEMA, **_NO_CHOICE, "path": "LiteLLM asks Llama 3.3 for no stream with tools"},
    ),
    Row("bedrock/mistral.mistral-large-2402-v1:0", reasons={**_OPEN, **_SCHEMA, **_NO_CHOICE}),
    Row("bedrock/converse/openai.gpt-oss-120b-1:0", reasons={**_OPEN, **_SCHEMA}),
    Row(
        "bedrock/us.deepseek.r1-v1:0",
        reasons={
            **_SCHEMA,
            "toolConfig": _NO_TOOLS,
            "tool round trip": _NO_TOOLS,
            "parallel tools": _NO_TOOLS,
        },
    ),
]
