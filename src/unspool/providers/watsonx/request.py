"""The requests for IBM watsonx.ai: https://cloud.ibm.com/apidocs/watsonx-ai.

Its chat takes OpenAI's messages; its text generation takes one text. Both are asked in a project or a space,
or at a deployment: `watsonx/deployment/ID`. The key is sent as a bearer token: Unspool doesn't exchange an
IBM Cloud API key for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON, present
from unspool.providers.prompt import prompt_of
from unspool.providers.request import CompletionRequest, HTTPRequest

DEFAULT_VERSION = "2024-03-13"
"""LiteLLM's."""

_DEPLOYMENT = "deployment/"
_KEYS = frozenset({"token", "zen_api_key"})  # as LiteLLM takes them, beside `api_key`
_PLACES = ("project_id", "space_id")

_CHAT_LACKS = frozenset(
    name
    for names in (
        "audio function_call functions modalities parallel_tool_calls prediction service_tier store",
        "stream_options user verbosity web_search_options",
    )
    for name in names.split()
)
_TEXT_LACKS = _CHAT_LACKS | {
    name
    for names in (
        "frequency_penalty logit_bias logprobs n presence_penalty reasoning_effort response_format",
        "tool_choice tools top_logprobs",
    )
    for name in names.split()
}
_NAMES = {
    "max_completion_tokens": "max_new_tokens",
    "max_tokens": "max_new_tokens",
    "seed": "random_seed",
    "stop": "stop_sequences",
}
_LITELLMS_FIELDS = ("provider_specific_fields", "reasoning_content", "thinking_blocks")


def build_chat_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a chat.

    Fields of the request:
        base_url: without a path, such as `https://us-south.ml.cloud.ibm.com`; the version may stand behind
            it, as `?api-version=…`.

    Raises:
        UnsupportedParamsError: watsonx has no such parameter, and `drop_params` is false.
        BadRequestError: no project, space or deployment is named.
    """
    given = _given(request, _CHAT_LACKS)
    choice = given.get("tool_choice")
    if isinstance(choice, str):
        given["tool_choice_option"] = given.pop("tool_choice")
    said = [
        {key: value for key, value in message.items() if value is not None and key not in _LITELLMS_FIELDS}
        for message in request.conversation
    ]
    body = {**_place(request.model, given), "messages": said, **given}
    return _post("chat", request, body)


def build_text_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a text generation: the messages' texts, one a line; as `build_chat_request`.

    Raises:
        BadRequestError: a message has something else than text, or calls, too.
    """
    given = _given(request, _TEXT_LACKS)
    beside = {
        **_place(request.model, given),
        **{key: given.pop(key) for key in ("moderations",) if key in given},
    }
    stop = given.get("stop")
    if isinstance(stop, str):
        given["stop"] = [stop]
    settings = {_NAMES.get(name, name): value for name, value in given.items()}
    prompt = prompt_of(request.conversation, llm_provider="watsonx_text")
    body = {**beside, "input": prompt, **({"parameters": settings} if settings else {})}
    return _post("generation", request, body)


def _given(request: CompletionRequest, lacks: frozenset[str]) -> JSON:
    taken = request.supported(lacks, llm_provider="watsonx", title="watsonx.ai")
    return {name: value for name, value in taken.items() if name not in _KEYS}


def _place(model: str, given: JSON) -> JSON:
    """The model and where it is, taken out of the parameters; a deployment says both in the path."""
    named = present(given, *_PLACES)
    for name in _PLACES:
        given.pop(name, None)
    if model.startswith(_DEPLOYMENT):
        return {}
    if not named:
        raise BadRequestError(
            "watsonx.ai is asked in a project or a space: pass project_id=… or space_id=…, or set"
            " WATSONX_PROJECT_ID or WATSONX_SPACE_ID; a deployment is model='watsonx/deployment/ID'",
            model=model,
            llm_provider="watsonx",
            param="project_id",
        )
    return {"model_id": model, **dict([next(iter(named.items()))])}  # the API takes one of them


def _post(kind: str, request: CompletionRequest, body: JSON) -> HTTPRequest:
    address, _, query = request.base_url.partition("?")
    version = next(iter(parse_qs(query).get("api-version", ())), DEFAULT_VERSION)
    model = request.model
    deployed = f"deployments/{model.removeprefix(_DEPLOYMENT)}/" if model.startswith(_DEPLOYMENT) else ""
    path = f"/ml/v1/{deployed}text/{kind}{'_stream' if request.stream else ''}?version={version}"
    headers = {"authorization": _authorization(request.params, request.api_key)}
    return request.post(address.rstrip("/") + path, body, headers)


def _authorization(params: Mapping[str, Any], api_key: str | None) -> str | None:
    token, zen = params.get("token"), params.get("zen_api_key")
    if zen and not token:
        return f"ZenApiKey {zen}"
    key = token or api_key
    return f"Bearer {key}" if key else None
