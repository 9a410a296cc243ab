"""One call, from what the caller passed to what is known about it before anything is sent."""

from __future__ import annotations

import os
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from unspool.call_log import Logging
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import ProviderError
from unspool.mock_response import Mock

# What LiteLLM takes for itself. Here it has no effect, except on what the callbacks are told.
_NOT_THE_PROVIDERS = frozenset(
    "acompletion api_version base_model cache caching client context_window_fallback_dict cooldown_time"
    " custom_prompt_dict deployment_id ensure_alternating_roles fallbacks force_timeout guardrails headers"
    " hf_model_name id input_cost_per_second input_cost_per_token litellm_call_id litellm_logging_obj"
    " litellm_metadata litellm_request_debug litellm_session_id litellm_trace_id logger_fn max_retries"
    " merge_reasoning_content_in_choices metadata model_info model_list no-log num_retries"
    " output_cost_per_second output_cost_per_token preset_cache_key prompt_id prompt_variables"
    " proxy_server_request request_timeout retry_policy retry_strategy shared_session ssl_verify"
    " stream_timeout tags ttl turn_off_message_logging use_litellm_proxy verbose".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked for, and how.

    Attributes:
        model: as it was given, with its prefix if it has one.
        params: the provider's, in OpenAI's terms.
        log: told of the call's stations.
    """

    model: str
    messages: list[Any]
    params: dict[str, Any]
    stream: bool
    stream_options: Mapping[str, Any] | None
    custom_llm_provider: str | None
    api_key: str | None
    base_url: str | None
    timeout: Any
    http_client: Any
    transport: Any
    drop_params: bool
    strict: bool
    clock: Clock
    mock: Mock | None
    log: Logging
