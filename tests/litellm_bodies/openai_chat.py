"""Providers that speak OpenAI's chat format."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_ASKED = "LiteLLM asks its price list whether this model can do that; we ask the server"
_TAKES = "the provider takes it, and LiteLLM leaves it out"
_PARTS = "the provider takes a list of parts, of which LiteLLM makes one text"

_COMMON = {
    "reasoning_effort": _ASKED,
    **dict.fromkeys(
        ("earlier answer: messages.1.provider_specific_fields", "earlier answer: messages.1.thinking_blocks"),
        "nobody but LiteLLM knows these fields",
    ),
    "user": "LiteLLM passes it to hardly anybody but OpenAI; we do unless it's known to be refused",
}
_NEWER_LIMIT = {
    f"one stop: {name}": "the provider documents max_completion_tokens, and calls max_tokens deprecated"
    for name in ("max_completion_tokens", "max_tokens")
}
_REASONING = {
    "earlier answer: messages.1.reasoning": "the provider calls it `reasoning`, and refuses LiteLLM's name"
}
_MORE_CHOICES = dict.fromkeys(("logprobs", "top_logprobs", "n", "logit_bias"), _TAKES)
_PENALTIES = dict.fromkeys(("frequency_penalty", "presence_penalty"), _TAKES)

ROWS = [
    Row("openai/gpt-4o", "/v1", reasons=_COMMON),
    Row(
        "openai/gpt-5-mini",
        "/v1",
        reasons=dict.fromkeys(
            ("sampling", "one stop", "penalties", "choices"),
            "LiteLLM knows what models that reason refuse; OpenAI says it",
        )
        | _COMMON,
    ),
    Row("azure/gpt-4o", reasons=_COMMON),
    Row("azure/gpt-4o", options={"api_version": "2024-10-21"}, reasons=_COMMON),
    Row(
        "azure_ai/Llama-3.3-70B-Instruct",
        "/models",
        "/models/chat/completions",
        options={"api_version": "2024-05-01-preview"},
        reasons={
            **_COMMON,
            "key": "at Azure's own hosts LiteLLM calls the header api-key too",
            "text in parts": _PARTS,
        },
    ),
    Row(
        "groq/llama-3.3-70b-versatile",
        "/openai/v1",
        reasons={
            **_COMMON,
            **_NEWER_LIMIT,
            **_REASONING,
            "structured output": "LiteLLM makes a tool of it, and no stream; Groq takes it and streams",
            "any JSON": "LiteLLM asks for no stream; Groq streams it",
            "choices": "Groq answers them with 400: https://console.groq.com/docs/openai",
        },
    ),
    Row(
        "mistral/mistral-small-latest",
        "/v1",
        reasons={
            **_COMMON,
            **_MORE_CHOICES,
            **_PENALTIES,
            "text in parts": _PARTS,
            "stream_options": _TAKES,
            "tool_choice": "Mistral takes OpenAI's values too; LiteLLM renames one, and drops the named tool",
        },
    ),
    Row(
        "deepseek/deepseek-chat",
        "/beta",
        reasons={
            **_COMMON,
            "text in parts": _PARTS,
            "image: messages.0.content": "LiteLLM drops the image; DeepSeek's models that see take it",
            "reasoning effort: thinking": "DeepSeek takes the effort; LiteLLM only switches thinking on",
        },
    ),
    Row("xai/grok-3", "/v1", reasons={**_COMMON, **_NEWER_LIMIT}),
    Row(
        "openrouter/openai/gpt-4o",
        "/api/v1",
        reasons={**_COMMON, "usage": "LiteLLM asks for it unasked; OpenRouter sends it to everybody"},
    ),
    Row("together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo", "/v1", reasons=_COMMON),
    Row(
        "fireworks_ai/accounts/fireworks/models/kimi-k2-instruct",
        "/inference/v1",
        reasons={
            **_COMMON,
            "stream_options": "LiteLLM asks for the usage unasked",
            "tool_choice": "Fireworks takes OpenAI's `required` too",
        },
    ),
    Row("perplexity/sonar", reasons={**_COMMON, "stream_options": _TAKES}),
    Row(
        "cerebras/llama3.1-8b",
        "/v1",
        reasons={
            **_COMMON,
            **_NEWER_LIMIT,
            **_REASONING,
            **_MORE_CHOICES,
            **_PENALTIES,
            **dict.fromkeys(("parallel_tool_calls", "stream_options"), _TAKES),
        },
    ),
    Row("huggingface/meta-llama/Llama-3.3-70B-Instruct", "/v1", reasons=_COMMON),
    Row(
        "hosted_vllm/org/model",
        "/v1",
        reasons={**_COMMON, "tools.": "LiteLLM drops `additionalProperties`; vLLM takes it"},
    ),
    Row("lm_studio/model", "/v1", reasons=_COMMON),
    Row(
        "databricks/databricks-meta-llama",
        "/serving-endpoints",
        reasons={
            **_COMMON,
            **_MORE_CHOICES,
            "parallel tools: messages": "LiteLLM gives each call a message of its own",
        },
    ),
    Row("litellm_proxy/gpt-4o", "/v1", reasons=_COMMON),
    Row(
        "zai/glm-4.6",
        "/api/paas/v4",
        reasons={
            **_COMMON,
            **dict.fromkeys(("response_format", "seed"), _TAKES),
            "one stop: max_tokens": "LiteLLM drops the limit by this name; Z.ai has it by the other",
        },
    ),
    Row("nvidia_nim/meta/llama", "/v1", reasons={**_COMMON, **_MORE_CHOICES, "stream_options": _TAKES}),
    Row(
        "moonshot/kimi-k2",
        "/v1",
        reasons={
            **_COMMON,
            "text in parts": _PARTS,
            "parallel tools": "LiteLLM writes a message of its own in the place of `required`; we write none",
        },
    ),
    Row("dashscope/qwen-max", "/v1", reasons=_COMMON),
    Row("vercel_ai_gateway/openai/gpt-4o", "/v1", reasons=_COMMON),
    Row("novita/org/model", "/v3/openai", reasons=_COMMON),
    Row("nebius/org/model", "/v1", reasons=_COMMON),
    Row("ai21_chat/jamba-1.5-mini", "/studio/v1", reasons={**_COMMON, "top_p": _TAKES}),
    Row("cloudflare/@cf/meta/llama", "/v1", reasons=_COMMON),
    Row("veniceai/model", "/api/v1", reasons=_COMMON),
    Row("crusoe/model", "/v1", reasons=_COMMON),
]
