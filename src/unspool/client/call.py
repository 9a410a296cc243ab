"""The arguments of one call, sorted by recipient: provider, LiteLLM, Unspool."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any
from uuid import uuid4

from unspool.call_log import Logging
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import UnsupportedParamsError
from unspool.mock_response import Mock

# LiteLLM's own parameters. Callbacks get them in `kwargs["litellm_params"]`; they are never sent.
_LITELLMS_OWN = frozenset(
    name
    for names in (
        "litellm_call_id litellm_trace_id litellm_session_id id metadata litellm_metadata tags model_info",
        "num_retries max_retries retry_policy retry_strategy fallbacks context_window_fallback_dict",
        "model_list cooldown_time deployment_id api_version base_model hf_model_name use_litellm_proxy",
        "acompletion cache caching preset_cache_key ttl input_cost_per_token output_cost_per_token",
        "input_cost_per_second output_cost_per_second merge_reasoning_content_in_choices guardrails",
        "prompt_id prompt_variables custom_prompt_dict ensure_alternating_roles proxy_server_request",
        "request_timeout stream_timeout force_timeout client shared_session ssl_verify headers",
        "litellm_logging_obj logger_fn litellm_request_debug verbose no-log turn_off_message_logging",
    )
    for name in names.split()
)


# Parameters for LiteLLM's own work around a request.
_LITELLMS_WORK = ("num_retries", "fallbacks", "context_window_fallback_dict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Unspool's own options of a call; `completion` documents each."""

    custom_llm_provider: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    api_base: str | None = None
    azure_ad_token: str | None = field(default=None, repr=False)
    azure_ad_token_provider: Any = None
    aws_access_key_id: str | None = field(default=None, repr=False)
    aws_secret_access_key: str | None = field(default=None, repr=False)
    aws_session_token: str | None = field(default=None, repr=False)
    aws_region_name: str | None = None
    aws_bedrock_runtime_endpoint: str | None = None
    timeout: Any = None
    http_client: Any = None
    transport: Any = None
    drop_params: bool | None = None
    strict: bool | None = None
    mock_response: Any = None
    mock_tool_calls: Sequence[Any] | None = None
    mock_delay: float | None = None
    mock_timeout: bool | None = None
    input_callback: Sequence[Any] | None = None
    success_callback: Sequence[Any] | None = None
    failure_callback: Sequence[Any] | None = None
    clock: Clock = REAL_CLOCK

    @property
    def mock(self) -> Mock | None:
        """Return the mock of this call, if there is one."""
        if self.mock_response is None and not self.mock_tool_calls and not self.mock_timeout:
            return None
        return Mock(
            self.mock_response,
            tool_calls=self.mock_tool_calls or (),
            seconds=self.mock_delay or 0.0,
            times_out=bool(self.mock_timeout),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call's parameters and options.

    Attributes:
        model: as passed, with its prefix if it has one.
        params: the provider's, in OpenAI's terms, without those that are None.
        litellm_params: LiteLLM's own, which only the callbacks get.
        log: the call's log.
    """

    model: str
    messages: list[Any]
    stream: bool
    params: dict[str, Any]
    litellm_params: dict[str, Any]
    options: Options
    log: Logging
    started: float = 0.0
    """When the call began, by `options.clock.monotonic()`."""


def _refuse_misspelt(call_type: str, given: Mapping[str, Any], ours: set[str]) -> None:
    for name in given.keys() - ours - _LITELLMS_OWN:
        near = get_close_matches(name, ours, n=1, cutoff=0.85)
        if near or name.startswith("mock_"):
            known = near[0] if near else ", ".join(sorted(option for option in ours if "mock" in option))
            raise TypeError(
                f"{call_type}() got an unexpected option {name!r}: did you mean {known}? A parameter of the "
                "provider's with that name goes into extra_body"
            )


def plan(
    call_type: str, model: str, messages: Sequence[Any], *, stream: bool | None, given: Mapping[str, Any]
) -> Call:
    """Sort a call's arguments.

    Args:
        given: all other arguments, by name.

    Raises:
        MockError: a callback can't be called.
        UnsupportedParamsError: retries, fallbacks, or LiteLLM's `client`.
        TypeError: an option of Unspool's is misspelt; the mock would be ignored and the provider called.
    """
    ours = {option.name for option in fields(Options)}
    _refuse_misspelt(call_type, given, ours)
    options = Options(**{name: value for name, value in given.items() if name in ours})
    others = {name: value for name, value in given.items() if name not in ours and value is not None}
    if not stream:
        others.pop("stream_options", None)  # which OpenAI rejects there
    litellm_params = {name: value for name, value in others.items() if name in _LITELLMS_OWN}
    _refuse_foreign(options, litellm_params)
    log = Logging(
        model,
        list(messages),
        bool(stream),
        call_type,
        options.clock.now(),
        litellm_params.get("litellm_call_id") or str(uuid4()),
        str(litellm_params.get("id") or ""),
        litellm_params.get("litellm_trace_id"),
        dynamic_input_callbacks=options.input_callback,
        dynamic_success_callbacks=options.success_callback,
        dynamic_failure_callbacks=options.failure_callback,
        kwargs=litellm_params,
        clock=options.clock,
    )
    return Call(
        model=model,
        messages=list(messages),
        stream=bool(stream),
        params={name: value for name, value in others.items() if name not in _LITELLMS_OWN},
        litellm_params=litellm_params,
        options=options,
        log=log,
        started=options.clock.monotonic(),
    )


def _refuse_foreign(options: Options, litellm_params: dict[str, Any]) -> None:
    """Reject LiteLLM's parameters that Unspool doesn't support, instead of ignoring them silently.

    Raises:
        UnsupportedParamsError: retries or fallbacks, unless `drop_params` is on, or LiteLLM's `client`.
    """
    if litellm_params.get("client") is not None:
        raise UnsupportedParamsError(
            "client= takes an SDK's client in LiteLLM, and Unspool uses no SDK; pass http_client=, a client"
            " of httpx or httpx2, or transport="
        )
    package_drops: bool = sys.modules["unspool"].drop_params
    drops = package_drops if options.drop_params is None else options.drop_params
    for name in _LITELLMS_WORK:
        if not litellm_params.get(name):
            continue
        message = f"Unspool does one request per call and has no {name}: got {litellm_params[name]!r:.100}"
        if not drops:
            raise UnsupportedParamsError(
                f"{message}; retry in your own code, or pass drop_params=True to ignore it"
            )
        warnings.warn(f"{message}; ignored because drop_params is on", stacklevel=4)
        del litellm_params[name]
