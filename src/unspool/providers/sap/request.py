"""The request for SAP AI Core's orchestration, version 2.

https://help.sap.com/docs/sap-ai-core/sap-ai-core-service-guide/orchestration. Messages are OpenAI's, as the
template of a prompt; parameters go to the model. The key is sent as a bearer token: Unspool doesn't fetch one
with a service key.
"""

from __future__ import annotations

from collections.abc import Sequence

from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

_PATH = "/v2/completion"

_LACKS = frozenset({"audio", "modalities", "store", "tool_choice", "user", "web_search_options"})
_OF_PROMPT = ("response_format", "tools")
_MODULES = ("filtering", "grounding", "masking", "translation")
_OF_STREAM = ("chunk_size", "delimiters")
_LITELLMS_FIELDS = ("provider_specific_fields", "reasoning_content", "thinking_blocks")


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a completion. The modules beside the model are parameters by their own names.

    Fields of the request:
        params: `resource_group` goes into its header; `placeholder_values` and `model_version` are SAP's.
        base_url: of the deployment, such as `https://api.ai….hana.ondemand.com/v2/inference/deployments/ID`.

    Raises:
        UnsupportedParamsError: the orchestration has no such parameter, and `drop_params` is false.
    """
    given = request.supported(_LACKS, llm_provider="sap", title="SAP's orchestration")
    group = given.pop("resource_group", "default")
    options = given.pop("stream_options", {})
    values = _pop(given, "placeholder_values")
    placeholder_defaults = given.pop("placeholder_defaults", None)
    defaults = {"defaults": placeholder_defaults} if placeholder_defaults else {}
    prompt = {"template": _template(request.conversation), **defaults, **_pop(given, *_OF_PROMPT)}
    modules = _pop(given, *_MODULES)
    version = given.pop("model_version", "latest")
    templating = {"prompt": prompt, "model": {"name": request.model, "params": given, "version": version}}
    config: JSON = {"modules": {"prompt_templating": templating, **modules}}
    if request.stream:
        config["stream"] = {"enabled": True, **{key: options[key] for key in _OF_STREAM if key in options}}
    root = request.base_url.rstrip("/").removesuffix(_PATH)
    headers = {"authorization": request.bearer, "ai-resource-group": group}
    return request.post(root + _PATH, {"config": config, **values}, headers)


def _template(messages: Sequence[JSON]) -> list[JSON]:
    return [
        {key: value for key, value in message.items() if value is not None and key not in _LITELLMS_FIELDS}
        for message in messages
    ]


def _pop(given: JSON, *names: str) -> JSON:
    return {name: given.pop(name) for name in names if name in given}
