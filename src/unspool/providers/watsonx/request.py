"""The requests for IBM watsonx.ai: https://cloud.ibm.com/apidocs/watsonx-ai.

Its chat takes OpenAI's messages; its text generation takes one text. Both are asked in a project or a space,
or at a deployment: `watsonx/deployment/ID`. The key is sent as a bearer token: Unspool doesn't exchange an
IBM Cloud API key for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON, present
from unspool.providers.prompt import prompt_of
from unspool.providers.request import EXTRAS, HTTPRequest, plain, post, supported

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


def build_chat_request(
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """A chat; see `BuildRequest`.

    Args:
        base_url: without a path, such as `https://us-south.ml.cloud.ibm.com`; the version may stand behind
            it, as `?api-version=…`.

    Raises:
        UnsupportedParamsError: watsonx has no such parameter, and `drop_params` is false.
        BadRequestError: neither a project, a space nor a deployment is named.
    """
    given = _given(params, _CHAT_LACKS, model, drop_params=drop_params)
    choice = given.get("tool_choice")
    if isinstance(choice, str):
        given["tool_choice_option"] = given.pop("tool_choice")
    said = [
        {
            key: value
            for key, value in plain(message).items()
            if value is not None and key not in _LITELLMS_FIELDS
        }
        for message in messages
    ]
    body = {**_place(model, given), "messages": said, **given}
    return _post("chat", model, body, params, api_key=api_key, base_url=base_url, stream=stream)


def build_text_request(
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """A text generation, of the messages' texts one below the other; else as `build_chat_request`.

    Raises:
        BadRequestError: a message has something else than text, or calls, too.
    """
    given = _given(params, _TEXT_LACKS, model, drop_params=drop_params)
    beside = {**_place(model, given), **{key: given.pop(key) for key in ("moderations",) if key in given}}
    stop = given.get("stop")
    if isinstance(stop, str):
        given["stop"] = [stop]
    settings = {_NAMES.get(name, name): value for name, value in given.items()}
    prompt = prompt_of([plain(message) for message in messages], llm_provider="watsonx_text")
    body = {**beside, "input": prompt, **({"parameters": settings} if settings else {})}
    return _post("generation", model, body, params, api_key=api_key, base_url=base_url, stream=stream)


def _given(params: Mapping[str, Any], lacks: frozenset[str], model: str, *, drop_params: bool) -> JSON:
    taken = supported(
        params, lacks, model=model, llm_provider="watsonx", drop_params=drop_params, title="watsonx.ai"
    )
    return {name: plain(value) for name, value in taken.items() if name not in EXTRAS | _KEYS}


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


def _post(
    kind: str,
    model: str,
    body: JSON,
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
) -> HTTPRequest:
    address, _, query = base_url.partition("?")
    version = next(iter(parse_qs(query).get("api-version", ())), DEFAULT_VERSION)
    deployed = f"deployments/{model.removeprefix(_DEPLOYMENT)}/" if model.startswith(_DEPLOYMENT) else ""
    path = f"/ml/v1/{deployed}text/{kind}{'_stream' if stream else ''}?version={version}"
    headers = {"authorization": _authorization(params, api_key)}
    return post(address.rstrip("/") + path, body, params, headers)


def _authorization(params: Mapping[str, Any], api_key: str | None) -> str | None:
    token, zen = params.get("token"), params.get("zen_api_key")
    if zen and not token:
        return f"ZenApiKey {zen}"
    key = token or api_key
    return f"Bearer {key}" if key else None
