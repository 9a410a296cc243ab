"""The request for Anthropic's Messages API, from messages and parameters in OpenAI's shape.

https://docs.anthropic.com/en/api/messages. The mapping is LiteLLM's; where it differs, the comment
says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.anthropic.messages import system_of, turns_of
from unspool.providers.anthropic.params import settings_from
from unspool.providers.json_events import JSON
from unspool.providers.request import HTTPRequest, plain, post

_PATH = "/v1/messages"
_VERSION = "2023-06-01"


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
    """A message; see `BuildRequest`. Parameters that OpenAI doesn't have are sent as they are.

    Args:
        base_url: without the version, such as `https://api.anthropic.com`.

    Raises:
        UnsupportedParamsError: Anthropic has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be said in Anthropic's terms.
    """
    conversation = [plain(message) for message in messages]
    body: JSON = {
        "model": model,
        **settings_from(params, model, drop_params=drop_params),
        **system_of(conversation),
        "messages": turns_of(conversation),
    }
    if stream:
        body["stream"] = True
    if not body["messages"]:
        raise BadRequestError(
            "Anthropic needs a message that isn't a system message: add one of the role 'user'",
            model=model,
            llm_provider="anthropic",
        )
    root = base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
    return post(root + _PATH, body, params, {"x-api-key": api_key, "anthropic-version": _VERSION})
