"""`mock_response=`: an answer handed in with the call, instead of a provider's.

It may be

- text, streamed in pieces of three characters (Unicode code points), as LiteLLM does it
- a `ModelResponse`, or a dict of one, streamed as one chunk and its finish
- a list, or anything else that a stream may be made of: chunks, dicts of chunks, pieces of text,
  `FakeStream`s; without `stream=True`, the response that they add up to
- an exception, or `"litellm.RateLimitError"`, `"litellm.InternalServerError"`,
  `"litellm.ContextWindowExceededError"` (or `"unspool.…"`): raised by the call

and beside it, or alone, `mock_tool_calls=` in the shape of a message's `tool_calls`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from unspool.builder import stream_chunk_builder
from unspool.errors import (
    ContextWindowExceededError,
    InternalServerError,
    MockError,
    ProviderError,
    RateLimitError,
    Timeout,
)
from unspool.models import (
    ChatCompletionMessageToolCall,
    ModelResponse,
    ModelResponseStream,
    response_id,
)
from unspool.streaming.wrapper import CustomStreamWrapper

PIECE = 3
"""How many characters of a text, or of a tool's arguments, a chunk brings."""

USAGE = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
"""What every made-up answer costs, in tokens: LiteLLM's figures for one that isn't streamed."""

_ERRORS: dict[str, type[ProviderError]] = {
    f"{package}.{error.__name__}": error
    for package in ("litellm", "unspool")
    for error in (ContextWindowExceededError, InternalServerError, RateLimitError)
}


@dataclass(frozen=True, slots=True)
class Mock:
    """What to answer with.

    Attributes:
        response: as above; None if there are only tool calls.
        tool_calls: dicts in the shape of a message's.
        seconds: how long to wait before answering.
        times_out: raise Timeout instead.
    """

    response: Any = None
    tool_calls: Sequence[Any] = ()
    seconds: float = 0.0
    times_out: bool = False

    def content(self, model: str, *, n: int | None, stream: bool) -> Any:
        """A `ModelResponse`, or of a stream what `CustomStreamWrapper` takes.

        Args:
            n: how many times a text, or the tool calls, are answered; 1 by default.

        Raises:
            ProviderError: the mock is that error.
            Exception: the mock is that exception.
            MockError: the mock is of no such kind.
        """
        self._raise_errors()
        given = self.response
        if given is None or isinstance(given, str):
            return self._pieces(n or 1) if stream else self._whole(model, n or 1)
        if self.tool_calls:
            raise MockError("mock_tool_calls goes with a text as mock_response, or with none")
        if isinstance(given, ModelResponse) or _is_response(given):
            whole = given if isinstance(given, ModelResponse) else ModelResponse(**given)
            return [whole] if stream else whole
        if isinstance(given, Mapping | ModelResponseStream):
            given = [given]
        if not hasattr(given, "__iter__") and not hasattr(given, "__aiter__"):
            raise MockError(
                "expected mock_response to be text, a response, a list of chunks or an exception,"
                f" got {type(given).__name__}: {given!r:.200}"
            )
        return given if stream else _added_up(given, model)

    def _raise_errors(self) -> None:
        if self.times_out:
            raise Timeout("this is a mock Timeout")
        if isinstance(self.response, BaseException):
            raise self.response
        if isinstance(self.response, str) and self.response in _ERRORS:
            error = _ERRORS[self.response]
            raise error(f"this is a mock {error.__name__}")

    def _whole(self, model: str, n: int) -> ModelResponse:
        calls = [call.model_dump() for call in self._calls()] or None
        message = {"role": "assistant", "content": self.response, "tool_calls": calls}
        return ModelResponse(
            model=model,
            choices=[
                {"index": place, "message": message, "finish_reason": self._finish_reason}
                for place in range(n)
            ],
            usage=USAGE,
        )

    def _pieces(self, n: int) -> list[ModelResponseStream]:
        """The same as chunks; each of them speaks for all the choices."""
        text = _cut(self.response or "")
        deltas: list[dict[str, Any]] = [{"content": piece} for piece in text]
        for place, call in enumerate(self._calls()):
            deltas += [{"tool_calls": [fragment]} for fragment in _fragments(call, place)]
        first, *others = deltas or [{"content": ""}]
        first["role"] = "assistant"
        name = response_id()
        chunks = [_chunk(name, n, delta=delta) for delta in (first, *others)]
        finish = _chunk(name, n, delta={}, finish_reason=self._finish_reason)
        return [*chunks, finish, ModelResponseStream(id=name, choices=[], usage=USAGE)]

    @property
    def _finish_reason(self) -> str:
        return "tool_calls" if self.tool_calls else "stop"

    def _calls(self) -> list[ChatCompletionMessageToolCall]:
        try:
            return [ChatCompletionMessageToolCall.model_validate(call) for call in self.tool_calls]
        except ValidationError as error:
            raise MockError(
                "expected mock_tool_calls in the shape of a message's tool_calls,"
                f' such as {{"function": {{"name": …, "arguments": …}}}}, got {self.tool_calls!r:.200}'
            ) from error


def _is_response(given: object) -> bool:
    """Whether a dict is a whole response's, and not a chunk's."""
    if not isinstance(given, Mapping):
        return False
    choices = given.get("choices") or ()
    return any(isinstance(choice, Mapping) and "message" in choice for choice in choices)


def _cut(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def _fragments(call: ChatCompletionMessageToolCall, index: int) -> Iterator[dict[str, Any]]:
    """A call as OpenAI streams it: its name with no arguments, then these in pieces."""
    kind, content = ("custom", "input") if call.type == "custom" else ("function", "arguments")
    payload = call[kind].model_dump()
    said = payload[content]
    yield {"index": index, "id": call.id, "type": call.type, kind: {**payload, content: ""}}
    for piece in _cut(said):
        yield {"index": index, kind: {content: piece}}


def _chunk(name: str, n: int, **choice: Any) -> ModelResponseStream:
    return ModelResponseStream(id=name, choices=[{"index": place, **choice} for place in range(n)])


def _added_up(items: Any, model: str) -> ModelResponse:
    """What a stream of these items amounts to."""
    stream = CustomStreamWrapper(items, model)
    response = stream_chunk_builder(list(stream))
    if response is None:
        raise MockError("expected mock_response to have at least one chunk, got none")
    return response
