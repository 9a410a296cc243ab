"""Convert a whole response of Converse to a `ModelResponse`, read as a stream with the same content.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unspool.builder import ResponseFold
from unspool.error_mapping import error_from_body
from unspool.errors import APIResponseValidationError
from unspool.models import ModelResponse, current_second, response_id
from unspool.providers.bedrock.chunks import without
from unspool.providers.bedrock.converse import BedrockConverseNormalizer
from unspool.providers.json_events import JSON, object_in, objects_in, present, text_in

_Events = Iterator[tuple[str, JSON]]


def response_from_converse(body: Mapping[str, Any], *, created: int | None = None) -> ModelResponse:
    """The body of a response that wasn't streamed.

    Args:
        body: the parsed JSON of a Converse response.
        created: the response's `created`, in seconds since 1970; now, unless given.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it isn't an error or a Converse response.
    """
    if "output" not in body and body.get("message"):
        raise error_from_body(body, llm_provider="bedrock")
    try:
        response = _added_up(dict(body))
    except ValueError as error:
        raise APIResponseValidationError(
            f"a Converse response isn't shaped as documented ({error}); compare it with"
            " https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
            llm_provider="bedrock",
            body=body,
        ) from error
    response.id, response.created = response_id(), current_second() if created is None else created
    return response


def _added_up(body: JSON) -> ModelResponse:
    normalizer, fold = BedrockConverseNormalizer(), ResponseFold()
    for name, event in _events(body):
        for chunk in normalizer.read(name, event):
            fold.add(chunk)
    response = fold.result()
    if response is None or "output" not in body:
        raise ValueError("it has no 'output'")
    return response


def _events(body: JSON) -> _Events:
    """The events of ConverseStream that hold the same."""
    message = object_in(object_in(body, "output"), "message")
    for index, block in enumerate(objects_in(message, "content")):
        place = {"contentBlockIndex": index}
        for kind in block:
            started, deltas = _BLOCKS.get(kind, _other)(block)
            if started:
                yield "contentBlockStart", {**place, "start": started}
            for delta in deltas:
                yield "contentBlockDelta", {**place, "delta": delta}
        yield "contentBlockStop", place
    yield "messageStop", present(body, "stopReason", "additionalModelResponseFields")
    yield "metadata", without(body, "output", "stopReason", "additionalModelResponseFields")


_Streamed = tuple[JSON, list[JSON]]
"""A block's start, if it has one, and its deltas."""


def _text(block: JSON) -> _Streamed:
    return {}, [block]


def _call(block: JSON) -> _Streamed:
    tool = object_in(block, "toolUse")
    return {"toolUse": without(tool, "input")}, [{"toolUse": {"input": json.dumps(tool.get("input") or {})}}]


def _result(block: JSON) -> _Streamed:
    result = object_in(block, "toolResult")
    return {"toolResult": without(result, "content")}, [{"toolResult": objects_in(result, "content")}]


def _reasoning(block: JSON) -> _Streamed:
    reasoning = object_in(block, "reasoningContent")
    said = object_in(reasoning, "reasoningText") or present(reasoning, "redactedContent")
    return {}, [{"reasoningContent": {key: value}} for key, value in said.items()]


def _cited(block: JSON) -> _Streamed:
    cited = object_in(block, "citationsContent")
    text = "".join(text_in(part, "text") for part in objects_in(cited, "content"))
    return {}, [{"text": text}, *({"citation": citation} for citation in objects_in(cited, "citations"))]


def _other(block: JSON) -> _Streamed:
    return block, []


_BLOCKS: dict[str, Callable[[JSON], _Streamed]] = {
    "citationsContent": _cited,
    "reasoningContent": _reasoning,
    "text": _text,
    "toolResult": _result,
    "toolUse": _call,
}
