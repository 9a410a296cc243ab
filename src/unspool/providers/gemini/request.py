"""The request for `generateContent`, from messages and parameters in OpenAI's shape.

https://ai.google.dev/api/generate-content#method:-models.generatecontent, and the same on Vertex AI. The
mapping is LiteLLM's, spelling included; where it differs, the comment says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from unspool.errors import BadRequestError
from unspool.providers.gemini.family import is_gemini_3
from unspool.providers.gemini.media import highest_detail
from unspool.providers.gemini.messages import contents_of, system_of
from unspool.providers.gemini.params import settings_from
from unspool.providers.gemini.parts import detail_in
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

_VERSION = "/v1beta"
_VERTEX = "aiplatform"


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for generated content. Parameters that OpenAI doesn't have are sent as they are.

    Fields of the request:
        api_key: on a host of Vertex AI, an access token.
        base_url: what stands before `/models/`, such as `https://generativelanguage.googleapis.com/v1beta`
            or `https://aiplatform.googleapis.com/v1/projects/…/locations/global/publishers/google`. A bare
            host is given Google AI's version.

    Raises:
        UnsupportedParamsError: Gemini has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be expressed in Gemini's format.
    """
    model, conversation = request.model, request.conversation
    if not conversation:
        raise BadRequestError(
            "Gemini needs a message: add one of the role 'user'", model=model, llm_provider="gemini"
        )
    settings = settings_from(request.params, model, drop_params=request.drop_params)
    body: JSON = {
        "contents": contents_of(conversation, model),
        **system_of(conversation),
        **_with_detail(settings, conversation, model),
    }
    return request.post(_url(request), body, _headers(request))


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


def _url(request: CompletionRequest) -> str:
    root, model = request.base_url.rstrip("/"), request.model
    version = "" if urlsplit(root).path else _VERSION
    path = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
    asked = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    return f"{root}{version}/{path}:{asked}"


def _headers(request: CompletionRequest) -> dict[str, str | None]:
    if _VERTEX in (urlsplit(request.base_url).hostname or ""):
        return {"authorization": request.bearer}
    return {"x-goog-api-key": request.api_key}
