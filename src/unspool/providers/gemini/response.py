"""A whole response to a `ModelResponse`: https://ai.google.dev/api/generate-content#generatecontentresponse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.builder import ResponseFold
from unspool.error_mapping import error_from_body
from unspool.errors import APIResponseValidationError
from unspool.models import ModelResponse, current_second, response_id
from unspool.providers.gemini.normalizer import GeminiNormalizer


def response_from_gemini(
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, created: int | None = None
) -> ModelResponse:
    """The body of a response that wasn't streamed: what the stream of this one event adds up to.

    Args:
        body: the parsed JSON of a response, or of the array of them that a stream without `alt=sse` is.
        created: the response's `created`, in seconds since 1970; its own or now, unless given.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it isn't an error or a response.
    """
    normalizer, fold = GeminiNormalizer(), ResponseFold()
    for each in [body] if isinstance(body, Mapping) else body:
        if each.get("error"):
            raise error_from_body(each)
        if not {"candidates", "promptFeedback", "usageMetadata"} & each.keys():
            raise _misshapen(f"it has the keys {sorted(each)}", body)
        try:
            fold.add(normalizer.chunk_from(dict(each)))
        except ValueError as error:
            raise _misshapen(str(error), body) from error
    response = fold.result()
    if response is None:
        raise _misshapen("the list is empty", body)
    response.id = response.id or response_id()
    response.created = created or response.created or current_second()
    return response


def _misshapen(what: str, body: Any) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"a Gemini response isn't shaped as documented ({what});"
        " compare it with https://ai.google.dev/api/generate-content#generatecontentresponse",
        body=body,
    )
