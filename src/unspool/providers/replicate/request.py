"""The request that creates a prediction at Replicate: https://replicate.com/docs/reference/http.

A model takes one text: those of the messages, one below the other. The prediction is then read at the
addresses that the answer names (`unspool.client.predictions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unspool.providers.json_events import JSON
from unspool.providers.prompt import prompt_of
from unspool.providers.request import CompletionRequest, HTTPRequest

_LACKS = frozenset(
    name
    for names in (
        "audio frequency_penalty function_call functions logit_bias logprobs modalities n",
        "parallel_tool_calls prediction presence_penalty reasoning_effort response_format service_tier store",
        "stream_options tool_choice tools top_logprobs user verbosity web_search_options",
    )
    for name in names.split()
)
_OF_PREDICTION = ("webhook", "webhook_events_filter")
_SYSTEM_ROLES = ("system", "developer")


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a prediction. Parameters that OpenAI doesn't have are the model's inputs.

    Fields of the request:
        model: `owner/name`, `owner/name:version` or `deployments/owner/name`.
        params: with LiteLLM's `supports_system_prompt` the system messages are the input `system_prompt`.
        base_url: with its version, such as `https://api.replicate.com/v1`.

    Raises:
        UnsupportedParamsError: models there have no such parameter, and `drop_params` is false.
        BadRequestError: a message has something else than text, or calls.
    """
    model = request.model
    given = request.supported(_LACKS, llm_provider="replicate", title="Replicate")
    of_prediction = {name: given.pop(name) for name in _OF_PREDICTION if name in given}
    said = _said(request.conversation, apart=bool(given.pop("supports_system_prompt", False)))
    inputs = {_name(name, model): _value(name, value) for name, value in given.items()}
    where, version = _address(model)
    body = {
        **version,
        "input": {**said, **inputs},
        **of_prediction,
        **({"stream": True} if request.stream else {}),
    }
    headers = {"authorization": request.bearer, "prefer": None if request.stream else "wait"}
    return request.post(f"{request.base_url.rstrip('/')}/{where}", body, headers)


def _address(model: str) -> tuple[str, JSON]:
    """Return the path, and the version if the path doesn't contain it."""
    if model.startswith("deployments/"):
        return f"{model}/predictions", {}
    name, _, version = model.partition(":")
    return ("predictions", {"version": version}) if version else (f"models/{name}/predictions", {})


def _said(messages: Sequence[JSON], *, apart: bool) -> JSON:
    system = [message for message in messages if apart and message.get("role") in _SYSTEM_ROLES]
    others = [message for message in messages if message not in system]
    prompt = {"prompt": prompt_of(others, llm_provider="replicate")}
    return {**prompt, "system_prompt": prompt_of(system, llm_provider="replicate")} if system else prompt


def _name(name: str, model: str) -> str:
    """LiteLLM's names; each model at Replicate has its own."""
    if name in ("max_tokens", "max_completion_tokens"):
        if "vicuna" in model or "flan" in model:
            return "max_length"
        return "max_tokens" if "meta/codellama-13b" in model else "max_new_tokens"
    return "stop_sequences" if name == "stop" else name


def _value(name: str, value: Any) -> Any:
    return ",".join(value) if name == "stop" and isinstance(value, list) else value
