"""The request for Anthropic's Messages API, from messages and parameters in OpenAI's shape.

https://docs.anthropic.com/en/api/messages. The mapping is LiteLLM's; where it differs, the comment
says why.
"""

from __future__ import annotations

from unspool.errors import BadRequestError
from unspool.providers.anthropic.messages import system_of, turns_of
from unspool.providers.anthropic.params import settings_from
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

_PATH = "/v1/messages"
_VERSION = "2023-06-01"


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a message. Parameters that OpenAI doesn't have are sent as they are.

    Fields of the request:
        base_url: without the version, such as `https://api.anthropic.com`.

    Raises:
        UnsupportedParamsError: Anthropic has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be expressed in Anthropic's format.
    """
    model, conversation = request.model, request.conversation
    body: JSON = {
        "model": model,
        **settings_from(request.params, model, drop_params=request.drop_params),
        **system_of(conversation),
        "messages": turns_of(conversation),
    }
    if request.stream:
        body["stream"] = True
    if not body["messages"]:
        raise BadRequestError(
            "Anthropic needs a message that isn't a system message: add one of the role 'user'",
            model=model,
            llm_provider="anthropic",
        )
    root = request.base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
    return request.post(root + _PATH, body, {"x-api-key": request.api_key, "anthropic-version": _VERSION})
