"""A whole message to a `ModelResponse`: https://docs.anthropic.com/en/api/messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.errors import APIResponseValidationError
from unspool.models import Choices, Message, ModelResponse
from unspool.providers.anthropic.mapping import (
    arguments_of,
    fields_of_end,
    list_for,
    tool_call,
    with_supported_text,
)
from unspool.providers.anthropic.usage import usage_from
from unspool.providers.json_events import JSON, object_in, objects_in, text_in


def response_from_anthropic(body: Mapping[str, Any], *, created: int | None = None) -> ModelResponse:
    """The body of a response that wasn't streamed, equal to what its stream would add up to.

    Args:
        body: the parsed JSON of a message.
        created: the response's `created`, in seconds since 1970; now, unless given.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it isn't an error or a message.
    """
    if body.get("error"):
        raise error_from_body(body, llm_provider="anthropic")
    try:
        return _response(dict(body), created)
    except ValueError as error:
        raise APIResponseValidationError(
            f"an Anthropic message isn't shaped as documented ({error});"
            " compare it with https://docs.anthropic.com/en/api/messages",
            llm_provider="anthropic",
            body=body,
        ) from error


@dataclass(slots=True)
class _Spoken:
    """The blocks of a message, sorted."""

    text: list[str] = field(default_factory=list)
    thinking: list[JSON] = field(default_factory=list)
    calls: list[JSON] = field(default_factory=list)
    kept: dict[str, list[Any]] = field(default_factory=dict)

    def keep(self, name: str, item: Any) -> None:
        self.kept.setdefault(name, []).append(item)


def _response(body: JSON, created: int | None) -> ModelResponse:
    if "content" not in body:
        raise ValueError("it has no 'content'")
    spoken = _Spoken()
    for block in objects_in(body, "content"):
        _READERS.get(text_in(block, "type"), _read_other)(spoken, block)
    choice = Choices(message=_message(spoken, body), finish_reason=text_in(body, "stop_reason") or None)
    usage = usage_from(object_in(body, "usage"), silent=not spoken.thinking)
    response = ModelResponse(
        id=text_in(body, "id") or None, created=created, model=body.get("model"), choices=[choice]
    )
    if usage is not None:
        response.usage = usage
    return response


def _message(spoken: _Spoken, body: JSON) -> Message:
    reasoning = "".join(text_in(block, "thinking") for block in spoken.thinking)
    nothing = None if spoken.calls else ""  # OpenAI's is null where there are calls instead
    return Message(
        content="".join(spoken.text) or nothing,
        tool_calls=spoken.calls or None,
        thinking_blocks=spoken.thinking or None,
        reasoning_content=reasoning if spoken.thinking else None,
        provider_specific_fields={**spoken.kept, **fields_of_end(body)} or None,
    )


def _read_text(spoken: _Spoken, block: JSON) -> None:
    text = text_in(block, "text")
    spoken.text.append(text)
    citations = objects_in(block, "citations")
    if citations:
        spoken.keep("citations", with_supported_text(citations, text))


def _read_thinking(spoken: _Spoken, block: JSON) -> None:
    spoken.thinking.append(block)


def _read_call(spoken: _Spoken, block: JSON) -> None:
    spoken.calls.append(tool_call(block, arguments=arguments_of(block)))


def _read_other(spoken: _Spoken, block: JSON) -> None:
    spoken.keep(list_for(text_in(block, "type")), block)


_READERS: dict[str, Callable[[_Spoken, JSON], None]] = {
    "redacted_thinking": _read_thinking,
    "text": _read_text,
    "thinking": _read_thinking,
    "tool_use": _read_call,
}
