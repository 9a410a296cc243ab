"""Unspool: test doubles and replay for LLM streams, with LiteLLM's streaming contract.

`import unspool as litellm` runs code that was written for LiteLLM's streaming. Names are imported when
they are first used, so that importing the package costs next to nothing.

The attributes below may be set at any time and take effect at once.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from unspool import moved


def _limit_in_environment() -> int:
    value = os.environ.get("REPEATED_STREAMING_CHUNK_LIMIT", "100")
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(
            "expected the environment variable REPEATED_STREAMING_CHUNK_LIMIT to be a whole number from 1,"
            f" got {value!r}; unset it for the usual 100"
        )
    return int(value)


REPEATED_STREAMING_CHUNK_LIMIT: int = _limit_in_environment()
"""How many equal chunks in a row count as a loop."""

callbacks: list[Any] = []
"""`CustomLogger`s, called for every request."""

input_callback: list[Any] = []
"""Functions or `CustomLogger`s, called before every request is sent."""

success_callback: list[Any] = []
"""Functions or `CustomLogger`s, called for every request that succeeded."""

failure_callback: list[Any] = []
"""Functions or `CustomLogger`s, called for every request that failed."""

_async_success_callback: list[Any] = []
_async_failure_callback: list[Any] = []

custom_provider_map: list[dict[str, Any]] = []
"""Providers written in Python: `{"provider": "my-llm", "custom_handler": CustomLLM()}`."""

raise_on_incomplete: bool = True
"""Whether a stream that ends without a finish reason raises IncompleteStreamError, where `strict` is None."""

disable_streaming_logging: bool = False
"""Whether loggers are called only for the whole response, not for each chunk."""

drop_params: bool = False
"""Whether parameters that a provider lacks are left out instead of raising UnsupportedParamsError."""

if TYPE_CHECKING:
    import unspool.strategies
    import unspool.verdict  # noqa: F401 - as attributes
    from unspool import alias, faults
    from unspool import errors as exceptions
    from unspool.builder import stream_chunk_builder
    from unspool.call_log import Logging
    from unspool.cassette.cassette import Cassette
    from unspool.cassette.redact import Redactor
    from unspool.chunk_makers import (
        finish_chunk,
        parallel_tool_call_chunks,
        reasoning_chunks,
        role_chunk,
        text_chunks,
        tool_call_chunks,
        usage_chunk,
    )
    from unspool.client import acompletion, completion
    from unspool.client.responses import aresponses, responses
    from unspool.clock import Clock, RealClock, VirtualClock
    from unspool.custom_llm import CustomLLM, CustomLLMError, GenericStreamingChunk
    from unspool.custom_logger import CustomLogger
    from unspool.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        AuthenticationError,
        BadGatewayError,
        BadRequestError,
        CassetteError,
        CassetteFormatError,
        CassetteNotFoundError,
        CassetteWarning,
        CassetteWriteError,
        ChecksumError,
        ContentPolicyViolationError,
        ContextWindowExceededError,
        EventTooLargeError,
        FaultError,
        ImageFetchError,
        IncompleteStreamError,
        InternalServerError,
        JSONSchemaValidationError,
        LiteLLMUnknownProvider,
        MalformedEventError,
        MidStreamFallbackError,
        MockError,
        NetworkBlockedError,
        NotFoundError,
        PaymentRequiredError,
        PermissionDeniedError,
        ProviderError,
        RateLimitError,
        RecordingEndedError,
        RejectedRequestError,
        RepetitionError,
        ScriptError,
        ServiceUnavailableError,
        Timeout,
        UnplayedInteractionsError,
        UnplayedTurnsError,
        UnprocessableEntityError,
        UnreachedTimerWarning,
        UnrecordedRequestError,
        UnscriptedRequestError,
        UnspoolError,
        UnsupportedParamsError,
        WireError,
    )
    from unspool.fake import FOREVER, FakeStream, ModelResponseListIterator, Pause
    from unspool.guards.cycle import CycleGuard
    from unspool.guards.repetition import RepetitionGuard
    from unspool.models import (
        ChatCompletionDeltaToolCall,
        ChatCompletionMessageToolCall,
        Choices,
        CompletionTokensDetails,
        CustomToolCallPayload,
        Delta,
        Function,
        FunctionCall,
        Message,
        ModelResponse,
        ModelResponseStream,
        PromptTokensDetails,
        StreamingChoices,
        Usage,
    )
    from unspool.samples import sample_body, sample_names, sample_path
    from unspool.script.playing import ScriptTransport, use_script
    from unspool.script.script import Script
    from unspool.streaming.wrapper import CustomStreamWrapper
    from unspool.tokens import token_counter
    from unspool.transports.block_network import block_network
    from unspool.transports.recorded_stream import RecordedStream, recorded_stream
    from unspool.transports.transport import FaultTransport, RecordTransport, ReplayTransport
    from unspool.transports.use_cassette import use_cassette

# The module of each name in the list above. A test compares the two.
_HOMES: dict[str, str] = {
    name: module
    for module, names in {
        "builder": "stream_chunk_builder",
        "call_log": "Logging",
        "cassette.cassette": "Cassette",
        "cassette.redact": "Redactor",
        "chunk_makers": "finish_chunk parallel_tool_call_chunks reasoning_chunks role_chunk text_chunks"
        " tool_call_chunks usage_chunk",
        "client": "acompletion completion",
        "client.responses": "aresponses responses",
        "clock": "Clock RealClock VirtualClock",
        "custom_llm": "CustomLLM CustomLLMError GenericStreamingChunk",
        "custom_logger": "CustomLogger",
        "errors": "APIConnectionError APIError APIResponseValidationError AuthenticationError BadGatewayError"
        " BadRequestError CassetteError CassetteFormatError CassetteNotFoundError CassetteWarning"
        " CassetteWriteError ChecksumError ContentPolicyViolationError ContextWindowExceededError"
        " EventTooLargeError FaultError ImageFetchError IncompleteStreamError InternalServerError"
        " JSONSchemaValidationError LiteLLMUnknownProvider MalformedEventError MidStreamFallbackError"
        " MockError NetworkBlockedError NotFoundError PaymentRequiredError PermissionDeniedError"
        " ProviderError RateLimitError RecordingEndedError RejectedRequestError RepetitionError ScriptError"
        " ServiceUnavailableError Timeout UnplayedInteractionsError UnprocessableEntityError"
        " UnplayedTurnsError UnrecordedRequestError UnreachedTimerWarning"
        " UnscriptedRequestError UnspoolError UnsupportedParamsError WireError",
        "fake": "FOREVER FakeStream ModelResponseListIterator Pause",
        "guards.cycle": "CycleGuard",
        "guards.repetition": "RepetitionGuard",
        "models": "ChatCompletionDeltaToolCall ChatCompletionMessageToolCall Choices CompletionTokensDetails"
        " CustomToolCallPayload Delta Function FunctionCall Message ModelResponse ModelResponseStream"
        " PromptTokensDetails StreamingChoices Usage",
        "script.playing": "ScriptTransport use_script",
        "script.script": "Script",
        "samples": "sample_body sample_names sample_path",
        "streaming.wrapper": "CustomStreamWrapper",
        "tokens": "token_counter",
        "transports.block_network": "block_network",
        "transports.transport": "FaultTransport RecordTransport ReplayTransport",
        "transports.recorded_stream": "RecordedStream recorded_stream",
        "transports.use_cassette": "use_cassette",
    }.items()
    for name in names.split()
}

__all__ = [
    "FOREVER",
    "REPEATED_STREAMING_CHUNK_LIMIT",
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "AuthenticationError",
    "BadGatewayError",
    "BadRequestError",
    "Cassette",
    "CassetteError",
    "CassetteFormatError",
    "CassetteNotFoundError",
    "CassetteWarning",
    "CassetteWriteError",
    "ChatCompletionDeltaToolCall",
    "ChatCompletionMessageToolCall",
    "ChecksumError",
    "Choices",
    "Clock",
    "CompletionTokensDetails",
    "ContentPolicyViolationError",
    "ContextWindowExceededError",
    "CustomLLM",
    "CustomLLMError",
    "CustomLogger",
    "CustomStreamWrapper",
    "CustomToolCallPayload",
    "CycleGuard",
    "Delta",
    "EventTooLargeError",
    "FakeStream",
    "FaultError",
    "FaultTransport",
    "Function",
    "FunctionCall",
    "GenericStreamingChunk",
    "ImageFetchError",
    "IncompleteStreamError",
    "InternalServerError",
    "JSONSchemaValidationError",
    "LiteLLMUnknownProvider",
    "Logging",
    "MalformedEventError",
    "Message",
    "MidStreamFallbackError",
    "MockError",
    "ModelResponse",
    "ModelResponseListIterator",
    "ModelResponseStream",
    "NetworkBlockedError",
    "NotFoundError",
    "Pause",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PromptTokensDetails",
    "ProviderError",
    "RateLimitError",
    "RealClock",
    "RecordTransport",
    "RecordedStream",
    "RecordingEndedError",
    "Redactor",
    "RejectedRequestError",
    "RepetitionError",
    "RepetitionGuard",
    "ReplayTransport",
    "Script",
    "ScriptError",
    "ScriptTransport",
    "ServiceUnavailableError",
    "StreamingChoices",
    "Timeout",
    "UnplayedInteractionsError",
    "UnplayedTurnsError",
    "UnprocessableEntityError",
    "UnreachedTimerWarning",
    "UnrecordedRequestError",
    "UnscriptedRequestError",
    "UnspoolError",
    "UnsupportedParamsError",
    "Usage",
    "VirtualClock",
    "WireError",
    "acompletion",
    "alias",
    "aresponses",
    "block_network",
    "callbacks",
    "completion",
    "custom_provider_map",
    "disable_streaming_logging",
    "drop_params",
    "exceptions",
    "failure_callback",
    "faults",
    "finish_chunk",
    "input_callback",
    "parallel_tool_call_chunks",
    "raise_on_incomplete",
    "reasoning_chunks",
    "recorded_stream",
    "responses",
    "role_chunk",
    "sample_body",
    "sample_names",
    "sample_path",
    "stream_chunk_builder",
    "success_callback",
    "text_chunks",
    "token_counter",
    "tool_call_chunks",
    "usage_chunk",
    "use_cassette",
    "use_script",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"unspool.{_HOMES[name]}"), name)
    elif name == "exceptions":  # LiteLLM's name for where its errors are
        value = import_module("unspool.errors")
    elif name in {"alias", "faults", "script", "strategies", "verdict"}:
        value = import_module(f"unspool.{name}")
    elif name == "__version__":
        value = import_module("importlib.metadata").version("unspool")
    else:
        raise AttributeError(f"module 'unspool' has no attribute {name!r}{_whose(name)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


# Names that applications use from LiteLLM beyond its streaming.
_LITELLMS = frozenset(
    name
    for names in (
        "BudgetExceededError Router acreate aembedding aimage_generation anthropic",
        "atext_completion batch_completion cache completion_cost cost_per_token",
        "create_pretrained_tokenizer decode embedding encode get_llm_provider get_max_tokens",
        "get_model_info get_supported_openai_params image_generation mock_completion model_cost",
        "moderation num_retries register_model rerank speech supports_function_calling",
        "supports_vision text_completion transcription utils validate_environment",
    )
    for name in names.split()
)

# LiteLLM settings that change only its own logs.
_WITHOUT_EFFECT = frozenset({"log_level", "set_verbose", "suppress_debug_info", "telemetry"})


def _whose(name: str) -> str:
    if name not in _LITELLMS:
        return ""
    return (
        ": LiteLLM has one, which Unspool doesn't cover. It stands for LiteLLM's streaming: completion,"
        " streams, chunks, errors, callbacks, custom providers"
    )


class _Package(ModuleType):
    """This package, whose settings can't be misspelt."""

    def __setattr__(self, name: str, value: object) -> None:
        known = name.startswith("_") or name in vars(self) or name in __all__ or name in _WITHOUT_EFFECT
        if not known and not isinstance(value, ModuleType):
            raise AttributeError(f"module 'unspool' has no setting {name!r}{_meant(name) or _whose(name)}")
        super().__setattr__(name, value)


def _meant(name: str) -> str:
    near = import_module("difflib").get_close_matches(name, [one for one in __all__ if one.islower()], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


sys.modules[__name__].__class__ = _Package
moved.install()


if "UNSPOOL_BLOCK_NETWORK" in os.environ:  # this process was started inside a block without network access
    import_module("unspool.transports.block_network").close_this_process()
