"""The wire formats: for each, a decoder (bytes to events) and a normalizer (events to chunks).

A module or a package for each. The table names them instead of importing them, so that a format costs
nothing until somebody uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from unspool.errors import LiteLLMUnknownProvider
from unspool.models import ModelResponseStream
from unspool.pipeline import Chain, Stage
from unspool.wire.event import WireEvent
from unspool.wire.json_array import JSONArrayDecoder
from unspool.wire.ndjson import NDJSONDecoder
from unspool.wire.sse import SSEDecoder


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How to make a format's two stages; the normalizer as `module:class`."""

    name: str
    decoder: Callable[[], Stage[bytes, WireEvent]]
    normalizer: str


def _sse() -> SSEDecoder:
    return SSEDecoder(keep_ignored=True)  # where some servers put their errors


_GEMINI = "unspool.providers.gemini:GeminiNormalizer"

FORMATS: dict[str, WireFormat] = {
    wire_format.name: wire_format
    for wire_format in (
        WireFormat("openai-chat", _sse, "unspool.providers.openai_chat:OpenAIChatNormalizer"),
        WireFormat("anthropic-messages", _sse, "unspool.providers.anthropic:AnthropicNormalizer"),
        WireFormat("cohere-v1", NDJSONDecoder, "unspool.providers.cohere:CohereV1Normalizer"),
        WireFormat("cohere-v2", _sse, "unspool.providers.cohere:CohereNormalizer"),
        WireFormat("ollama-ndjson", NDJSONDecoder, "unspool.providers.ollama:OllamaNormalizer"),
        WireFormat("replicate-sse", _sse, "unspool.providers.replicate:ReplicateNormalizer"),
        WireFormat("sap-orchestration", NDJSONDecoder, "unspool.providers.sap:SAPNormalizer"),
        WireFormat("tgi", _sse, "unspool.providers.tgi:TGINormalizer"),
        WireFormat("watsonx-generation", _sse, "unspool.providers.watsonx:WatsonxNormalizer"),
        WireFormat("gemini-generate", _sse, _GEMINI),
        WireFormat("gemini-generate-jsonarray", JSONArrayDecoder, _GEMINI),
        WireFormat(
            "gemini-interactions", _sse, "unspool.providers.gemini_interactions:InteractionsNormalizer"
        ),
        WireFormat("jsonrpc-sse", _sse, "unspool.providers.jsonrpc:JSONRPCNormalizer"),
        WireFormat(
            "openai-assistants", _sse, "unspool.providers.openai_assistants:OpenAIAssistantsNormalizer"
        ),
        WireFormat(
            "openai-completions", _sse, "unspool.providers.openai_completions:OpenAICompletionsNormalizer"
        ),
        WireFormat("openai-responses", _sse, "unspool.providers.openai_responses:OpenAIResponsesNormalizer"),
        WireFormat(
            "openai-transcription",
            _sse,
            "unspool.providers.openai_transcription:OpenAITranscriptionNormalizer",
        ),
    )
}

# Providers whose streams aren't OpenAI's chat chunks; every other known one speaks those.
_FORMAT_OF_PROVIDER: dict[str, str] = {
    "anthropic": "anthropic-messages",
    "cohere": "cohere-v2",
    "cohere_chat": "cohere-v2",
    "gemini": "gemini-generate",
    "ollama": "ollama-ndjson",
    "ollama_chat": "ollama-ndjson",
    "replicate": "replicate-sse",
    "sap": "sap-orchestration",
    "vertex_ai": "gemini-generate",
    "watsonx_text": "watsonx-generation",
}


def format_of(provider: str) -> str:
    """The wire format of a provider (or of that name): OpenAI's chunks unless known otherwise."""
    if provider in FORMATS:
        return provider
    return _FORMAT_OF_PROVIDER.get(provider, "openai-chat")


def decoder_for(wire_format: str) -> Stage[bytes, WireEvent]:
    """A fresh decoder.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    return _known(wire_format).decoder()


def normalizer_for(wire_format: str) -> Stage[WireEvent, ModelResponseStream]:
    """A fresh normalizer.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    module, _, name = _known(wire_format).normalizer.partition(":")
    stage: Stage[WireEvent, ModelResponseStream] = getattr(import_module(module), name)()
    return stage


def pipeline_for(wire_format: str) -> Chain:
    """From a response's bytes to its chunks.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    return Chain(decoder_for(wire_format), normalizer_for(wire_format))


def _known(wire_format: str) -> WireFormat:
    try:
        return FORMATS[wire_format]
    except KeyError:
        raise LiteLLMUnknownProvider(
            f"unknown wire format {wire_format!r}: expected one of {', '.join(sorted(FORMATS))}"
        ) from None
