"""The wire formats: for each, a decoder (bytes to events) and a normalizer (events to chunks).

Beside them, where a request can be made in it, stand its builder and the reader of a whole answer. A module
or a package for each. The table names them instead of importing them, so that a format costs nothing until it
is used. `registry` has the formats of the providers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from unspool.errors import LiteLLMUnknownProvider
from unspool.pipeline import Chain, Stage
from unspool.providers.registry import PROVIDERS
from unspool.wire.event import WireEvent
from unspool.wire.framing import FRAMINGS, FramingName

if TYPE_CHECKING:
    from unspool.models import ModelResponse, ModelResponseStream
    from unspool.providers.request import BuildRequest
    from unspool.providers.traits import Traits


@dataclass(frozen=True, slots=True)
class WireFormat:
    """A wire format. The parts in its provider's folder are named, as `module:name`, and loaded when used.

    Attributes:
        framing: what separates its events: server-sent events, JSON lines, one JSON array, AWS's frames.
        normalizer: turns its events into chunks.
        traits: a `Traits`: how its events are recognised, and their content.
        end_mark: a regular expression (multi-line, verbose) for the end marker in a stream's last event; None
            if the format has none.
        request: a `BuildRequest`; None if no request can be built in this format.
        encoder: a module with `stream` and `whole`, from a reply to events; None if no script uses it.
        response: from the JSON of an answer that isn't streamed to a `ModelResponse`.
        errors: an `Errors`: what its streams report where a provider fails; by default OpenAI's.
        paths: how the paths of its URLs end, on any server; `*` stands for anything. The first format in
            `FORMATS` with a path that fits counts.
        as_events: the format of the same paths where the response is server-sent events.
        only_events: whether its paths mean this format only where the response is server-sent events.
    """

    name: str
    framing: FramingName
    normalizer: str
    traits: str
    end_mark: str | None
    request: str | None = None
    response: str | None = None
    encoder: str | None = None
    errors: str = "unspool.providers.openai.errors:OPENAI"
    paths: tuple[str, ...] = ()
    as_events: str | None = None
    only_events: bool = False

    def decoder(self) -> Stage[bytes, WireEvent]:
        """Make a decoder of the format's framing."""
        return FRAMINGS[self.framing].decoder()


_GEMINI = "unspool.providers.gemini:GeminiNormalizer"

_DONE = r"data:\ ?\[DONE\]\s*$"

FORMATS: dict[str, WireFormat] = {
    wire_format.name: wire_format
    for wire_format in (
        WireFormat(
            "openai-chat",
            "sse",
            "unspool.providers.openai.chat:OpenAIChatNormalizer",
            traits="unspool.providers.openai.traits:CHAT",
            errors="unspool.providers.openai.errors:OPENAI",
            end_mark=_DONE,
            encoder="unspool.providers.openai.chat_encoder",
            request="unspool.providers.openai.chat_request:build_request",
            response="unspool.providers.openai.chat:response_from_openai",
            paths=(
                "/chat/completions",
                "/agents/completions",  # Mistral's
                "/fim/completions",  # Mistral's, with chat chunks in spite of the name
                "/publishers/mistralai/models/*[rR]awPredict",
                "/text/chat_stream",  # watsonx's
            ),
        ),
        WireFormat(
            "anthropic-messages",
            "sse",
            "unspool.providers.anthropic:AnthropicNormalizer",
            traits="unspool.providers.anthropic.traits:MESSAGES",
            errors="unspool.providers.anthropic.traits:ERRORS",
            end_mark=r'"type":\ ?"message_stop"',
            encoder="unspool.providers.anthropic.encoder",
            request="unspool.providers.anthropic.request:build_request",
            response="unspool.providers.anthropic:response_from_anthropic",
            paths=(
                "/v1/messages",
                "/publishers/anthropic/models/*[rR]awPredict",
            ),
        ),
        WireFormat(
            "anthropic-complete",
            "sse",
            "unspool.providers.anthropic.complete:AnthropicCompleteNormalizer",
            traits="unspool.providers.anthropic.traits:COMPLETE",
            errors="unspool.providers.anthropic.traits:ERRORS",
            end_mark=None,
            paths=("/v1/complete",),
        ),
        WireFormat(
            "bedrock-agent",
            "aws",
            "unspool.providers.bedrock:BedrockAgentNormalizer",
            traits="unspool.providers.bedrock.traits:AGENT",
            errors="unspool.providers.bedrock.traits:STREAM_ERRORS",
            end_mark=None,
            paths=(
                "/agents/*/agentAliases/*/sessions/*/text",
                "/retrieveAndGenerateStream",
            ),
        ),
        WireFormat(
            "bedrock-converse",
            "aws",
            "unspool.providers.bedrock:BedrockConverseNormalizer",
            traits="unspool.providers.bedrock.traits:CONVERSE",
            errors="unspool.providers.bedrock.traits:STREAM_ERRORS",
            end_mark=None,
            encoder="unspool.providers.bedrock.encoder",
            request="unspool.providers.bedrock.request:build_request",
            response="unspool.providers.bedrock:response_from_converse",
            paths=(
                "/model/*/converse",
                "/model/*/converse-stream",
            ),
        ),
        WireFormat(
            "bedrock-invoke",
            "aws",
            "unspool.providers.bedrock:BedrockInvokeNormalizer",
            traits="unspool.providers.bedrock.traits:INVOKE",
            errors="unspool.providers.bedrock.traits:STREAM_ERRORS",
            end_mark=None,
            encoder="unspool.providers.bedrock.encoder",
            paths=(
                "/model/*/invoke",
                "/model/*/invoke-with-response-stream",
            ),
        ),
        WireFormat(
            "cohere-v1",
            "ndjson",
            "unspool.providers.cohere:CohereV1Normalizer",
            traits="unspool.providers.cohere.traits:V1",
            errors="unspool.providers.cohere.traits:V1_ERRORS",
            end_mark=r'"event_type":\ ?"stream-end"',
            response="unspool.providers.cohere:response_from_cohere_v1",
        ),
        WireFormat(
            "cohere-v2",
            "sse",
            "unspool.providers.cohere:CohereNormalizer",
            traits="unspool.providers.cohere.traits:V2",
            errors="unspool.providers.cohere.traits:ERRORS",
            end_mark=r'"type":\ ?"message-end"',
            encoder="unspool.providers.cohere.encoder",
            request="unspool.providers.cohere.request:build_request",
            response="unspool.providers.cohere:response_from_cohere",
            paths=("/v2/chat",),
        ),
        WireFormat(
            "ollama-ndjson",
            "ndjson",
            "unspool.providers.ollama.normalizer:OllamaNormalizer",
            traits="unspool.providers.ollama.traits:NDJSON",
            errors="unspool.providers.ollama.traits:ERRORS",
            end_mark=r'"done":\ ?true\b',
            encoder="unspool.providers.ollama.encoder",
            request="unspool.providers.ollama.request:build_request",
            response="unspool.providers.ollama.normalizer:response_from_ollama",
            paths=(
                "/api/chat",
                "/api/generate",
            ),
        ),
        WireFormat(
            "gemini-generate",
            "sse",
            _GEMINI,
            traits="unspool.providers.gemini.traits:GENERATE",
            errors="unspool.providers.gemini.traits:ERRORS",
            end_mark=None,
            encoder="unspool.providers.gemini.encoder",
            request="unspool.providers.gemini.request:build_request",
            response="unspool.providers.gemini:response_from_gemini",
            paths=(":generateContent",),
        ),
        WireFormat(
            "replicate-sse",
            "sse",
            "unspool.providers.replicate.normalizer:ReplicateNormalizer",
            traits="unspool.providers.replicate.traits:PREDICTION",
            errors="unspool.providers.replicate.traits:ERRORS",
            end_mark=r"^event:\ ?done\s*$",
            request="unspool.providers.replicate.request:build_request",
            response="unspool.providers.replicate.normalizer:response_from_replicate",
            paths=("/v1/streams/*",),
        ),
        WireFormat(
            "sap-orchestration",
            "ndjson",
            "unspool.providers.sap.normalizer:SAPNormalizer",
            traits="unspool.providers.sap.traits:ORCHESTRATION",
            errors="unspool.providers.sap.traits:ERRORS",
            end_mark=None,
            request="unspool.providers.sap.request:build_request",
            response="unspool.providers.sap.normalizer:response_from_sap",
            paths=("/inference/deployments/*/completion",),
        ),
        WireFormat(
            "tgi",
            "sse",
            "unspool.providers.tgi.normalizer:TGINormalizer",
            traits="unspool.providers.tgi.traits:TGI",
            errors="unspool.providers.tgi.traits:ERRORS",
            end_mark=None,
            paths=("/generate_stream",),
        ),
        WireFormat(
            "watsonx-generation",
            "sse",
            "unspool.providers.watsonx.normalizer:WatsonxNormalizer",
            traits="unspool.providers.watsonx.traits:GENERATION",
            errors="unspool.providers.watsonx.traits:ERRORS",
            end_mark=None,
            request="unspool.providers.watsonx.request:build_text_request",
            response="unspool.providers.watsonx.normalizer:response_from_watsonx",
            paths=(
                "/text/generation_stream",
                "/generation/text_stream",
            ),
        ),
        WireFormat(
            "gemini-generate-jsonarray",
            "jsonarray",
            _GEMINI,
            traits="unspool.providers.gemini.traits:GENERATE",
            errors="unspool.providers.gemini.traits:ERRORS",
            end_mark=None,
            encoder="unspool.providers.gemini.encoder",
            paths=(":streamGenerateContent",),
            as_events="gemini-generate",
        ),
        WireFormat(
            "gemini-interactions",
            "sse",
            "unspool.providers.gemini_interactions:InteractionsNormalizer",
            traits="unspool.providers.gemini_interactions.traits:INTERACTIONS",
            errors="unspool.providers.gemini_interactions.traits:ERRORS",
            end_mark=r'"event_type":\ ?"interaction\.completed?"',
            request="unspool.providers.gemini_interactions.request:build_request",
            response="unspool.providers.gemini_interactions:response_from_interaction",
            paths=(
                "/interactions",
                "/interactions/*",
            ),
        ),
        WireFormat(
            "jsonrpc-sse",
            "sse",
            "unspool.providers.jsonrpc.normalizer:JSONRPCNormalizer",
            traits="unspool.providers.jsonrpc.traits:JSONRPC",
            errors="unspool.providers.jsonrpc.traits:ERRORS",
            end_mark=None,
            paths=(
                "/mcp",
                "/",  # where many an MCP server listens
            ),
            only_events=True,
        ),
        WireFormat(
            "openai-assistants",
            "sse",
            "unspool.providers.openai.assistants:OpenAIAssistantsNormalizer",
            traits="unspool.providers.openai.traits:ASSISTANTS",
            errors="unspool.providers.openai.errors:ASSISTANTS",
            end_mark=_DONE,
            paths=(
                "/threads/runs",
                "/threads/*/runs",
                "/threads/*/runs/*/submit_tool_outputs",
            ),
        ),
        WireFormat(
            "openai-completions",
            "sse",
            "unspool.providers.openai.completions:OpenAICompletionsNormalizer",
            traits="unspool.providers.openai.traits:COMPLETIONS",
            errors="unspool.providers.openai.errors:OPENAI",
            end_mark=_DONE,
            response="unspool.providers.openai.completions:response_from_completion",
            paths=("/completions",),
        ),
        WireFormat(
            "openai-responses",
            "sse",
            "unspool.providers.openai.responses:OpenAIResponsesNormalizer",
            traits="unspool.providers.openai.traits:RESPONSES",
            errors="unspool.providers.openai.errors:RESPONSES",
            end_mark=r'"type":\ ?"response\.(?:completed|incomplete|failed|cancelled)"',
            encoder="unspool.providers.openai.responses.encoder",
            request="unspool.providers.openai.responses.request:build_request",
            response="unspool.providers.openai.responses:response_from_responses",
            paths=(
                "/responses",
                "/responses/*",  # a stream that is taken up again
            ),
        ),
        WireFormat(
            "openai-transcription",
            "sse",
            "unspool.providers.openai.transcription:OpenAITranscriptionNormalizer",
            traits="unspool.providers.openai.traits:TRANSCRIPTION",
            errors="unspool.providers.openai.errors:TRANSCRIPTION",
            end_mark=None,
            paths=("/audio/transcriptions",),
        ),
    )
}


def format_of(provider: str) -> str:
    """Return the wire format of a provider, or of that name.

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
        f" format ({', '.join(sorted(FORMATS))}). A server with OpenAI's format is 'openai'"
    )


def decoder_for(wire_format: str) -> Stage[bytes, WireEvent]:
    """Make a new decoder.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    return _known(wire_format).decoder()


def normalizer_for(wire_format: str) -> Stage[WireEvent, ModelResponseStream]:
    """Make a new normalizer, which fails at the end of a stream without any known event.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    from unspool.providers.understood import Understood  # noqa: PLC0415 - it needs the models

    stage: Stage[WireEvent, ModelResponseStream] = load(_known(wire_format).normalizer)()
    return Understood(stage, wire_format)


def traits_of(wire_format: str) -> Traits:
    """Return a format's traits: how its events are recognised, and their content.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    traits: Traits = _load_once(_known(wire_format).traits)
    return traits


def end_marks() -> re.Pattern[bytes]:
    """Return a regex for the end markers of all formats that have one."""
    return _any_of(tuple(dict.fromkeys(known.end_mark for known in FORMATS.values() if known.end_mark)))


@cache
def _any_of(marks: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile("|".join(f"(?:{mark})" for mark in marks).encode(), re.VERBOSE | re.MULTILINE)


def pipeline_for(wire_format: str) -> Chain:
    """Make a pipeline from a response's bytes to its chunks.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    return Chain(decoder_for(wire_format), normalizer_for(wire_format))


def builder_for(wire_format: str) -> BuildRequest:
    """Return the builder of a request.

    Raises:
        LiteLLMUnknownProvider: there is no such format, or it can only be read.
    """
    build: BuildRequest = load(_known(wire_format).request or _only_read(wire_format))
    return build


def reader_for(wire_format: str) -> Callable[[Mapping[str, Any]], ModelResponse]:
    """Return the reader of the JSON of a whole response.

    Raises:
        LiteLLMUnknownProvider: there is no such format, or only its streams can be read.
    """
    read: Callable[[Mapping[str, Any]], ModelResponse] = load(
        _known(wire_format).response or _only_read(wire_format)
    )
    return read


def load(path: str) -> Any:
    """Import the object at `module:name`."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


_load_once = cache(load)


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
