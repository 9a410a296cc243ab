"""A whole answer of Converse to a `ModelResponse`.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.errors import APIResponseValidationError
from unspool.models import Choices, Message, ModelResponse
from unspool.providers.anthropic.mapping import with_supported_text
from unspool.providers.anthropic.shape import object_in, objects_in, text_in
from unspool.providers.bedrock.chunks import without
from unspool.providers.bedrock.usage import thinking_tokens, usage_from
from unspool.providers.payload import JSON


def response_from_converse(body: Mapping[str, Any], *, created: int | None = None) -> ModelResponse:
    """The body of a response that wasn't streamed, equal to what its stream would add up to.

    Args:
        body: the parsed JSON of a Converse response.
        created: the response's `created`, in seconds since 1970; now, unless given.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it is neither an error nor a Converse response.
    """
    if "output" not in body and body.get("message"):
        raise error_from_body(body, llm_provider="bedrock")
    try:
        return _response(dict(body), created)
    except ValueError as error:
        raise APIResponseValidationError(
            f"a Converse response isn't shaped as documented ({error}); compare it with"
            " https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
            llm_provider="bedrock",
            body=body,
        ) from error


@dataclass(slots=True)
class _Spoken:
    """The blocks of a message, sorted."""

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    thinking: list[JSON] = field(default_factory=list)
    calls: list[JSON] = field(default_factory=list)
    kept: dict[str, list[Any]] = field(default_factory=dict)

    def keep(self, name: str, item: Any) -> None:
        self.kept.setdefault(name, []).append(item)


def _response(body: JSON, created: int | None) -> ModelResponse:
    if "output" not in body:
        raise ValueError("it has no 'output'")
    spoken = _Spoken()
    for block in objects_in(object_in(object_in(body, "output"), "message"), "content"):
        for kind in block:
            _READERS.get(kind, _read_other)(spoken, block)
    message = _message(spoken, body)
    choice = Choices(message=message, finish_reason=text_in(body, "stopReason") or None)
    response = ModelResponse(created=created, choices=[choice])
    usage = usage_from(
        object_in(body, "usage"),
        silent=not spoken.thinking,
        thought=thinking_tokens(object_in(body, "additionalModelResponseFields")),
    )
    if usage is not None:
        response.usage = usage
    tier = text_in(object_in(body, "serviceTier"), "type")
    if tier:
        response["service_tier"] = tier
    return response


def _message(spoken: _Spoken, body: JSON) -> Message:
    others = without(body, "output", "serviceTier", "stopReason", "usage").items()
    nothing = None if spoken.calls else ""  # OpenAI's is null where there are calls instead
    return Message(
        content="".join(spoken.text) or nothing,
        tool_calls=spoken.calls or None,
        thinking_blocks=spoken.thinking or None,
        reasoning_content="".join(spoken.reasoning) if spoken.thinking else None,
        provider_specific_fields={**spoken.kept, **{key: value for key, value in others if value}} or None,
    )


def _read_text(spoken: _Spoken, block: JSON) -> None:
    spoken.text.append(text_in(block, "text"))


def _read_cited(spoken: _Spoken, block: JSON) -> None:
    cited = object_in(block, "citationsContent")
    text = "".join(text_in(part, "text") for part in objects_in(cited, "content"))
    spoken.text.append(text)
    spoken.keep("citations", with_supported_text(objects_in(cited, "citations"), text))


def _read_reasoning(spoken: _Spoken, block: JSON) -> None:
    reasoning = object_in(block, "reasoningContent")
    said, redacted = object_in(reasoning, "reasoningText"), text_in(reasoning, "redactedContent")
    if redacted:
        spoken.thinking.append({"type": "redacted_thinking", "data": redacted})
    if said:
        thought = {"type": "thinking", "thinking": text_in(said, "text")}
        signature = text_in(said, "signature")
        spoken.thinking.append({**thought, "signature": signature} if signature else thought)
        spoken.reasoning.append(thought["thinking"])


def _read_call(spoken: _Spoken, block: JSON) -> None:
    tool = object_in(block, "toolUse")
    if tool.get("type") == "server_tool_use":
        spoken.keep("server_tool_use", tool)
        return
    function = {"name": text_in(tool, "name"), "arguments": json.dumps(tool.get("input") or {})}
    spoken.calls.append({"id": text_in(tool, "toolUseId"), "type": "function", "function": function})


def _read_result(spoken: _Spoken, block: JSON) -> None:
    spoken.keep("tool_results", object_in(block, "toolResult"))


def _read_other(spoken: _Spoken, block: JSON) -> None:
    spoken.keep("other_blocks", block)


_READERS: dict[str, Callable[[_Spoken, JSON], None]] = {
    "citationsContent": _read_cited,
    "reasoningContent": _read_reasoning,
    "text": _read_text,
    "toolResult": _read_result,
    "toolUse": _read_call,
}
