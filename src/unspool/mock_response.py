"""`mock_response=`: a response passed with the call, instead of a provider's.

It may be

- text, streamed in pieces of three characters, as LiteLLM does it, but never cutting an emoji
- a `ModelResponse`, or a dict of one, streamed as one chunk and its finish
- a list, or another source of a stream: chunks, dicts of chunks, pieces of text, exceptions that break it
  there, `FakeStream`s; without `stream=True`, the response that they add up to
- an exception, or `"litellm.RateLimitError"`, `"litellm.InternalServerError"`,
  `"litellm.ContextWindowExceededError"` (or `"unspool.…"`): raised by the call
- `"Exception: content_filter_policy…"`: a `BadRequestError`, raised by the call; and
  `"Exception: mock_streaming_error…"`: an overload that the stream raises before its first chunk

and beside it, or alone, `mock_tool_calls=` in the shape of a message's `tool_calls`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from unspool.builder import stream_chunk_builder
from unspool.chunk_makers import (
    ChunkFields,
    chunk_with,
    finish_chunk,
    role_chunk,
    text_chunks,
    tool_call_chunks,
    usage_chunk,
)
from unspool.errors import (
    BadRequestError,
    ContextWindowExceededError,
    InternalServerError,
    MockError,
    ProviderError,
    RateLimitError,
    Timeout,
)
from unspool.fake import FakeStream
from unspool.models import (
    ChatCompletionMessageToolCall,
    Delta,
    ModelResponse,
    ModelResponseStream,
    response_id,
)
from unspool.streaming.items import refuse_wrong_items
from unspool.streaming.wrapper import CustomStreamWrapper

USAGE = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
"""The usage of every mock response, in tokens: LiteLLM's figures without streaming."""

_ERRORS: dict[str, type[ProviderError]] = {
    f"{package}.{error.__name__}": error
    for package in ("litellm", "unspool")
    for error in (ContextWindowExceededError, InternalServerError, RateLimitError)
}


_REFUSED = "Exception: content_filter_policy"
_OVERLOADED = "Exception: mock_streaming_error"


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock of a response.

    Attributes:
        response: as above; None if there are only tool calls.
        tool_calls: dicts in the shape of a message's.
        seconds: how long to wait before the response.
        times_out: raise Timeout instead.
    """

    response: Any = None
    tool_calls: Sequence[Any] = ()
    seconds: float = 0.0
    times_out: bool = False

    def content(self, model: str, *, n: int | None, stream: bool) -> Any:
        """Return a `ModelResponse`, or for a stream the source of a `CustomStreamWrapper`.

        Args:
            n: the number of choices with the text or the tool calls; 1 by default.

        Raises:
            ProviderError: the mock is this error.
            Exception: the mock is this exception.
            MockError: the mock is of no such kind.
        """
        self._raise_errors()
        given = self.response
        if n is not None and (type(n) is not int or n < 1):
            raise MockError(f"expected n to be a whole number from 1, got {n!r:.200}")
        if isinstance(given, str) and given.startswith(_OVERLOADED):
            return _overloaded(stream=stream)
        if given is None or isinstance(given, str):
            return self._pieces(model, n or 1) if stream else self._whole(model, n or 1)
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
        if isinstance(given, list | tuple):
            refuse_wrong_items(given)
            given = FakeStream(item for item in given if item is not None)
        return given if stream else _added_up(given, model)

    def _raise_errors(self) -> None:
        if self.times_out:
            raise Timeout("this is a mock Timeout")
        if isinstance(self.response, BaseException):
            raise self.response
        if isinstance(self.response, str) and self.response.startswith(_REFUSED):
            raise BadRequestError(self.response, llm_provider="azure")
        if isinstance(self.response, str) and self.response in _ERRORS:
            error = _ERRORS[self.response]
            raise error(f"this is a mock {error.__name__}")

    def _whole(self, model: str, n: int) -> ModelResponse:
        message = {"role": "assistant", "content": self.response, "tool_calls": self._calls() or None}
        reason = self._finish_reason
        choices = [{"index": place, "message": message, "finish_reason": reason} for place in range(n)]
        return ModelResponse(model=model, choices=choices, usage=USAGE)

    def _pieces(self, model: str, n: int) -> list[ModelResponseStream]:
        """Return the same as chunks, each with all the choices."""
        common = ChunkFields(id=response_id(), model=model)
        said = text_chunks(self.response, **common) if self.response else []
        for place, call in enumerate(self._calls()):
            said += _fragments(call, place, common)
        chunks = [*(said or [role_chunk(**common)]), finish_chunk(self._finish_reason, **common)]
        usage = usage_chunk(USAGE["prompt_tokens"], USAGE["completion_tokens"], **common)
        return [*(_for_all(chunk, n) for chunk in chunks), usage]

    @property
    def _finish_reason(self) -> str:
        return "tool_calls" if self.tool_calls else "stop"

    def _calls(self) -> list[ChatCompletionMessageToolCall]:
        try:
            calls = [ChatCompletionMessageToolCall.model_validate(call) for call in self.tool_calls]
        except ValidationError as error:
            raise self._wrong_calls() from error
        if not all(map(_name, calls)):
            raise self._wrong_calls()
        return calls

    def _wrong_calls(self) -> MockError:
        return MockError(
            "expected mock_tool_calls in the shape of a message's tool_calls,"
            f' [{{"function": {{"name": …, "arguments": …}}}}, …], got {self.tool_calls!r:.200}'
        )


def _name(call: ChatCompletionMessageToolCall) -> str | None:
    called = call.get("custom") if call.function is None else call.function
    return None if called is None else called.name


def _fragments(
    call: ChatCompletionMessageToolCall, index: int, common: ChunkFields
) -> list[ModelResponseStream]:
    if call.function is None:
        custom = {**call.model_dump(exclude_none=True), "index": index}
        return [chunk_with(Delta(tool_calls=[custom]), **common)]
    name, arguments = call.function.name or "", call.function.arguments
    return tool_call_chunks(name, arguments, call_id=call.id, index=index, **common)


def _overloaded(*, stream: bool) -> FakeStream:
    """Raise like LiteLLM's mock of a broken stream: Anthropic's 529, before the first chunk."""
    error = InternalServerError(
        "This is a mock error raised mid-stream", llm_provider="anthropic", status_code=529
    )
    if not stream:
        raise error
    return FakeStream([error])


def _is_response(given: object) -> bool:
    """Whether a dict is a whole response's, and not a chunk's."""
    if not isinstance(given, Mapping):
        return False
    choices = given.get("choices") or ()
    return any(isinstance(choice, Mapping) and "message" in choice for choice in choices)


def _for_all(chunk: ModelResponseStream, n: int) -> ModelResponseStream:
    """Copy the choice of a chunk `n` times."""
    (choice,) = chunk.choices
    return chunk.model_copy(
        update={"choices": [choice.model_copy(update={"index": place}) for place in range(n)]}
    )


def _added_up(items: Any, model: str) -> ModelResponse:
    """Rebuild the response of a stream of these items."""
    return stream_chunk_builder(list(CustomStreamWrapper(items, model, is_mock=True))) or ModelResponse(
        model=model
    )
