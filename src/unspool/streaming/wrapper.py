"""`CustomStreamWrapper`: the streaming contract, to be iterated with `for` or with `async for`.

`unspool.streaming.core` decides the content of the stream. This shell pulls, emits, closes and reports.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from unspool.builder import stream_chunk_builder
from unspool.clock import REAL_CLOCK, Clock
from unspool.error_mapping import map_exception
from unspool.errors import MidStreamFallbackError, MockError, ProviderError, ScriptError, Timeout
from unspool.guards.repetition import RepetitionGuard, checked_limit
from unspool.mid_stream import breaks_a_stream, in_mid_stream, of_this_stream
from unspool.models import ModelResponse, ModelResponseStream
from unspool.streaming.core import Guard, KeptChunks, StreamCore, StreamOptions
from unspool.streaming.source import END, Source, awaited

if TYPE_CHECKING:
    from types import TracebackType

    from anyio import Event

    from unspool.guards.cycle import CycleGuard

logger = logging.getLogger("unspool")

# Names of a broken connection in httpx and httpx2. After the finish reason it is ignored.
_BROKEN_CONNECTION = frozenset({"ReadError", "RemoteProtocolError"})


def _current_limit() -> int:
    limit = sys.modules["unspool"].REPEATED_STREAMING_CHUNK_LIMIT
    if type(limit) is int and limit >= 1:  # called for every chunk
        return limit
    return checked_limit(limit, "unspool.REPEATED_STREAMING_CHUNK_LIMIT")


def _guards(limit: int | None, cycle_guard: CycleGuard | None) -> list[Guard]:
    if limit is None:
        _current_limit()  # a wrong one is an error now, not when two chunks are compared
        guards: list[Guard] = [RepetitionGuard(_current_limit)]
    else:
        guards = [RepetitionGuard(checked_limit(limit, "repeated_chunk_limit"))]
    # A separate one: the text of another stream is no part of this one.
    return guards if cycle_guard is None else [*guards, cycle_guard.fresh()]


@dataclass(frozen=True)
class _Request:
    """Return the logging object's details of the request. It may be a mock, so only real data counts."""

    litellm_params: Mapping[str, Any]
    optional_params: Mapping[str, Any]
    stream_options: Mapping[str, Any] | None
    messages: list[Any] | None

    @classmethod
    def known_to(cls, logging_obj: Any) -> Self:
        details = _mapping(getattr(logging_obj, "model_call_details", None))
        options = getattr(logging_obj, "stream_options", None)
        messages = getattr(logging_obj, "messages", None)
        return cls(
            litellm_params=_mapping(details.get("litellm_params")),
            optional_params=_mapping(getattr(logging_obj, "optional_params", None)),
            stream_options=options if isinstance(options, Mapping) else None,
            messages=messages if isinstance(messages, list) else None,
        )


@contextmanager
def _failing_quietly() -> Iterator[None]:
    """Log an error of a failure handler: it must not hide the failure itself."""
    try:
        yield
    except Exception:
        logger.exception("the failure handler of a stream failed")


def _is_custom(provider: str | None) -> bool:
    return any(listed["provider"] == provider for listed in sys.modules["unspool"].custom_provider_map)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


class _Turns:
    """A lock for threads or tasks that share a stream: each chunk goes to one of them."""

    def __init__(self) -> None:
        self.of_threads = RLock()
        self.is_taken = False  # by a task
        self._waiting: deque[Event] = deque()

    async def next(self) -> None:
        """Wait until a task releases the lock."""
        from anyio import Event  # noqa: PLC0415 - only async streams need it, and it takes long to import

        turn = Event()
        self._waiting.append(turn)
        await turn.wait()

    def give(self) -> None:
        """Release the lock to the next task."""
        self.is_taken = False
        if self._waiting:
            self._waiting.popleft().set()


class CustomStreamWrapper:
    """A stream of `ModelResponseStream` chunks by LiteLLM's contract, whatever its source yields.

    It's an iterator and an async iterator, and a context manager of either kind. It ends once: after the last
    chunk, an error or `close()` the source is closed, and every further `next` stops at once.
    Leaving a `for` loop early leaves the stream open, to continue later; use `with`, or `close()`.

    Args:
        completion_stream: a list, an iterator, an async iterator or both in one; None with `make_call`.
        model: the name that chunks carry.
        logging_obj: called at the first chunk, for each chunk, at the end and for an error
            (`unspool.Logging`, or anything with methods of those names).
        custom_llm_provider: the provider's name. `cached_response` counts as a cache hit.
        stream_options: `{"include_usage": True}` for a last chunk with `.usage`.
        make_call: opens the stream at the first pull; called with `client=None`.
        count_prompt_tokens: the prompt's tokens, for a provider that reports no usage.
        is_mock: the source is a mock, whose missing finish reason is no error.
        strict: None raises IncompleteStreamError if a stream of chunks ends without a finish reason, an error
            in LiteLLM too, unless `unspool.raise_on_incomplete` is False. Text in a
            script, generic chunks, cached responses, mocks, custom providers and an empty source end in
            `stop`. True raises for these too, except plain text, and for a finish reason of `error`. False
            raises in no case.
        repeated_chunk_limit: instead of `unspool.REPEATED_STREAMING_CHUNK_LIMIT`, for this stream.
        cycle_guard: a `CycleGuard` to find loops that LiteLLM's rule misses.
        wrap_errors: raise `MidStreamFallbackError` alone, around what isn't a 4xx, as LiteLLM does. By
            default such an error is of that class and of the mapped error's own at once.
        max_seconds: the longest that the stream may take, in seconds; by default the environment's
            `LITELLM_MAX_STREAMING_DURATION_SECONDS`, else no limit.
        merge_reasoning_content_in_choices: put reasoning into the content, inside `<think>`.
        token_counter: counts tokens if the stream reports no usage.
        clock: the time. A virtual one makes tests instant.

    Raises (when iterated):
        ProviderError: the source's exception, mapped to LiteLLM's classes, with the
            text so far in `.generated_content`.
        RepetitionError: the model repeats itself.
        Timeout: the stream took longer than `max_seconds`.
    """

    def __init__(  # noqa: PLR0917 - LiteLLM's signature
        self,
        completion_stream: Any,
        model: str | None,
        logging_obj: Any = None,
        custom_llm_provider: str | None = None,
        stream_options: Mapping[str, Any] | None = None,
        make_call: Callable[..., Any] | None = None,
        _response_headers: Any = None,
        count_prompt_tokens: Callable[[], int] | None = None,
        is_mock: bool = False,  # noqa: FBT001, FBT002 - LiteLLM's position
        *,
        strict: bool | None = None,
        repeated_chunk_limit: int | None = None,
        cycle_guard: CycleGuard | None = None,
        wrap_errors: bool = False,
        max_seconds: float | None = None,
        merge_reasoning_content_in_choices: bool | None = None,
        token_counter: Callable[..., int] | None = None,
        clock: Clock = REAL_CLOCK,
        _usage_without_choices: bool = False,
    ) -> None:
        request = _Request.known_to(logging_obj)
        if stream_options is None:
            stream_options = request.stream_options
        if merge_reasoning_content_in_choices is None:
            merge = request.litellm_params.get("merge_reasoning_content_in_choices") is True
        else:
            merge = merge_reasoning_content_in_choices
        self.model = model or ""
        self.logging_obj = logging_obj
        self.custom_llm_provider = custom_llm_provider
        self.stream_options = stream_options
        self.messages = request.messages
        self.merge_reasoning_content_in_choices = merge
        self._response_headers = _response_headers
        self._hidden_params: dict[str, Any] = {
            "model_id": _mapping(request.litellm_params.get("model_info")).get("id"),
            "api_base": request.litellm_params.get("api_base"),
            "additional_headers": dict(_response_headers or {}),
        }
        options = StreamOptions(
            model=self.model,
            custom_llm_provider=custom_llm_provider or "",
            include_usage=_mapping(stream_options).get("include_usage") is True,
            usage_on_finish=stream_options is None,
            merge_reasoning=merge,
            functions="functions" in request.optional_params,
            strict=strict,
            exempt=is_mock or custom_llm_provider == "cached_response" or _is_custom(custom_llm_provider),
            usage_without_choices=_usage_without_choices,
            hidden={
                "custom_llm_provider": custom_llm_provider,
                "response_cost": None,
                **self._hidden_params,
            },
        )
        build = partial(
            stream_chunk_builder,
            messages=self.messages,
            count_prompt_tokens=count_prompt_tokens,
            token_counter=token_counter,
        )
        guards = _guards(repeated_chunk_limit, cycle_guard)
        self._core = StreamCore(options, now=clock.now, guards=guards, build=build)
        self._source = Source(completion_stream, make_call)
        self._clock = clock
        self._deadline = clock.monotonic() + _max_seconds(max_seconds)
        self._wrap_errors = wrap_errors
        self._pending: Iterator[ModelResponseStream] = iter(())
        self._flushing = False
        self._ended = False
        self._turns = _Turns()

    # -- iteration -----------------------------------------------------------------------------------

    def __iter__(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    def __next__(self) -> ModelResponseStream:
        with self._turns.of_threads:
            try:
                chunk = self._next_chunk()
                if chunk is not None and self.logging_obj is not None:
                    self._notice(chunk)
            except BaseException:
                self.close()
                raise
        if chunk is None:
            raise StopIteration
        return chunk

    async def __anext__(self) -> ModelResponseStream:
        turns = self._turns
        while turns.is_taken:
            await turns.next()
        turns.is_taken = True
        try:
            chunk = await self._anext_chunk()
            if chunk is not None and self.logging_obj is not None:
                self._notice(chunk, events=False)
        except BaseException:
            await self.aclose()
            raise
        finally:
            turns.give()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def _next_chunk(self) -> ModelResponseStream | None:
        """Return the next chunk; None at the end, which is reported once, and after it."""
        while not self._ended:
            try:
                chunk = next(self._pending, None)
                if chunk is None and not self._flushing:
                    chunk = self._take(self._source.pull())
                    if chunk is None:
                        continue
            except Exception as error:
                if self._is_over_for(error):
                    continue
                self.close()
                failure = self._failure(error)
                self._report_failure(failure, traceback.format_exc())
                if failure is error:
                    raise
                raise failure from error
            if chunk is None:
                self.close()
                self._report("success_handler", *self._success())
            return chunk
        return None

    async def _anext_chunk(self) -> ModelResponseStream | None:
        """As `_next_chunk`."""
        while not self._ended:
            try:
                chunk = next(self._pending, None)
                if chunk is None and not self._flushing:
                    chunk = self._take(await self._source.apull())
                    if chunk is None:
                        continue
            except Exception as error:
                if self._is_over_for(error):
                    continue
                await self.aclose()
                failure = self._failure(error)
                await self._areport_failure(failure, traceback.format_exc())
                if failure is error:
                    raise
                raise failure from error
            if chunk is None:
                await self.aclose()
                await awaited(self._report("async_success_handler", *self._success()))
            return chunk
        return None

    def _take(self, item: Any) -> ModelResponseStream | None:
        """Return the chunk for an ordinary item; store those for any other as pending."""
        if self._ended:  # closed meanwhile, by another task or thread: the item is discarded
            return None
        if self._deadline != math.inf and self._clock.monotonic() > self._deadline:
            self._take_late(item)
            return None
        chunk = self._core.feed_ordinary(item)
        if chunk is None:
            self._flushing = item is END
            self._pending = self._feed(item)
        return chunk

    def _take_late(self, item: Any) -> None:
        """Handle an item after the deadline: accept the last one, if only the end is missing."""
        if not self._core.has_finished:
            late = self._clock.monotonic() - self._deadline
            raise Timeout(f"the stream exceeded its max_seconds, {late:.1f} s ago")
        self._pending = chain(self._feed(item), self._feed(END))  # no reader waits for more
        self._flushing = True

    def _feed(self, item: Any) -> Iterator[ModelResponseStream]:
        if item is not END:
            return self._core.feed(item)
        self._core.raises_if_incomplete = sys.modules["unspool"].raise_on_incomplete
        return self._core.flush()

    def _is_over_for(self, error: Exception) -> bool:
        """Whether an error only means that an ended stream has no more items."""
        if self._ended:
            logger.debug("a stream's source failed after the stream was closed", exc_info=error)
            return True
        if self._is_past_finish(error):
            self._flushing, self._pending = True, self._feed(END)
            return True
        return False

    # -- closing -------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the stream and close its source. Idempotent. An async source is closed by `aclose` only."""
        self._ended = True
        self._source.close()

    async def aclose(self) -> None:
        """End the stream and close its source, even in a task that is being cancelled. Idempotent."""
        self._ended = True
        await self._source.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        source = self.__dict__.get("_source")  # absent where the constructor raised
        if source is not None:
            source.close()

    # -- errors and reports --------------------------------------------------------------------------

    def _is_past_finish(self, error: Exception) -> bool:
        """Whether the whole response had arrived before the connection broke (contract: async; here sync
        too).
        """
        return not self._flushing and self._core.has_finished and type(error).__name__ in _BROKEN_CONNECTION

    def _report_failure(self, failure: Exception, trace: str) -> None:
        with _failing_quietly():
            self._report("failure_handler", failure, trace)

    async def _areport_failure(self, failure: Exception, trace: str) -> None:
        with _failing_quietly():
            await awaited(self._report("async_failure_handler", failure, trace))

    def _failure(self, error: Exception) -> ProviderError | ScriptError:
        if isinstance(error, MockError):  # an error in the script, not of the provider
            return error if isinstance(error, ScriptError) else ScriptError(str(error))
        if isinstance(error, ProviderError):
            error = of_this_stream(error)
        mapped = map_exception(error, model=self.model, llm_provider=self.custom_llm_provider or "")
        text, is_first = self._core.text, not self._core.chunks
        if not self._wrap_errors or not breaks_a_stream(mapped):
            return in_mid_stream(mapped, generated_content=text, is_pre_first_chunk=is_first)
        return MidStreamFallbackError(
            str(mapped),
            model=mapped.model,
            llm_provider=mapped.llm_provider,
            original_exception=mapped,
            generated_content=text,
            is_pre_first_chunk=is_first,
        )

    def _success(self) -> tuple[ModelResponse | None, None, None, bool]:
        if self.logging_obj is None:
            return None, None, None, False
        return self._core.response(), None, None, self.custom_llm_provider == "cached_response"

    def _report(self, handler: str, *details: Any) -> Any:
        return None if self.logging_obj is None else getattr(self.logging_obj, handler)(*details)

    def _notice(self, chunk: ModelResponseStream, *, events: bool = True) -> None:
        if self._core.chunks.total == 1:
            first = datetime.fromtimestamp(self._clock.now(), UTC)
            self.logging_obj.update_completion_start_time(completion_start_time=first)
        if events and not sys.modules["unspool"].disable_streaming_logging:
            self.logging_obj.stream_event_handler(chunk)

    # -- read by LiteLLM's callers and tests ---------------------------------------------------------

    @property
    def completion_stream(self) -> Any:
        """The source; None after it has been closed."""
        return self._source.stream

    @property
    def hidden_params(self) -> dict[str, Any]:
        return self._hidden_params

    @property
    def chunks(self) -> KeptChunks[ModelResponseStream]:
        """The chunks emitted so far; see `KeptChunks` for an endless stream."""
        return self._core.chunks

    @property
    def response_uptil_now(self) -> str:
        """The text of the first choice so far."""
        return self._core.text

    @property
    def response_id(self) -> str | None:
        return self._core.response_id

    @property
    def created(self) -> int | None:
        return self._core.created

    @property
    def system_fingerprint(self) -> str | None:
        return self._core.system_fingerprint

    @property
    def received_finish_reason(self) -> str | None:
        return self._core.received_finish_reason

    @property
    def sent_first_chunk(self) -> bool:
        return bool(self._core.chunks)

    @property
    def sent_last_chunk(self) -> bool:
        return self._core.finished

    @property
    def send_stream_usage(self) -> bool:
        return self._core.options.include_usage


_MAX_SECONDS = "LITELLM_MAX_STREAMING_DURATION_SECONDS"


def _max_seconds(given: float | None) -> float:
    """Return the maximum duration of a stream, in seconds.

    Raises:
        MockError: the argument or the environment's value isn't a positive number.
    """
    text = os.environ.get(_MAX_SECONDS)
    if given is None and text is not None:
        try:
            return _positive(float(text))
        except ValueError:
            raise MockError(
                f"expected the environment variable {_MAX_SECONDS} to be a number of seconds > 0,"
                f" got {text!r:.200}; unset it for no limit"
            ) from None
    if given is None:
        return math.inf
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise MockError(f"expected max_seconds to be a number of seconds > 0 or None, got {given!r:.200}")
    return _positive(given)


def _positive(seconds: float) -> float:
    if not seconds > 0:
        raise MockError(f"expected max_seconds > 0, got {seconds!r}")
    return seconds
