"""The request for `generateContent`, from messages and parameters in OpenAI's shape.

https://ai.google.dev/api/generate-content#method:-models.generatecontent, and the same on Vertex AI. The
mapping is LiteLLM's, spelling included; where it differs, the comment says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from unspool.errors import BadRequestError
from unspool.providers.gemini.family import is_gemini_3
from unspool.providers.gemini.media import highest_detail
from unspool.providers.gemini.messages import contents_of, system_of
from unspool.providers.gemini.params import settings_from
from unspool.providers.gemini.parts import detail_in
from unspool.providers.json_events import JSON
from unspool.providers.request import HTTPRequest, plain, post

_VERSION = "/v1beta"
_VERTEX = "aiplatform"


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
    """A generated content; see `BuildRequest`. Parameters that OpenAI doesn't have are sent as they are.

    Args:
        api_key: on a host of Vertex AI, an access token.
        base_url: what stands before `/models/`, such as `https://generativelanguage.googleapis.com/v1beta`
            or `https://aiplatform.googleapis.com/v1/projects/…/locations/global/publishers/google`. A bare
            host is given Google AI's version.

    Raises:
        UnsupportedParamsError: Gemini has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be said in Gemini's terms.
    """
    conversation = [plain(message) for message in messages]
    if not conversation:
        raise BadRequestError(
            "Gemini needs a message: add one of the role 'user'", model=model, llm_provider="gemini"
        )
    body: JSON = {
        "contents": contents_of(conversation, model),
        **system_of(conversation),
        **_with_detail(settings_from(params, model, drop_params=drop_params), conversation, model),
    }
    return post(_url(base_url, model, stream=stream), body, params, _headers(base_url, api_key))


def _with_detail(settings: JSON, conversation: Sequence[JSON], model: str) -> JSON:
    """The settings, with the resolution that the images ask for where the model can't be told of each."""
    if is_gemini_3(model):
        return settings
    contents = [message.get("content") for message in conversation]
    parts = [part for each in contents if isinstance(each, list) for part in each if isinstance(part, dict)]
    detail = highest_detail([detail_in(part) for part in parts])
    return (
        {**settings, "generationConfig": {**settings.get("generationConfig", {}), **detail}}
        if detail
        else settings
    )


def _url(base_url: str, model: str, *, stream: bool) -> str:
    root = base_url.rstrip("/")
    version = "" if urlsplit(root).path else _VERSION
    path = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
    return f"{root}{version}/{path}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"


def _headers(base_url: str, api_key: str | None) -> dict[str, str | None]:
    if _VERTEX in (urlsplit(base_url).hostname or ""):
        return {"authorization": None if api_key is None else f"Bearer {api_key}"}
    return {"x-goog-api-key": api_key}
