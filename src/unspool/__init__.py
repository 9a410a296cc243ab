"""Unspool: test doubles and replay for LLM streams, with LiteLLM's streaming contract.

`import unspool as litellm` runs code that was written for LiteLLM's streaming. Names are imported when
they are first used, so that importing the package costs next to nothing.

The attributes below may be set at any time and take effect at once.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

REPEATED_STREAMING_CHUNK_LIMIT: int = int(os.environ.get("REPEATED_STREAMING_CHUNK_LIMIT", "100"))
"""How many equal chunks in a row a stream may deliver before it's taken for a loop."""

callbacks: list[Any] = []
"""`CustomLogger`s, told of every call."""

input_callback: list[Any] = []
"""Functions or `CustomLogger`s, told of every request before it's sent."""

success_callback: list[Any] = []
"""Functions or `CustomLogger`s, told of every call that succeeded."""

failure_callback: list[Any] = []
"""Functions or `CustomLogger`s, told of every call that failed."""

_async_success_callback: list[Any] = []
_async_failure_callback: list[Any] = []

custom_provider_map: list[dict[str, Any]] = []
"""Providers written in Python: `{"provider": "my-llm", "custom_handler": CustomLLM()}`."""

disable_streaming_logging: bool = False
"""Whether loggers hear only of the whole response, not of each chunk."""

drop_params: bool = False
"""Whether parameters that a provider lacks are left out instead of raising UnsupportedParamsError."""

if TYPE_CHECKING:
    from unspool import errors as exceptions
    from unspool.builder import stream_chunk_builder
    from unspool.call_log import CustomLogger, Logging
    from unspool.client import acompletion, completion
    from unspool.clock import RealClock, VirtualClock
    from unspool.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        AuthenticationError,
        BadGatewayError,
        BadRequestError,
        ChecksumError,
        ContentPolicyViolationError,
        ContextWindowExceededError,
        EventTooLargeError,
        ImageFetchError,
        IncompleteStreamError,
        InternalServerError,
        JSONSchemaValidationError,
        LiteLLMUnknownProvider,
        MalformedEventError,
        MidStreamFallbackError,
        MockError,
        NotFoundError,
        PaymentRequiredError,
        PermissionDeniedError,
        ProviderError,
        RateLimitError,
        RejectedRequestError,
        RepetitionError,
        ServiceUnavailableError,
        Timeout,
        UnprocessableEntityError,
        UnspoolError,
        UnsupportedParamsError,
        WireError,
    )
    from unspool.guards import CycleGuard, RepetitionGuard
    from unspool.models import (
        ChatCompletionDeltaToolCall,
        ChatCompletionMessageToolCall,
        Choices,
        Delta,
        Function,
        FunctionCall,
        Message,
        ModelResponse,
        ModelResponseStream,
        StreamingChoices,
        Usage,
    )
    from unspool.streaming.wrapper import CustomStreamWrapper

# Where each public name lives.
_HOMES: dict[str, tuple[str, ...]] = {
    "unspool.builder": ("stream_chunk_builder",),
    "unspool.call_log": ("CustomLogger", "Logging"),
    "unspool.client": ("acompletion", "completion"),
    "unspool.clock": ("RealClock", "VirtualClock"),
}
