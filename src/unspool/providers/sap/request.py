"""The request for SAP AI Core's orchestration, version 2.

https://help.sap.com/docs/sap-ai-core/sap-ai-core-service-guide/orchestration. Messages are OpenAI's, as the
template of a prompt; parameters go to the model. The key is sent as a bearer token: Unspool doesn't fetch one
with a service key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.providers.json_events import JSON
from unspool.providers.request import EXTRAS, HTTPRequest, plain, post, supported

_PATH = "/v2/completion"

_LACKS = frozenset({"audio", "modalities", "store", "tool_choice", "user", "web_search_options"})
_OF_PROMPT = ("response_format", "tools")
_MODULES = ("filtering", "grounding", "masking", "translation")
_OF_STREAM = ("chunk_size", "delimiters")
_LITELLMS_FIELDS = ("provider_specific_fields", "reasoning_content", "thinking_blocks")


def build_request(
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """A completion; see `BuildRequest`. The modules beside the model are parameters by their own names.

    Args:
        params: `resource_group` goes into its header; `placeholder_values` and `model_version` are SAP's.
        base_url: of the deployment, such as `https://api.ai….hana.ondemand.com/v2/inference/deployments/ID`.

    Raises:
        UnsupportedParamsError: the orchestration has no such parameter, and `drop_params` is false.
    """
    taken = supported(
        params, _LACKS, model=model, llm_provider="sap", drop_params=drop_params, title="SAP's orchestration"
    )
    given = {name: plain(value) for name, value in taken.items() if name not in EXTRAS}
    group = given.pop("resource_group", "default")
    options = given.pop("stream_options", {})
    values = _pop(given, "placeholder_values")
    placeholder_defaults = given.pop("placeholder_defaults", None)
    defaults = {"defaults": placeholder_defaults} if placeholder_defaults else {}
    prompt = {"template": _template(messages), **defaults, **_pop(given, *_OF_PROMPT)}
    modules = _pop(given, *_MODULES)
    version = given.pop("model_version", "latest")
    templating = {"prompt": prompt, "model": {"name": model, "params": given, "version": version}}
    config: JSON = {"modules": {"prompt_templating": templating, **modules}}
    if stream:
        config["stream"] = {"enabled": True, **{key: options[key] for key in _OF_STREAM if key in options}}
    root = base_url.rstrip("/").removesuffix(_PATH)
    headers = {
        "authorization": None if api_key is None else f"Bearer {api_key}",
        "ai-resource-group": group,
    }
    return post(root + _PATH, {"config": config, **values}, params, headers)


def _template(messages: Sequence[object]) -> list[JSON]:
    return [
        {
            key: value
            for key, value in plain(message).items()
            if value is not None and key not in _LITELLMS_FIELDS
        }
        for message in messages
    ]


def _pop(given: JSON, *names: str) -> JSON:
    return {name: given.pop(name) for name in names if name in given}
