"""A whole response to a `ModelResponse`: https://platform.openai.com/docs/api-reference/responses/object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from unspool.builder import stream_chunk_builder
from unspool.errors import APIResponseValidationError
from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.json_events import JSON
from unspool.providers.openai.responses.normalizer import OpenAIResponsesNormalizer


def response_from_responses(body: Mapping[str, Any]) -> ModelResponse:
    """The body of a response that wasn't streamed, equal to what its stream would add up to.

    Raises:
        ProviderError: the body is an error, or that of a failed response.
        APIResponseValidationError: it is neither that nor a response.
    """
    try:
        chunks = _chunks_of(dict(body))
    except ValueError as error:
        raise APIResponseValidationError(
            f"an OpenAI response isn't shaped as documented ({error});"
            " compare it with https://platform.openai.com/docs/api-reference/responses/object",
            body=body,
        ) from error
    return cast(ModelResponse, stream_chunk_builder(chunks))  # there is a chunk at least, the last


def _chunks_of(body: JSON) -> list[ModelResponseStream]:
    if not body.get("error") and "output" not in body:
        raise ValueError("it has no 'output'")
    return list(OpenAIResponsesNormalizer().read(body))
