"""Fake sources: streams that come from a script instead of a provider.

A script is a sequence of items, in the order in which they happen: text, chunks, the provider's own
bytes or events, pauses, errors. `FakeStream` plays one, once, some times or for ever, and keeps account
of who took what and whether anybody closed it. The makers write chunks for a script:

    FakeStream([role_chunk(), *text_chunks("It rains."), Pause(2.0), httpx.ReadError("reset")])
    FakeStream(text_chunks("How are you? "), repeat=FOREVER)

What the makers make depends on their arguments only: no id is random and no time is the present.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, Final, Self, TypedDict, Unpack

import anyio.lowlevel
from pydantic import BaseModel

from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import MockError
from unspool.models import Delta, ModelResponseStream, StreamingChoices, Usage
from unspool.pipeline import Chain, Stage
from unspool.providers import decoder_for, format_of, normalizer_for
from unspool.wire.event import WireEvent

FOREVER: Final = math.inf
"""As often as anybody asks: for `FakeStream(..., repeat=FOREVER)`."""


class ModelResponseListIterator:
    """LiteLLM's fake source: chunks from a list, one after the other, once.

    Sync and async iteration share one position, so that one may go on where the other stopped. After
    the last item it is over for good; iterating again yields nothing (contract, section a).

    Args:
        model_responses: what to yield, as it is.
        delay: seconds to wait before each item.
        clock: what to wait on.
    """

    def __init__(
        self, model_responses: Sequence[Any], delay: float | None = None, *, clock: Clock = REAL_CLOCK
    ) -> None:
        self.model_responses = model_responses
        self.index = 0
        self.delay = delay
        self._clock = clock

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if self._is_over():
            raise StopIteration
        if self.delay:
            self._clock.sleep(self.delay)
        return self._take()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._is_over():
            raise StopAsyncIteration
        if self.delay:
            await self._clock.asleep(self.delay)
        return self._take()

    def _is_over(self) -> bool:
        return self.index >= len(self.model_responses)

    def _take(self) -> Any:
        item = self.model_responses[self.index]
        self.index += 1
        return item


@dataclass(frozen=True, slots=True)
class Pause:
    """A script's silence, in seconds."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise MockError(f"a pause takes seconds >= 0, got {self.seconds!r}")


ScriptItem = (
    str | bytes | Mapping[str, Any] | BaseModel | WireEvent | Pause | BaseException | type[BaseException]
)
"""What may stand in a script; see `FakeStream`."""

_OVER: Final = object()


class FakeStream:
    """A source that plays a script, sync or async.

    What the items of a script do:

    - `str`: yields a chunk with that text. `""` too: empty chunks exist.
    - a chunk (a pydantic model, ours or an SDK's) or a `dict`: yielded as it is, never changed. What
      repeats is the same object each time.
    - `bytes`: the provider's own bytes. They go through the provider's decoder, so that an event or a
      character may be cut anywhere, and yield the chunks that they complete, or none.
    - `WireEvent`: an event of the provider, which yields the chunks that it stands for.
    - `Pause`: time passes on the clock.
    - an exception, or a class of one: raised; the stream is over then.

    Bytes and events belong to one response: one decoder sees all of them, and is flushed where the
    stream ends, which is where a cut-off response is noticed. `repeat` is part of that response: the
    bytes of each round follow those of the round before, even inside of a character, and what a
    provider sends after its last event (`[DONE]`) counts for nothing. What repeats for ever is never
    flushed.

    A script is read as the stream goes on, so it may be a generator, and an endless one if it's played
    once. Only a script that repeats is kept, once.

    In async iteration other tasks get their turn before each item, so that even an endless stream can
    be cancelled. `close` and `aclose` end the stream; afterwards nothing comes from it any more.

    Args:
        script: the items.
        repeat: how often to play it: a whole number from 1, or `FOREVER`.
        provider: who speaks in the bytes and events: a provider, or a wire format's name.
        clock: what pauses pass on.

    Attributes:
        pulled: how many items the consumer has taken.
        bytes_pulled: how many of the script's bytes have been decoded for it.
        ended: whether the script has run out, or has raised.
        closed: whether the stream has been closed.
        closed_after: how many items had been taken then; None before.
        closed_at: when that was, as `clock.monotonic()` says; None before.

    Raises:
        MockError: the script isn't one, or can't be repeated so often. A bad item is reported when its
            turn comes, and so are two rounds of an endless stream from which nothing came.
    """

    def __init__(
        self,
        script: Iterable[ScriptItem],
        *,
        repeat: float = 1,
        provider: str = "openai",
        clock: Clock = REAL_CLOCK,
    ) -> None:
        if not _is_script(script):
            raise MockError(
                f"a script is a sequence of items, got {_shown(script)}; put one item into a list"
            )
        if not (repeat == FOREVER or (isinstance(repeat, int) and repeat >= 1)):
            raise MockError(f"repeat is a whole number from 1, or FOREVER; got {repeat!r}")
        self.pulled = 0
        self.bytes_pulled = 0
        self.ended = False
        self.closed = False
        self.closed_after: int | None = None
        self.closed_at: float | None = None
        self._clock = clock
        self._reader = _Reader(provider)
        self._steps = self._play(self._rounds(script, repeat))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        step = self._step()
        while isinstance(step, Pause):
            self._clock.sleep(step.seconds)
            step = self._step()
        if step is _OVER:
            raise StopIteration
        return step

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        await anyio.lowlevel.checkpoint()  # before the step: a cancelled task loses no item
        step = self._step()
        while isinstance(step, Pause):
            await self._clock.asleep(step.seconds)
            step = self._step()
        if step is _OVER:
            raise StopAsyncIteration
        return step

    def close(self) -> None:
        """End the stream. Once is enough; a second call changes nothing."""
        if not self.closed:
            self.closed = True
            self.closed_after = self.pulled
            self.closed_at = self._clock.monotonic()

    async def aclose(self) -> None:
        """`close`, for async consumers."""
        self.close()

    def _step(self) -> Any:
        if self.closed or self.ended:
            return _OVER
        try:
            step = next(self._steps, _OVER)
        except BaseException:
            self.ended = True
            raise
        if step is _OVER:
            self.ended = True
        elif not isinstance(step, Pause):
            self.pulled += 1
        return step

    def _play(self, items: Iterator[ScriptItem]) -> Iterator[Any]:
        for item in items:
            match item:
                case bytes():
                    self.bytes_pulled += len(item)
                    yield from self._reader.decode(item)
                case WireEvent():
                    yield from self._reader.normalize(item)
                case BaseException() | type():
                    raise _exception(item)
                case Pause() | BaseModel() | Mapping():
                    yield item
                case _:
                    raise MockError(_UNPLAYABLE.format(_shown(item)))
        yield from self._reader.flush()

    def _rounds(self, script: Iterable[ScriptItem], repeat: float) -> Iterator[ScriptItem]:
        first_round = map(_settled, script)
        if repeat == 1:
            yield from first_round
            return
        kept: list[ScriptItem] = []
        for item in first_round:
            kept.append(item)
            yield item
        done, pulled, barren = 1, 0, 0
        while done < repeat:
            barren = barren + 1 if self.pulled == pulled else 0
            if repeat == FOREVER and barren == 2:  # one may be: its last event can end in the next round
                raise MockError(_BARREN)
            pulled = self.pulled
            yield from kept
            done += 1


_BARREN = (
    "this script repeats for ever, and nothing has come from two whole rounds of it: are there pauses only,"
    " half an event, or bytes after the provider's last event, such as [DONE]?"
)

_UNPLAYABLE = (
    "a script is made of text, bytes, chunks (models or dicts), WireEvents, Pauses and exceptions; got {}"
)


def _is_script(thing: object) -> bool:
    """Not a lone item, though text, bytes, dicts and pydantic models can be iterated too."""
    return isinstance(thing, Iterable) and not isinstance(thing, str | bytes | Mapping | BaseModel)


def _settled(item: ScriptItem) -> ScriptItem:
    """The item, text as a chunk: made once, however often it's played."""
    return _chunk(Delta(content=item)) if isinstance(item, str) else item


def _shown(thing: object) -> str:
    return f"{type(thing).__name__}: {thing!r:.100}"


def _exception(item: BaseException | type) -> BaseException:
    if isinstance(item, type):
        if not issubclass(item, BaseException):
            raise MockError(_UNPLAYABLE.format(_shown(item)))
        item = item()
    if isinstance(item, StopIteration | StopAsyncIteration):
        raise MockError(f"a stream can't raise {type(item).__name__}: to end it, end the script")
    return item.with_traceback(None)  # its earlier ones, where a script is played in many tests


class _Reader:
    """The provider's decoder and normalizer, made when a script first needs them."""

    def __init__(self, provider: str) -> None:
        self._format = format_of(provider)
        self._normalizer: Stage[WireEvent, ModelResponseStream] | None = None
        self._pipeline: Chain | None = None

    def normalize(self, event: WireEvent) -> Iterator[ModelResponseStream]:
        return self._opened().feed(event)

    def decode(self, data: bytes) -> Iterator[ModelResponseStream]:
        if self._pipeline is None:
            self._pipeline = Chain(decoder_for(self._format), self._opened())
        return self._pipeline.feed(data)

    def flush(self) -> Iterator[ModelResponseStream]:
        stage = self._pipeline or self._normalizer
        return iter(()) if stage is None else stage.flush()

    def _opened(self) -> Stage[WireEvent, ModelResponseStream]:
        if self._normalizer is None:
            self._normalizer = normalizer_for(self._format)
        return self._normalizer


class ChunkFields(TypedDict, total=False):
    """What every maker takes by keyword: what its chunks say beside their delta.

    Attributes:
        id: the response's id.
        created: in seconds since 1970-01-01 UTC.
        model: the provider's name for the model.
        choice: the index of the choice that the chunks belong to.
    """

    id: str
    created: int
    model: str
    choice: int


_ID = "chatcmpl-fake"
_CREATED = 1_704_067_200  # 2024-01-01
_MODEL = "fake-model"

DEFAULT_SIZE = 3
"""How much goes into a chunk, as in LiteLLM's own mock: three characters."""


def text_chunks(
    text: str, size: int = DEFAULT_SIZE, *, split_graphemes: bool = False, **fields: Unpack[ChunkFields]
) -> list[ModelResponseStream]:
    """A text, cut into chunks.

    Args:
        text: what the chunks say together.
        size: how much each says, the last one maybe less: in graphemes, which are what readers take for
            a character, so that no emoji and no accented letter is torn.
        split_graphemes: count and cut by code points instead, as some providers do.
        fields: see `ChunkFields`.

    Raises:
        MockError: there is nothing to cut, or the size is less than 1.
    """
    pieces = _pieces(text, size, split_graphemes=split_graphemes)
    return [_chunk(Delta(content=piece), **fields) for piece in pieces]


def reasoning_chunks(
    text: str, size: int = DEFAULT_SIZE, *, split_graphemes: bool = False, **fields: Unpack[ChunkFields]
) -> list[ModelResponseStream]:
    """Reasoning, cut into chunks: like `text_chunks`, in `reasoning_content`."""
    pieces = _pieces(text, size, split_graphemes=split_graphemes)
    return [_chunk(Delta(reasoning_content=piece), **fields) for piece in pieces]


def tool_call_chunks(
    name: str,
    arguments: Mapping[str, Any] | str,
    *,
    call_id: str | None = None,
    index: int = 0,
    size: int = DEFAULT_SIZE,
    split_graphemes: bool = False,
    **fields: Unpack[ChunkFields],
) -> list[ModelResponseStream]:
    """One tool call, as OpenAI streams it: id and name first, then the arguments, cut into chunks.

    Args:
        name: the function's name.
        arguments: an object, which becomes compact JSON, or any text, which is taken as it is: it may
            well be broken JSON, or empty.
        call_id: the call's id; `call_<index>` unless given.
        index: which call of the response it is.
        size: how much of the arguments goes into a chunk; see `text_chunks`.
        split_graphemes: see `text_chunks`.
        fields: see `ChunkFields`; its `id` is the response's.

    Raises:
        MockError: there is no name, or the size is less than 1.
    """
    if not name:
        raise MockError(f"a tool call needs a name, got {name!r}")
    said = arguments if isinstance(arguments, str) else _compact_json(arguments)
    opening = {
        "index": index,
        "id": f"call_{index}" if call_id is None else call_id,
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    pieces = _pieces(said, size, split_graphemes=split_graphemes) if said else []
    fragments = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
    return [_chunk(Delta(tool_calls=[call]), **fields) for call in (opening, *fragments)]


def parallel_tool_call_chunks(
    calls: Sequence[tuple[str, Mapping[str, Any] | str]],
    *,
    interleave: bool = False,
    size: int = DEFAULT_SIZE,
    split_graphemes: bool = False,
    **fields: Unpack[ChunkFields],
) -> list[ModelResponseStream]:
    """Several tool calls of one response, numbered from 0.

    Args:
        calls: the name and the arguments of each, as for `tool_call_chunks`.
        interleave: mix them, a chunk of each in turn; else one call follows the other.
        size: see `tool_call_chunks`.
        split_graphemes: see `text_chunks`.
        fields: see `ChunkFields`.

    Raises:
        MockError: there are no calls, or one can't be made.
    """
    if not calls:
        raise MockError("expected a list of (name, arguments), got an empty one")
    made = [
        tool_call_chunks(name, said, index=index, size=size, split_graphemes=split_graphemes, **fields)
        for index, (name, said) in enumerate(calls)
    ]
    if not interleave:
        return list(chain.from_iterable(made))
    return [chunk for turn in zip_longest(*made) for chunk in turn if chunk is not None]


def role_chunk(role: str = "assistant", **fields: Unpack[ChunkFields]) -> ModelResponseStream:
    """What OpenAI opens a stream with: the role and an empty text."""
    return _chunk(Delta(role=role, content=""), **fields)


def finish_chunk(reason: str = "stop", **fields: Unpack[ChunkFields]) -> ModelResponseStream:
    """What a stream ends with: an empty delta and the finish reason, in OpenAI's or the provider's word."""
    return _chunk(Delta(), finish_reason=reason, **fields)


def usage_chunk(
    prompt_tokens: int,
    completion_tokens: int,
    *,
    cached_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    **fields: Unpack[ChunkFields],
) -> ModelResponseStream:
    """What OpenAI sends last where usage was asked for: a chunk without choices.

    Args:
        prompt_tokens: how many there were.
        completion_tokens: how many there were; the total is the sum.
        cached_tokens: how many of the prompt's came from a cache, where that is reported.
        reasoning_tokens: how many of the completion's were reasoning, where that is reported.
        fields: see `ChunkFields`.
    """
    usage: dict[str, Any] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    if cached_tokens is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached_tokens}
    if reasoning_tokens is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning_tokens}
    return _envelope([], fields, usage=Usage.model_validate(usage))


def _chunk(
    delta: Delta, finish_reason: str | None = None, **fields: Unpack[ChunkFields]
) -> ModelResponseStream:
    choice = StreamingChoices(index=fields.get("choice", 0), delta=delta, finish_reason=finish_reason)
    return _envelope([choice], fields)


def _envelope(choices: list[StreamingChoices], fields: ChunkFields, **extra: Any) -> ModelResponseStream:
    return ModelResponseStream(
        id=fields.get("id", _ID),
        created=fields.get("created", _CREATED),
        model=fields.get("model", _MODEL),
        choices=choices,
        **extra,
    )


def _compact_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pieces(text: str, size: int, *, split_graphemes: bool) -> list[str]:
    if not text:
        raise MockError(
            f"expected a text to cut, got {text!r}; for a chunk without text, put '' into the script"
        )
    if size < 1:
        raise MockError(f"expected a size of 1 or more graphemes, got {size!r}")
    units = text if split_graphemes else graphemes(text)
    return ["".join(units[start : start + size]) for start in range(0, len(units), size)]


def graphemes(text: str) -> list[str]:
    """The characters of a text as readers see them: its extended grapheme clusters.

    Follows https://www.unicode.org/reports/tr29/ with what `unicodedata` knows. Where that lacks a
    property, the broader one is taken (any spacing mark joins, any symbol may follow a zero-width
    joiner): a cluster may come out longer than by the book, but none is ever split.
    """
    if text.isascii() and "\r" not in text:
        return list(text)
    clusters, start = [], 0
    for at in range(1, len(text)):
        if not _joins(text, start, at):
            clusters.append(text[start:at])
            start = at
    return [*clusters, text[start:]] if text else []


_ZWNJ, _ZWJ = "\u200c", "\u200d"

# What goes on with the character before it, beside all marks: the joiners, halfwidth voicing marks, Thai
# and Lao vowels, skin tones, and the tags that spell a region's flag.
_EXTENDING = re.compile(f"[{_ZWNJ}{_ZWJ}\uff9e\uff9f\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")

# What goes on with the character after it (Prepended_Concatenation_Mark, and letters of Indic scripts).
_PREPENDED = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u1cf5\u1cf6\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02]"
)

# Viramas that join two consonants (Indic_Conjunct_Break=Linker).
_LINKERS = frozenset(
    "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2\u1a60\u1b44\u1bab\ua9c0\uaaf6"
    "\U00010a3f\U00011133\U000113d0\U0001193e\U00011a47\U00011a99\U00011f42"
)

# Pictographs that aren't symbols by category.
_PICTOGRAPHS = re.compile("[\u203c\u2049\u2139\u3030\u303d\U0001f000-\U0001fffd]")


def _joins(text: str, start: int, at: int) -> bool:
    """Whether the character at `at` belongs to the cluster that began at `start`."""
    before, char = text[at - 1], text[at]
    if before == "\r":
        return char == "\n"
    if _is_control(before) or _is_control(char):
        return False
    if _extends(char) or _PREPENDED.match(before):
        return True
    return (
        _joins_in_hangul(before, char)
        or _joins_to_flag(text, start, at)
        or _joins_to_emoji(text, start, at)
        or _joins_to_conjunct(text, start, at)
    )


def _is_control(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return not (_EXTENDING.match(char) or _PREPENDED.match(char))
    return category in {"Cc", "Cs", "Zl", "Zp"}


def _extends(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Mc"} or _EXTENDING.match(char) is not None


def _joins_in_hangul(before: str, char: str) -> bool:
    pair = _hangul_type(before) + _hangul_type(char)
    return pair in {"LL", "LV", "LS", "LC", "SV", "ST", "VV", "VT", "CT", "TT"}


def _hangul_type(char: str) -> str:
    """L, V and T are leading, vowel and trailing letters; S is a syllable that is open, C one that isn't."""
    if "\uac00" <= char <= "\ud7a3":
        return "C" if (ord(char) - 0xAC00) % 28 else "S"
    for kind, letters in _HANGUL_LETTERS.items():
        if letters.match(char):
            return kind
    return ""


_HANGUL_LETTERS = {
    "L": re.compile("[\u1100-\u115f\ua960-\ua97c]"),
    "V": re.compile("[\u1160-\u11a7\ud7b0-\ud7c6]"),
    "T": re.compile("[\u11a8-\u11ff\ud7cb-\ud7fb]"),
}


def _joins_to_flag(text: str, start: int, at: int) -> bool:
    """Two regional letters are a flag; a third begins the next one."""
    if not (_is_regional(text[at]) and _is_regional(text[at - 1])):
        return False
    return at - 2 < start or not _is_regional(text[at - 2])


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _joins_to_emoji(text: str, start: int, at: int) -> bool:
    """A pictograph, whatever extends it, a zero-width joiner, and another: a family, a profession."""
    if text[at - 1] != _ZWJ or not _is_pictograph(text[at]):
        return False
    return _is_pictograph(text[_base(text, start, at)])


def _is_pictograph(char: str) -> bool:
    return unicodedata.category(char) in {"So", "Sm"} or _PICTOGRAPHS.match(char) is not None


def _joins_to_conjunct(text: str, start: int, at: int) -> bool:
    """Two consonants with a virama between them are written as one."""
    if unicodedata.category(text[at]) != "Lo" or not _extends(text[at - 1]):
        return False
    return not _LINKERS.isdisjoint(text[_base(text, start, at) : at])


def _base(text: str, start: int, at: int) -> int:
    """Where the last character before `at` is that extends no other; the cluster's first one at least."""
    base = at - 1
    while base > start and _extends(text[base]):
        base -= 1
    return base
