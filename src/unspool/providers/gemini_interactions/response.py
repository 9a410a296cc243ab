"""A whole interaction to a `ModelResponse`: https://ai.google.dev/api/interactions-api."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from unspool.builder import ResponseFold
from unspool.errors import APIResponseValidationError, MalformedEventError
from unspool.models import ModelResponse, current_second, response_id
from unspool.providers.gemini_interactions.normalizer import InteractionsNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent


def response_from_interaction(body: Mapping[str, Any], *, created: int | None = None) -> ModelResponse:
    """The body of an interaction that wasn't streamed: what its events would add up to.

    Args:
        body: the parsed JSON of an interaction.
        created: the response's `created`, in seconds since 1970; its own or now, unless given.

    Raises:
        ProviderError: the body is an error, or the interaction failed.
        APIResponseValidationError: it isn't an error or an interaction.
    """
    normalizer, fold = InteractionsNormalizer(), ResponseFold()
    try:
        for event in _events_of(body):
            for chunk in normalizer.feed(WireEvent(data=json.dumps(event))):
                fold.add(chunk)
    except (MalformedEventError, TypeError) as error:
        raise APIResponseValidationError(
            f"an interaction isn't shaped as documented ({error});"
            " compare it with https://ai.google.dev/api/interactions-api",
            body=body,
        ) from error
    response = fold.result() or ModelResponse()
    response.id = response.id or response_id()
    response.created = created or response.created or current_second()
    return response


def _events_of(body: Mapping[str, Any]) -> Iterator[JSON]:
    if body.get("error"):
        yield dict(body)
    if "status" not in body:
        raise TypeError(f"it has no 'status', but the keys {sorted(body)}")
    yield {"event_type": "interaction.created", "interaction": dict(body)}
    for index, step in enumerate(body.get("steps") or body.get("outputs") or ()):
        yield {"event_type": "step.start", "index": index, "step": step}
        yield {"event_type": "step.stop", "index": index}
    yield {"event_type": "interaction.completed", "interaction": dict(body)}
