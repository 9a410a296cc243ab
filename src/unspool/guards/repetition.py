"""LiteLLM's loop guard: equal chunks in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import EllipsisType

from unspool.errors import MockError, RepetitionError
from unspool.models import Delta, ModelResponseStream


class RepetitionGuard:
    """LiteLLM's loop guard: the same text, chunk after chunk, `limit` times.

    The rule, as measured on litellm 1.110.2. When a chunk with content (text, a tool call, reasoning)
    arrives, the last two chunks *before* it are compared, so that the guard lags by one: exactly `limit`
    equal chunks are delivered, and the next chunk raises, unless it is the finish or the usage chunk. Texts
    of one or two characters and chunks without text reset the count; a chunk without choices leaves it
    unchanged. A limit of 1 lets two chunks pass, then raises even if
    they differ.

    It differs from LiteLLM in two points. LiteLLM judges the choice that comes first in each chunk; this
    guard judges each choice on its own, which is the same where there is one. And LiteLLM also takes a
    usage chunk in mid-stream that it doesn't emit for a chunk without choices; this guard only sees what
    is emitted.

    Args:
        limit: how many equal chunks may pass, or a function that returns it; called at each comparison,
            so that LiteLLM's `REPEATED_STREAMING_CHUNK_LIMIT` can change in mid-stream.

    Raises:
        MockError: the limit isn't a whole number from 1.
    """

    def __init__(self, limit: int | Callable[[], int]) -> None:
        self._limit = limit if callable(limit) else checked_limit(limit, "limit")
        self._emitted = 0
        self._voices: dict[int, _Voice] = {}

    def feed(self, chunk: ModelResponseStream, /) -> Iterator[ModelResponseStream]:
        """Yield the same chunk, if it may be emitted.

        Raises:
            RepetitionError: it may not.
        """
        self.observe(chunk)
        yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: a stream that has ended is no loop."""
        return iter(())

    def observe(self, chunk: ModelResponseStream) -> None:
        """Check a chunk that is about to be emitted: `feed` without the iterator's cost.

        Raises:
            RepetitionError: it must not be emitted.
        """
        choices = chunk.__dict__["choices"]  # a field is read from the dict in half the time
        for choice in choices:
            fields = choice.__dict__
            delta, index = fields["delta"], fields["index"]
            text = delta.__dict__["content"]
            voice = self._voices.get(index) or self._new_voice(index)
            last = voice.last
            if (text or _says_something(delta)) and last is not ... and voice.before is not ...:
                if last is None or len(last) <= 2:
                    voice.count = 1
                else:
                    self._judge(voice, last, index)
            if text != last:
                voice.since = self._emitted
            voice.before = last
            voice.last = text
        if not choices:
            for voice in self._voices.values():
                voice.before, voice.last = voice.last, ...
        self._emitted += 1

    def _new_voice(self, index: int) -> _Voice:
        voice = self._voices[index] = _Voice()
        return voice

    def _judge(self, voice: _Voice, last: str, index: int) -> None:
        voice.count = voice.count + 1 if last == voice.before else 1
        limit = self._limit if isinstance(self._limit, int) else self._limit()
        if voice.count >= limit:
            raise _repeats_chunk(last, voice, index)


def checked_limit(limit: object, name: str) -> int:
    """Return the limit, if it is valid.

    Args:
        limit: how many equal chunks may pass.
        name: its name, for the message.

    Raises:
        MockError: it isn't a whole number from 1.
    """
    if type(limit) is int and limit >= 1:
        return limit
    raise MockError(f"expected {name} to be a whole number from 1, got {limit!r:.200}")


class _Voice:
    """The guard's state of one choice.

    Attributes:
        last: the text of its last chunk; `...` for a chunk without choices, and before the first one.
        before: the text of the chunk before that.
        count: how many times in a row the text occurred, as far as compared.
        since: the index of the first of these chunks.
    """

    __slots__ = ("before", "count", "last", "since")

    def __init__(self) -> None:
        self.last: str | EllipsisType | None = ...
        self.before: str | EllipsisType | None = ...
        self.count = 1
        self.since = 0


def _says_something(delta: Delta) -> bool:
    """Whether LiteLLM treats a delta without text as non-empty, and so compares."""
    said, extra = delta.__dict__, delta.__pydantic_extra__ or {}
    if said["tool_calls"] or extra.get("reasoning_content") is not None:
        return True
    if said["function_call"] is not None or said["provider_specific_fields"] is not None:
        return True
    return extra.get("annotations") is not None or extra.get("reasoning_items") is not None


def _repeats_chunk(text: str, voice: _Voice, index: int) -> RepetitionError:
    times = "once" if voice.count == 1 else f"{voice.count} times in a row"
    whose = f" of choice {index}" if index else ""
    shown = text if len(text) <= 200 else f"{text[:200]}…"
    return RepetitionError(
        # LiteLLM's words first: programs look for them.
        f"The model is repeating the same chunk = {shown}. It came {times},"
        f" since chunk {voice.since}{whose}.",
        repeated=text,
        period=1,
        count=voice.count,
        first_chunk=voice.since,
        channel="content",
    )
