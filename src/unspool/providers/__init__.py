"""The wire formats: for each, a decoder (bytes to events) and a normalizer (events to chunks).

Beside them, where a request can be made in it, stand its builder and the reader of a whole answer. A
module or a package for each. The table names them instead of importing them, so that a format costs
nothing until somebody uses it. Which provider speaks which is in `registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from unspool.errors import LiteLLMUnknownProvider
from unspool.models import ModelResponse, ModelResponseStream
from unspool.pipeline import Chain, Stage
from unspool.providers.registry import PROVIDERS
from unspool.providers.understood import Understood
from unspool.wire.aws import AWSEventStreamDecoder
from unspool.wire.event import WireEvent
from unspool.wire.json_array import JSONArrayDecoder
from unspool.wire.ndjson import NDJSONDecoder
from unspool.wire.sse import SSEDecoder

if TYPE_CHECKING:
    from unspool.providers.request import BuildRequest


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How to make a format's two stages, and how to ask in it; what isn't made here as `module:name`.

    Attributes:
        request: a `BuildRequest`; None if nothing asks in this format.
        response: from the JSON of an answer that isn't streamed to a `ModelResponse`.
    """

    name: str
    decoder: Callable[[], Stage[bytes, WireEvent]]
    normalizer: str
    request: str | None = None
    response: str | None = None


def _sse() -> SSEDecoder:
    return SSEDecoder(keep_ignored=True)  # where some servers put their errors


_GEMINI = "unspool.providers.gemini:GeminiNormalizer"

FORMATS: dict[str, WireFormat] = {
    wire_format.name: wire_format
    for wire_format in (
        WireFormat(
            "openai-chat",
            _sse,
            "unspool.providers.openai.chat:OpenAIChatNormalizer",
            request="unspool.providers.openai.chat_request:build_request",
            response="unspool.providers.openai.chat:response_from_openai",
        ),
        WireFormat(
            "anthropic-messages",
            _sse,
            "unspool.providers.anthropic:AnthropicNormalizer",
            request="unspool.providers.anthropic.request:build_request",
            response="unspool.providers.anthropic:response_from_anthropic",
        ),
        WireFormat(
            "anthropic-complete", _sse, "unspool.providers.anthropic.complete:AnthropicCompleteNormalizer"
        ),
        WireFormat(
            "bedrock-agent", AWSEventStreamDecoder, "unspool.providers.bedrock:BedrockAgentNormalizer"
        ),
        WireFormat(
            "bedrock-converse",
            AWSEventStreamDecoder,
            "unspool.providers.bedrock:BedrockConverseNormalizer",
            request="unspool.providers.bedrock.request:build_request",
            response="unspool.providers.bedrock:response_from_converse",
        ),
        WireFormat(
            "bedrock-invoke", AWSEventStreamDecoder, "unspool.providers.bedrock:BedrockInvokeNormalizer"
        ),
        WireFormat(
            "cohere-v1",
            NDJSONDecoder,
            "unspool.providers.cohere:CohereV1Normalizer",
            response="unspool.providers.cohere:response_from_cohere_v1",
        ),
        WireFormat(
            "cohere-v2",
            _sse,
            "unspool.providers.cohere:CohereNormalizer",
            request="unspool.providers.cohere.request:build_request",
            response="unspool.providers.cohere:response_from_cohere",
        ),
        WireFormat(
            "ollama-ndjson",
            NDJSONDecoder,
            "unspool.providers.ollama.normalizer:OllamaNormalizer",
            request="unspool.providers.ollama.request:build_request",
            response="unspool.providers.ollama.normalizer:response_from_ollama",
        ),
        WireFormat(
            "gemini-generate",
            _sse,
            _GEMINI,
            request="unspool.providers.gemini.request:build_request",
            response="unspool.providers.gemini:response_from_gemini",
        ),
        WireFormat(
            "replicate-sse",
            _sse,
            "unspool.providers.replicate.normalizer:ReplicateNormalizer",
            request="unspool.providers.replicate.request:build_request",
            response="unspool.providers.replicate.normalizer:response_from_replicate",
        ),
        WireFormat(
            "sap-orchestration",
            NDJSONDecoder,
            "unspool.providers.sap.normalizer:SAPNormalizer",
            request="unspool.providers.sap.request:build_request",
            response="unspool.providers.sap.normalizer:response_from_sap",
        ),
        WireFormat("tgi", _sse, "unspool.providers.tgi.normalizer:TGINormalizer"),
        WireFormat(
            "watsonx-generation",
            _sse,
            "unspool.providers.watsonx.normalizer:WatsonxNormalizer",
            request="unspool.providers.watsonx.request:build_text_request",
            response="unspool.providers.watsonx.normalizer:response_from_watsonx",
        ),
        WireFormat("gemini-generate-jsonarray", JSONArrayDecoder, _GEMINI),
        WireFormat(
            "gemini-interactions",
            _sse,
            "unspool.providers.gemini_interactions:InteractionsNormalizer",
            request="unspool.providers.gemini_interactions.request:build_request",
            response="unspool.providers.gemini_interactions:response_from_interaction",
        ),
        WireFormat("jsonrpc-sse", _sse, "unspool.providers.jsonrpc.normalizer:JSONRPCNormalizer"),
        WireFormat(
            "openai-assistants", _sse, "unspool.providers.openai.assistants:OpenAIAssistantsNormalizer"
        ),
        WireFormat(
            "openai-completions",
            _sse,
            "unspool.providers.openai.completions:OpenAICompletionsNormalizer",
            response="unspool.providers.openai.completions:response_from_completion",
        ),
        WireFormat(
            "openai-responses",
            _sse,
            "unspool.providers.openai.responses:OpenAIResponsesNormalizer",
            request="unspool.providers.openai.responses.request:build_request",
            response="unspool.providers.openai.responses:response_from_responses",
        ),
        WireFormat(
            "openai-transcription",
            _sse,
            "unspool.providers.openai.transcription:OpenAITranscriptionNormalizer",
        ),
    )
}


def format_of(provider: str) -> str:
    """The wire format of a provider, or of that name.

    Raises:
        LiteLLMUnknownProvider: there is no such provider, nor such a format.
    """
    if provider in FORMATS:
        return provider
    known = PROVIDERS.get(provider)
    if known is not None:
        return known.wire_format
    near = get_close_matches(str(provider), [*PROVIDERS, *FORMATS], n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise LiteLLMUnknownProvider(
        f"unknown provider {provider!r:.200}: {hint}Expected one of {', '.join(sorted(PROVIDERS))}, or a wire"
        f" format ({', '.join(sorted(FORMATS))}). A server that speaks as OpenAI does is 'openai'"
    )


def decoder_for(wire_format: str) -> Stage[bytes, WireEvent]:
    """A fresh decoder.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    return _known(wire_format).decoder()


def normalizer_for(wire_format: str) -> Stage[WireEvent, ModelResponseStream]:
    """A fresh normalizer, which fails at the end of a stream of which it understood nothing.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    stage: Stage[WireEvent, ModelResponseStream] = load(_known(wire_format).normalizer)()
    return Understood(stage, wire_format)


def pipeline_for(wire_format: str) -> Chain:
    """From a response's bytes to its chunks.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    return Chain(decoder_for(wire_format), normalizer_for(wire_format))


def builder_for(wire_format: str) -> BuildRequest:
    """What builds a request.

    Raises:
        LiteLLMUnknownProvider: there is no such format, or it can only be read.
    """
    build: BuildRequest = load(_known(wire_format).request or _only_read(wire_format))
    return build


def reader_for(wire_format: str) -> Callable[[Mapping[str, Any]], ModelResponse]:
    """What reads the JSON of a whole answer.

    Raises:
        LiteLLMUnknownProvider: there is no such format, or only its streams can be read.
    """
    read: Callable[[Mapping[str, Any]], ModelResponse] = load(
        _known(wire_format).response or _only_read(wire_format)
    )
    return read


def load(path: str) -> Any:
    """What stands at `module:name`, imported only now."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def _only_read(wire_format: str) -> NoReturn:
    asked = ", ".join(sorted(name for name, known in FORMATS.items() if known.request))
    raise LiteLLMUnknownProvider(
        f"the streams of {wire_format!r} can be read, but no request is built in it; one is for: {asked}"
    )


def _known(wire_format: str) -> WireFormat:
    try:
        return FORMATS[wire_format]
    except KeyError:
        raise LiteLLMUnknownProvider(
            f"unknown wire format {wire_format!r}: expected one of {', '.join(sorted(FORMATS))}"
        ) from None
