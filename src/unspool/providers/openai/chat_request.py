"""The request for OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat/create.

Messages and parameters are in OpenAI's shape already, so they are sent as they were given, save for what
is null in a message. Two things that OpenAI refuses but other servers take are put right on the way to
OpenAI itself, as in LiteLLM: Anthropic's `cache_control` marks are left out, and an `image_url` that is
text becomes an object.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from unspool.providers.json_events import JSON
from unspool.providers.request import EXTRAS, CompletionRequest, HTTPRequest, plain

_PATH = "/chat/completions"
_OPENAI_HOSTS = (".openai.com", ".openai.azure.com")


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a chat completion.

    Fields of the request:
        base_url: with its version, such as `https://api.openai.com/v1`.
    """
    params = {name: value for name, value in request.params.items() if value is not None}
    given = {name: plain(value) for name, value in params.items() if name not in EXTRAS}
    said = [_without_null(message) for message in request.conversation]
    body = {"model": request.model, "messages": said, **given, **({"stream": True} if request.stream else {})}
    if _is_openai(request.base_url):
        body |= {key: [_MENDERS[key](item) for item in body[key]] for key in _MENDERS if body.get(key)}
    root = request.base_url.rstrip("/").removesuffix(_PATH)
    return request.post(root + _PATH, body, {"authorization": request.bearer})


def _without_null(message: JSON) -> JSON:
    # LiteLLM leaves out a `content` of null too, which some servers refuse.
    return {key: value for key, value in message.items() if value is not None}


def _is_openai(base_url: str) -> bool:
    return f".{urlsplit(base_url).hostname or ''}".endswith(_OPENAI_HOSTS)


def _mend_message(message: JSON) -> JSON:
    mended = _unmarked(message)
    if isinstance(mended.get("content"), list):
        mended["content"] = [_mend_part(part) for part in mended["content"]]
    return mended


def _mend_part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    mended = _unmarked(part)
    if isinstance(mended.get("image_url"), str):
        mended["image_url"] = {"url": mended["image_url"]}
    return mended


def _mend_tool(tool: JSON) -> JSON:
    mended = _unmarked(tool)
    if isinstance(mended.get("function"), dict):
        mended["function"] = _unmarked(mended["function"])
    return mended


_MENDERS = {"messages": _mend_message, "tools": _mend_tool}


def _unmarked(holder: JSON) -> JSON:
    # Only here and not deeper: a tool's schema may well have a property of that name.
    return {key: value for key, value in holder.items() if key != "cache_control"}
