"""The providers, a row for each: where it is, what its keys are called, and what its servers speak.

The names are LiteLLM's, as are the environment variables. A row of your own is known to `completion`, to
`FakeStream` and to `unspool show`:

    from unspool.providers.registry import PROVIDERS, Provider

    PROVIDERS["acme"] = Provider("https://api.acme.ai/v1", ("ACME_API_KEY",))
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

# What LiteLLM and we have beside OpenAI's fields, for other formats' sake.
_LITELLMS_FIELDS: Mapping[str, str | None] = {"provider_specific_fields": None, "thinking_blocks": None}


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's address, the environment variables that speak of it, and its wire formats.

    Attributes:
        base_url: of its own servers; None where only the caller knows it.
        key_variables: the first one that is set holds the key.
        base_url_variables: the first one that is set replaces `base_url`.
        wire_format: what it is asked in, and streams in: one of `unspool.providers.FORMATS`.
        hosts: of its servers, beside that of `base_url`; `*` stands for anything.
        paths: the wire formats of paths that mean something else elsewhere, or nothing; patterns as in
            `WireFormat.paths`.
        lacks: the parameters of OpenAI's that it has none for, beyond those that its wire format lacks: as it
            documents them, or else as LiteLLM has them, but none that a recorded stream was asked for with.
        names: what it calls parameters, by OpenAI's names.
        message_fields: what it calls fields of messages in OpenAI's format; None for those that it refuses.
        version_variables: the first one that is set holds the version of its API.
        request: the builder of its requests, as `module:name`, where the wire format's won't do.
        errors: whose errors its servers answer with, one of `unspool.providers.errors.ERRORS`; None for those
            of the wire format that a URL's path names, or else of its own.
        asked_format: the wire format to ask in, if it isn't `wire_format`.
        param_variables: the environment variables of parameters, by the parameter's name.
        other_requests: the same for the wire formats that a prefix of the model chooses; see `asked_in`.
    """

    base_url: str | None = None
    key_variables: tuple[str, ...] = ()
    base_url_variables: tuple[str, ...] = ()
    wire_format: str = "openai-chat"
    hosts: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    message_fields: Mapping[str, str | None] = field(default_factory=lambda: _LITELLMS_FIELDS)
    version_variables: tuple[str, ...] = ()
    request: str | None = None
    other_requests: Mapping[str, str] = field(default_factory=dict)
    asked_format: str | None = None
    errors: str | None = None
    param_variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


PREFIXES: dict[tuple[str, str], str] = {
    ("openai-chat", "responses"): "openai-responses",
    ("gemini-generate", "interactions"): "gemini-interactions",
}
"""The wire formats that the first part of a model's name chooses, by the provider's format and that part."""


def asked_in(provider: Provider, model: str) -> tuple[str, str]:
    """The wire format to ask a model in, and its name without the part that chooses the format.

    `responses/gpt-5` of a provider that speaks OpenAI's chat format is `gpt-5` in `openai-responses`, as in
    LiteLLM.
    """
    usual = provider.asked_format or provider.wire_format
    prefix, _, name = model.partition("/")
    chosen = PREFIXES.get((usual, prefix)) if name else None
    return (chosen, name) if chosen else (usual, model)


# Parameters that few providers but OpenAI have, and two that OpenAI has dropped.
_OPENAIS_OWN = frozenset(
    name
    for names in (
        "audio function_call functions modalities prompt_cache_retention safety_identifier store",
        "verbosity web_search_options",
    )
    for name in names.split()
)

_NO_REASONING: Mapping[str, str | None] = {**_LITELLMS_FIELDS, "reasoning_content": None}
_REASONING: Mapping[str, str | None] = {**_LITELLMS_FIELDS, "reasoning_content": "reasoning"}

_OLDER_LIMIT = {"max_completion_tokens": "max_tokens"}

_AZURE = "unspool.providers.openai.azure_request:build_request"
_AZURE_OTHERS = {"openai-responses": "unspool.providers.openai.azure_request:build_responses_request"}

_WATSONX_KEYS = ("WATSONX_TOKEN", "WATSONX_API_KEY", "WATSONX_APIKEY")
_WATSONX_PLACES: Mapping[str, tuple[str, ...]] = {
    "project_id": ("WATSONX_PROJECT_ID", "WX_PROJECT_ID"),
    "space_id": ("WATSONX_DEPLOYMENT_SPACE_ID", "WATSONX_SPACE_ID", "WX_SPACE_ID"),
}

PROVIDERS: dict[str, Provider] = {
    "ai21_chat": Provider(
        "https://api.ai21.com/studio/v1",
        ("AI21_API_KEY",),
        ("AI21_API_BASE",),
        lacks=_OPENAIS_OWN
        | {"frequency_penalty", "logit_bias", "logprobs", "parallel_tool_calls", "prediction"}
        | {"presence_penalty", "reasoning_effort", "service_tier", "stream_options", "top_logprobs", "user"},
        names=_OLDER_LIMIT,
    ),
    "anthropic": Provider(
        "https://api.anthropic.com",
        ("ANTHROPIC_API_KEY",),
        ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"),
        wire_format="anthropic-messages",
        errors="anthropic",
    ),
    "azure": Provider(
        None,
        ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY"),
        ("AZURE_API_BASE",),
        hosts=("*.openai.azure.com", "*.cognitiveservices.azure.com"),
        version_variables=("AZURE_API_VERSION",),
        request=_AZURE,
        other_requests=_AZURE_OTHERS,
        errors="azure",
    ),
    "azure_ai": Provider(
        None,
        ("AZURE_AI_API_KEY",),
        ("AZURE_AI_API_BASE",),
        hosts=("*.services.ai.azure.com", "*.models.ai.azure.com"),
        version_variables=("AZURE_AI_API_VERSION",),
        request=_AZURE,
        other_requests=_AZURE_OTHERS,
        message_fields=_NO_REASONING,
        errors="azure",
    ),
    "bedrock": Provider(
        None,  # each region has its own: see `unspool.client.aws`
        ("AWS_BEARER_TOKEN_BEDROCK",),
        ("AWS_BEDROCK_RUNTIME_ENDPOINT", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        wire_format="bedrock-converse",
        hosts=("bedrock-runtime*.amazonaws.com*", "bedrock-agent-runtime*.amazonaws.com*"),
        errors="bedrock",
    ),
    "cerebras": Provider(
        "https://api.cerebras.ai/v1",
        ("CEREBRAS_API_KEY",),
        ("CEREBRAS_API_BASE",),
        lacks=_OPENAIS_OWN,
        message_fields=_REASONING,
        errors="cerebras",
    ),
    "chatgpt": Provider("https://chatgpt.com/backend-api/codex", wire_format="openai-responses"),
    "cloudflare": Provider(None, ("CLOUDFLARE_API_KEY",), hosts=("api.cloudflare.com",)),
    "cohere": Provider(
        "https://api.cohere.com",
        ("COHERE_API_KEY", "CO_API_KEY"),
        ("COHERE_API_BASE",),
        wire_format="cohere-v2",
        hosts=("api.cohere.ai",),
        paths={"/v1/chat": "cohere-v1", "/v1/generate": "cohere-v1"},
        errors="cohere",
    ),
    "cohere_chat": Provider(
        "https://api.cohere.com",
        ("COHERE_API_KEY", "CO_API_KEY"),
        ("COHERE_API_BASE",),
        wire_format="cohere-v2",
        errors="cohere",
    ),
    "crusoe": Provider(
        "https://managed-inference-api-proxy.crusoecloud.com/v1",
        ("CRUSOE_API_KEY",),
        ("CRUSOE_API_BASE",),
        hosts=("*.crusoecloud.com",),
        names=_OLDER_LIMIT,
    ),
    "custom_openai": Provider(),
    "dashscope": Provider(
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        ("DASHSCOPE_API_KEY",),
        ("DASHSCOPE_API_BASE",),
        hosts=("dashscope*.aliyuncs.com",),
    ),
    "databricks": Provider(
        None,
        ("DATABRICKS_API_KEY",),
        ("DATABRICKS_API_BASE",),
        hosts=("*.azuredatabricks.net", "*.databricks.com"),
        paths={"/serving-endpoints/*/invocations": "openai-chat"},
        lacks=_OPENAIS_OWN
        | {"frequency_penalty", "logit_bias", "parallel_tool_calls", "prediction", "presence_penalty"}
        | {"seed", "service_tier", "stream_options", "user"},
        names=_OLDER_LIMIT,
        message_fields=_NO_REASONING,
    ),
    "deepinfra": Provider(
        "https://api.deepinfra.com/v1/openai", ("DEEPINFRA_API_KEY",), ("DEEPINFRA_API_BASE",)
    ),
    "deepseek": Provider(
        "https://api.deepseek.com/beta", ("DEEPSEEK_API_KEY",), ("DEEPSEEK_API_BASE",), errors="deepseek"
    ),
    "fireworks_ai": Provider(
        "https://api.fireworks.ai/inference/v1",
        ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
        ("FIREWORKS_API_BASE",),
        lacks=_OPENAIS_OWN,
        names=_OLDER_LIMIT,
    ),
    "gemini": Provider(
        "https://generativelanguage.googleapis.com",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        ("GEMINI_API_BASE",),
        wire_format="gemini-generate",
        errors="gemini",
    ),
    "github_copilot": Provider(
        "https://api.githubcopilot.com", ("GITHUB_COPILOT_API_KEY",), hosts=("api.*.githubcopilot.com",)
    ),
    "groq": Provider(
        "https://api.groq.com/openai/v1",
        ("GROQ_API_KEY",),
        ("GROQ_API_BASE",),
        lacks=frozenset({"logit_bias", "logprobs", "n", "top_logprobs"}),
        message_fields=_REASONING,
        errors="groq",
    ),
    "hosted_vllm": Provider(None, ("HOSTED_VLLM_API_KEY",), ("HOSTED_VLLM_API_BASE",), errors="vllm"),
    "huggingface": Provider(
        "https://router.huggingface.co/v1",
        ("HUGGINGFACE_API_KEY", "HF_TOKEN"),
        ("HF_API_BASE", "HUGGINGFACE_API_BASE"),
        hosts=("*.huggingface.co", "*.huggingface.cloud"),
        paths={"/chat/completions": "openai-chat", "/models/*": "tgi", "/": "tgi"},
        errors="huggingface",
    ),
    "litellm_proxy": Provider(
        None, ("LITELLM_PROXY_API_KEY",), ("LITELLM_PROXY_API_BASE",), message_fields={}
    ),
    "lm_studio": Provider(None, ("LM_STUDIO_API_KEY",), ("LM_STUDIO_API_BASE",)),
    "mistral": Provider(
        "https://api.mistral.ai/v1",
        ("MISTRAL_API_KEY",),
        ("MISTRAL_API_BASE", "MISTRAL_AZURE_API_BASE"),
        hosts=("codestral.mistral.ai",),
        lacks=_OPENAIS_OWN | {"logit_bias", "user"},
        names={**_OLDER_LIMIT, "seed": "random_seed"},
        message_fields=_NO_REASONING,
        errors="mistral",
    ),
    "moonshot": Provider(
        "https://api.moonshot.ai/v1",
        ("MOONSHOT_API_KEY",),
        ("MOONSHOT_API_BASE",),
        hosts=("api.moonshot.cn",),
        names=_OLDER_LIMIT,
    ),
    "nebius": Provider(
        "https://api.studio.nebius.ai/v1", ("NEBIUS_API_KEY",), ("NEBIUS_API_BASE",), names=_OLDER_LIMIT
    ),
    "novita": Provider("https://api.novita.ai/v3/openai", ("NOVITA_API_KEY",), ("NOVITA_API_BASE",)),
    "nvidia_nim": Provider(
        "https://integrate.api.nvidia.com/v1",
        ("NVIDIA_NIM_API_KEY",),
        ("NVIDIA_NIM_API_BASE",),
        names=_OLDER_LIMIT,
    ),
    "ollama": Provider(
        "http://localhost:11434",
        ("OLLAMA_API_KEY",),
        ("OLLAMA_API_BASE",),
        wire_format="ollama-ndjson",
        hosts=("ollama.com",),
    ),
    "ollama_chat": Provider(
        "http://localhost:11434", ("OLLAMA_API_KEY",), ("OLLAMA_API_BASE",), wire_format="ollama-ndjson"
    ),
    "openai": Provider(
        "https://api.openai.com/v1",
        ("OPENAI_API_KEY",),
        ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        hosts=("*.api.openai.com",),
    ),
    "openai_like": Provider(None, ("OPENAI_LIKE_API_KEY",), ("OPENAI_LIKE_API_BASE",)),
    "openrouter": Provider(
        "https://openrouter.ai/api/v1",
        ("OPENROUTER_API_KEY", "OR_API_KEY"),
        ("OPENROUTER_API_BASE",),
        errors="openrouter",
    ),
    "perplexity": Provider(
        "https://api.perplexity.ai",
        ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
        ("PERPLEXITY_API_BASE",),
        lacks=(_OPENAIS_OWN - {"web_search_options"})
        | {"logit_bias", "logprobs", "n", "parallel_tool_calls", "prediction", "seed", "service_tier"}
        | {"stop", "tool_choice", "tools", "top_logprobs", "user"},
        errors="perplexity",
    ),
    "replicate": Provider(
        "https://api.replicate.com/v1",
        ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
        ("REPLICATE_API_BASE",),
        wire_format="replicate-sse",
        hosts=("stream*.replicate.com", "stream*.replicate.net"),
        paths={"/v1/files/*": "replicate-sse"},
    ),
    "sambanova": Provider("https://api.sambanova.ai/v1", ("SAMBANOVA_API_KEY",), ("SAMBANOVA_API_BASE",)),
    "sap": Provider(
        None,  # each deployment has its own
        ("AICORE_AUTH_TOKEN",),
        wire_format="sap-orchestration",
        hosts=("*.hana.ondemand.com",),
        param_variables={"resource_group": ("AICORE_RESOURCE_GROUP",)},
    ),
    "snowflake": Provider(
        None,
        ("SNOWFLAKE_JWT",),
        ("SNOWFLAKE_API_BASE",),
        hosts=("*.snowflakecomputing.com",),
        names={"max_tokens": "max_completion_tokens"},
    ),
    "together_ai": Provider(
        "https://api.together.ai/v1",
        ("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"),
        ("TOGETHER_AI_API_BASE",),
        hosts=("api.together.xyz",),
        errors="together",
    ),
    "veniceai": Provider("https://api.venice.ai/api/v1", ("VENICE_AI_API_KEY",), names=_OLDER_LIMIT),
    "vercel_ai_gateway": Provider(
        "https://ai-gateway.vercel.sh/v1",
        ("VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"),
        ("VERCEL_AI_GATEWAY_API_BASE",),
    ),
    "vertex_ai": Provider(
        None,
        wire_format="gemini-generate",
        hosts=("aiplatform.googleapis.com", "*-aiplatform.googleapis.com", "aiplatform.*.googleapis.com"),
        errors="gemini",
    ),
    "watsonx": Provider(
        None,
        _WATSONX_KEYS,
        ("WATSONX_API_BASE", "WATSONX_URL"),
        wire_format="watsonx-generation",
        hosts=("*.ml.cloud.ibm.com",),
        version_variables=("WATSONX_API_VERSION",),
        request="unspool.providers.watsonx.request:build_chat_request",
        asked_format="openai-chat",
        param_variables=_WATSONX_PLACES,
    ),
    "watsonx_text": Provider(
        None,
        _WATSONX_KEYS,
        ("WATSONX_API_BASE", "WATSONX_URL"),
        wire_format="watsonx-generation",
        version_variables=("WATSONX_API_VERSION",),
        param_variables=_WATSONX_PLACES,
    ),
    "writer": Provider("https://api.writer.com/v1", ("WRITER_API_KEY",), paths={"/v1/chat": "openai-chat"}),
    "xai": Provider(
        "https://api.x.ai/v1",
        ("XAI_API_KEY",),
        ("XAI_API_BASE",),
        hosts=("*.api.x.ai",),
        lacks=(_OPENAIS_OWN - {"web_search_options"}) | {"prediction", "service_tier"},
        errors="xai",
    ),
    "zai": Provider(
        "https://api.z.ai/api/paas/v4",
        ("ZAI_API_KEY",),
        ("ZAI_API_BASE",),
        lacks=_OPENAIS_OWN
        | {"frequency_penalty", "logit_bias", "logprobs", "n", "parallel_tool_calls", "prediction"}
        | {"presence_penalty", "service_tier", "top_logprobs", "user"},
        names=_OLDER_LIMIT,
    ),
}


def __getattr__(name: str) -> Any:
    if name != "PATHS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from unspool.providers import FORMATS  # noqa: PLC0415 - it imports this module

    warnings.warn(
        "unspool.providers.registry.PATHS is now WireFormat.paths, a tuple in each row of FORMATS; the old"
        " name goes with the next release",
        DeprecationWarning,
        stacklevel=2,
    )
    return MappingProxyType({path: known.name for known in FORMATS.values() for path in known.paths})
