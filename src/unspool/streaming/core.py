"""LiteLLM's streaming contract as a pure stage: from a source's chunks to the caller's chunks.

The contract in short, as measured on LiteLLM: the role is emitted once, in the first chunk; empty chunks are
dropped; a finish reason is moved from the chunk with text to a separate chunk, exactly once per choice; id,
created and model never change; usage is hidden until the end and emitted there if requested; `stop` after
tool calls is `tool_calls`; a stream of chunks that ends without a
finish reason is an error. Unlike LiteLLM, this core doesn't mix several choices and doesn't lose a signature
of thinking.

An incoming chunk is never changed: the same object may be in a script a hundred times. An emitted chunk
belongs to the caller: it shares nothing mutable with the source, with another chunk or with the response that
is built at the end from the emitted chunks. All emitted chunks are stored, except of an endless stream:
`KeptChunks` uses constant memory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf
from operator import itemgetter
from typing import Any, Protocol, TypeVar, overload

from unspool.builder import ChoiceFold, ResponseFold
from unspool.errors import APIError, IncompleteStreamError, InternalServerError
from unspool.models import (
    EMITTED_AT,
    NO_FINISH,
    STREAMS_HIDDEN,
    Delta,
    FunctionCall,
    ModelResponse,
    ModelResponseStream,
    StreamingChoices,
    Usage,
    assemble,
    assemble_one,
    own,
    response_id,
)
from unspool.streaming.compact import CompactChunks
from unspool.streaming.items import as_chunk, has_no_finish, is_empty, is_generic
from unspool.streaming.owned import own_call, own_chunk

logger = logging.getLogger("unspool")

JSON = dict[str, Any]

_NO_FINISH_ALONE = {NO_FINISH: True}

# One call in C for several fields, and one comparison.
_head_of = itemgetter("id", "model", "system_fingerprint", "provider_specific_fields")
_beside_delta = itemgetter("finish_reason", "logprobs")
_rare_in_delta = itemgetter("function_call", "audio", "provider_specific_fields")
_NEVER = (object(),) * 4  # no chunk's head

_UNBUILDABLE = "the chunks of a stream can't be added up to a response"

# Providers whose chunks name the deployment's real model; for the others, callers get the requested name.
_MODEL_FROM_CHUNK = frozenset({"azure", "azure_ai"})

_FILTER_RESULTS = ("content_filter_results", "content_filter_result", "content_filter_offsets")


class Guard(Protocol):
    """A check of each chunk before it is emitted."""

    def observe(self, chunk: ModelResponseStream, /) -> None:
        """Check a chunk; raise RepetitionError to stop the stream."""
        ...


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """Options of a stream's output.

    Attributes:
        model: the name that chunks carry, without the provider's prefix.
        custom_llm_provider: the provider's name.
        include_usage: end with a chunk that has `.usage`.
        usage_on_finish: add the usage known so far to the finish chunk's hidden params (LiteLLM does without
            any stream options).
        merge_reasoning: put reasoning into the content, between `<think>` and `</think>`.
        functions: the request used `functions`, so a generic chunk's tool is a function call.
        strict: None raises if a choice has no finish reason; True raises for a finish reason of `error` too,
            and exempts only plain text; False raises in no case.
        exempt: the source sends no finish reasons (a mock, a cached response, a custom provider), so None
            doesn't raise.
        usage_without_choices: the usage chunk has `choices: []` if the provider's own had, as in LiteLLM's
            `completion`; its bare wrapper adds one empty choice.
        hidden: the hidden params that every chunk carries.
    """

    model: str
    custom_llm_provider: str = ""
    include_usage: bool = False
    usage_on_finish: bool = False
    merge_reasoning: bool = False
    functions: bool = False
    strict: bool | None = False
    exempt: bool = False
    usage_without_choices: bool = False
    hidden: JSON = field(default_factory=dict)


@dataclass(slots=True)
class _Choice:
    """The state of one choice."""

    role_sent: bool = False
    finish_sent: bool = False
    pending: StreamingChoices | None = None  # with a finish reason that arrived together with text
    thinking: bool = False  # inside merged <think>
    used_tools: bool = False
    fold: ChoiceFold | None = None  # its ordinary chunks are added to this


class StreamCore:
    """One stream's contract; a stage. See the module's docstring.

    Args:
        options: options of the output.
        now: the wall's time, in seconds.
        guards: the loop guards, which may stop the stream.
        build: builds the response from the sum of the chunks; called once, at the end.
    """

    def __init__(
        self,
        options: StreamOptions,
        *,
        now: Callable[[], float],
        guards: Sequence[Guard] = (),
        build: Callable[[ResponseFold], ModelResponse | None],
    ) -> None:
        self.options = options
        self.chunks: KeptChunks[ModelResponseStream] = KeptChunks()
        self.response_id: str | None = None
        self.created: int | None = None
        self.system_fingerprint: str | None = None
        self.received_finish_reason: str | None = None
        self.usage: Usage | None = None
        self.model = options.model
        self._source_id: str | None = None
        self._source_model: str | None = None
        self._hidden = own(options.hidden)  # shared by all chunks, so replaced on every change
        self._changes_deltas = options.merge_reasoning or options.functions
        self._head: JSON | None = None  # template of the fields of the next ordinary chunk
        self._ordinary: tuple[object, ...] = _NEVER  # the head of an ordinary item
        self._now = now
        self._observers = [guard.observe for guard in guards]
        self._build = build
        self._fold = ResponseFold()
        self._unbuildable: Exception | None = None
        self._last_at = -inf
        self._response: ModelResponse | None = None
        self._choices: dict[int, _Choice] = {}
        self._nameless: list[ModelResponseStream] = []
        self._beside_usage: JSON = {}
        self._last_finish: ModelResponseStream | None = None
        self._generic = options.custom_llm_provider == "cached_response"
        self._has_chunks = False  # of a kind that has a finish reason
        self._intermittent: str | None = None
        self._usage_without_choices = False
        self.raises_if_incomplete = True

    @property
    def text(self) -> str:
        """The text of the first choice so far."""
        text = self._fold.text(0)
        latest = self.chunks.latest
        if latest:
            deltas = [c.delta for chunk in latest for c in chunk.choices if c.index == 0]
            text += "".join(delta.content for delta in deltas if delta.content)
        return text

    @property
    def finished(self) -> bool:
        """Whether every choice's finish chunk has been emitted."""
        return bool(self._choices) and all(choice.finish_sent for choice in self._choices.values())

    @property
    def has_finished(self) -> bool:
        """Whether every choice has a finish reason, emitted or to be emitted at the end."""
        choices = self._choices.values()
        return bool(choices) and all(choice.finish_sent or choice.pending is not None for choice in choices)

    def response(self) -> ModelResponse | None:
        """The response that the emitted chunks add up to; built once, so read it at the end.

        None without chunks, or if they can't be added up: that never breaks a stream.
        """
        if self._response is None and self._unbuildable is None:
            try:
                self._response = self._build(self._whole_fold())
            except APIError as error:
                self._unbuildable = error
        if self._unbuildable is not None:
            logger.warning(_UNBUILDABLE, exc_info=self._unbuildable)
        return self._response

    def _whole_fold(self) -> ResponseFold:
        """The sum of the chunks, with the latest chunks of an endless stream."""
        if not self.chunks.latest:
            return self._fold
        whole = deepcopy(self._fold)
        for chunk in self.chunks.latest:
            whole.add(chunk)
        return whole

    def feed(self, item: Any, /) -> Iterator[ModelResponseStream]:
        """Yield the chunks for one item of the source: often one, sometimes none or two.

        Raises:
            ProviderError: the item reports an error, or a guard fired.
            UnspoolError: the item is no chunk.
        """
        if isinstance(item, ModelResponseStream):
            chunk = item
            self._has_chunks = self._has_chunks or not has_no_finish(item)
        elif is_empty(item):
            return
        else:
            self._note_kind(item)
            chunk = as_chunk(item)
        usage = self._note_usage(chunk)
        if not chunk.choices:
            yield from self._without_choices(chunk, usage)
            return
        kept, finished = self._sort(chunk.choices)
        if self._nameless and (kept or finished):
            self._identify(chunk)
            yield from self._release()
        if kept:
            yield self._sent(self._chunk(chunk, kept, usage))
        for choice in finished:
            yield self._finish(chunk, choice, usage, is_first=not kept and choice is finished[0])

    def feed_ordinary(self, item: Any, /) -> ModelResponseStream | None:
        """Return the one chunk for an ordinary item; None for any other, which goes to `feed`.

        Nearly every chunk of a stream is ordinary: it continues the text, the reasoning or the calls of one
        choice that has begun, and contains nothing else.

        Raises:
            RepetitionError: a guard fired.
        """
        if type(item) is not ModelResponseStream or item.__pydantic_extra__:
            return None
        given = item.__dict__
        choices = given["choices"]
        if len(choices) != 1:
            return None
        beside = choices[0].__dict__
        choice = self._choices.get(beside["index"])
        if choice is None or not choice.role_sent:
            return None
        head = self._head or self._new_head()
        delta = beside["delta"]
        said, extra = delta.__dict__, delta.__pydantic_extra__
        if (
            _head_of(given) != self._ordinary
            or _beside_delta(beside) != (None, None)
            or choices[0].__pydantic_extra__
            or not _says_ordinary(said, extra)
            or not self._is_bare(given)
        ):
            return None
        return self._continued(choice, beside, head, said, extra)

    def _is_bare(self, given: JSON) -> bool:
        """Whether a chunk of the source has no hidden params that the caller would be shown."""
        hidden = given.get("_hidden_params")
        if not hidden:
            self._has_chunks = True
            return True
        return bool(hidden == _NO_FINISH_ALONE)

    def _continued(
        self, choice: _Choice, beside: JSON, head: JSON, said: JSON, extra: JSON | None
    ) -> ModelResponseStream:
        """Emit the chunk of an ordinary item."""
        head = head.copy()
        at = self._now()
        if at < self._last_at:  # noqa: PLR1730 - as in `_time`, which would cost a call
            at = self._last_at
        self._last_at = head[EMITTED_AT] = at
        calls = said["tool_calls"]
        given, said = said, said.copy()
        said["role"] = None
        if calls:
            choice.used_tools = True
            said["tool_calls"] = [own_call(call) for call in calls]
        chunk = assemble_one(
            head, beside.copy(), said, ({"citations": None}, {}, extra.copy() if extra else {})
        )
        for observe in self._observers:
            observe(chunk)
        kept = self.chunks
        if kept.are_first:
            fold = choice.fold or self._fold_of(choice, beside["index"])
            fold.add_said(given["content"], calls, extra)
        kept.append(chunk)
        return chunk

    def _fold_of(self, choice: _Choice, index: int) -> ChoiceFold:
        fold = choice.fold = self._fold.choice(index)
        return fold

    def _time(self) -> float:
        """Return the time of the next chunk, never earlier than the last: builders sort by it, and a clock
        may go back.
        """
        at = self._now()
        if at < self._last_at:  # noqa: PLR1730 - `max` is slow
            at = self._last_at
        self._last_at = at
        return at

    def _new_head(self) -> JSON:
        """Return the fields that ordinary chunks share until the next one that isn't ordinary."""
        self._head = {**self._identity(None, []), STREAMS_HIDDEN: self._hidden, EMITTED_AT: 0.0}
        is_never = self._changes_deltas or self._nameless
        self._ordinary = (
            _NEVER if is_never else (self._source_id, self._source_model, self.system_fingerprint, None)
        )
        return self._head

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield the final chunks: missing finish chunks, and the usage chunk if requested.

        Raises:
            IncompleteStreamError: a choice had no finish reason.
        """
        yield from self._release()
        for index, choice in sorted((self._choices or {0: _Choice()}).items()):
            self._choices[index] = choice
            if not choice.finish_sent:
                yield self._finish(None, self._missing_finish(index, choice), None)
        yield from self._account()

    def _account(self) -> Iterator[ModelResponseStream]:
        """Emit the usage reported last, else the builder's count."""
        finish = self._last_finish
        if self.usage is not None:
            self._fold.add_usage(self.usage)
            if finish is not None:
                finish._hidden_params["usage"] = own(self.usage)
        if not (self.options.include_usage or self.options.usage_on_finish):
            return
        response = self.response()
        usage = self.usage or Usage() if response is None else response.get("usage", Usage())
        if finish is not None and self.options.usage_on_finish:
            finish._hidden_params["usage"] = own(usage)
        if self.options.include_usage:
            extra = {**self._beside_usage, "usage": own(usage)}
            empty = self.options.usage_without_choices and self._usage_without_choices
            yield self._sent(self._chunk(None, [] if empty else [StreamingChoices()], usage, extra))

    def _note_kind(self, item: Any) -> None:
        if is_generic(item):
            self._generic = True
            self._intermittent = item.get("finish_reason") or self._intermittent
        elif not isinstance(item, str):
            self._has_chunks = True

    # -- reading a chunk -----------------------------------------------------------------------------

    def _sort(self, choices: list[StreamingChoices]) -> tuple[list[StreamingChoices], list[StreamingChoices]]:
        """Split a chunk's choices to emit: those with content, and those that only finish."""
        kept: list[StreamingChoices] = []
        finished: list[StreamingChoices] = []
        for source in choices:
            fields = source.__dict__
            choice = self._choices.get(fields["index"])
            if choice is None:
                choice = self._choices[fields["index"]] = _Choice()
            reason, delta = fields["finish_reason"], fields["delta"]
            said = delta.__dict__
            if reason is not None:
                self._receive_finish(source)
            if said["content"] or _says_something(said, delta.__pydantic_extra__, choice):
                kept.append(_with_delta(source, self._spoken(delta, choice), finish_reason=None))
                if reason is not None and not choice.finish_sent:
                    choice.pending = _finish_alone(source)
            elif reason is not None and not choice.finish_sent:
                finished.append(source)
            elif reason is None and _has_filter_results(source.__pydantic_extra__):
                kept.append(_with_delta(source, Delta(), finish_reason=None))
        return kept, finished

    def _spoken(self, delta: Delta, choice: _Choice) -> Delta:
        """Return the delta to emit, with the role only once."""
        values = delta.__dict__.copy()
        values["role"] = None if choice.role_sent else "assistant"
        extra = delta.__pydantic_extra__
        if extra:
            extra = extra.copy()
            if self.options.merge_reasoning:
                _merge_reasoning(values, extra, choice)
        elif choice.thinking and values["content"]:
            _merge_reasoning(values, {}, choice)
        choice.role_sent = True
        if values["tool_calls"]:
            choice.used_tools = True
            if self.options.functions and self._generic:
                call = values["tool_calls"][0].function
                values["tool_calls"] = None
                values["function_call"] = FunctionCall(name=call.name, arguments=call.arguments)
        return assemble(Delta, values, extra)

    # -- how a choice ends ---------------------------------------------------------------------------

    def _receive_finish(self, source: StreamingChoices) -> None:
        fields = source.get("provider_specific_fields")
        if self.options.strict and fields and fields.get("native_finish_reason") == "error":
            raise InternalServerError("the provider ended the stream with finish_reason 'error'")
        self.received_finish_reason = source.finish_reason

    def _finish(
        self,
        chunk: ModelResponseStream | None,
        source: StreamingChoices,
        usage: Usage | None,
        *,
        is_first: bool = True,
    ) -> ModelResponseStream:
        """Make a finish chunk; `is_first` if it is the first one made from its source's chunk."""
        choice = self._choices[source.index]
        choice.finish_sent = True
        finish = _with_delta(source, Delta(), finish_reason=source.finish_reason)
        if finish.finish_reason == "stop" and choice.used_tools:
            _finish_with_calls(finish)
        emitted = self._sent(self._chunk(chunk, [finish], usage, is_first=is_first))
        if self.options.usage_on_finish:  # for the caller only: in the sum, zeros would count as reported
            emitted._hidden_params["usage"] = own(self.usage or Usage())
        self._last_finish = emitted
        return emitted

    def _missing_finish(self, index: int, choice: _Choice) -> StreamingChoices:
        if choice.pending is not None:
            return choice.pending
        if self._is_incomplete():
            raise IncompleteStreamError(
                f"the stream ended without a finish reason for choice {index}, after {self.chunks.total}"
                " chunks; the response may be cut off. With strict=False it would end with an invented 'stop'"
            )
        return StreamingChoices(index=index, finish_reason=self._intermittent or "stop")

    def _is_incomplete(self) -> bool:
        """Whether a missing finish reason is an error. Plain text counts as a whole response."""
        strict = self.options.strict
        if strict is None:
            return self.raises_if_incomplete and self._has_chunks and not self.options.exempt
        return strict and (self._has_chunks or self._generic or not self._choices)

    # -- emitting a chunk ----------------------------------------------------------------------------

    def _without_choices(
        self, chunk: ModelResponseStream, usage: Usage | None
    ) -> Iterator[ModelResponseStream]:
        """Handle a chunk of metadata only, such as Azure's prompt filter: emitted like a usage chunk."""
        if usage is not None:  # emitted at the end, with its other fields, such as llama.cpp's timings
            self._usage_without_choices = True
            self._beside_usage.update(_extra_of(chunk.__pydantic_extra__, chunk.provider_specific_fields))
        if usage is not None or not self.options.include_usage:
            return
        if self.response_id is None and not chunk.id:
            self._nameless.append(chunk)  # Azure's precedes the id: delayed, so that the id never changes
            return
        yield self._sent(self._chunk(chunk, []))

    def _release(self) -> Iterator[ModelResponseStream]:
        while self._nameless:
            chunk = self._nameless.pop(0)
            yield self._sent(self._chunk(chunk, []))

    def _sent(self, chunk: ModelResponseStream) -> ModelResponseStream:
        for observe in self._observers:
            observe(chunk)
        if self.chunks.are_first:
            try:
                self._fold.add(chunk)
            except Exception as error:  # noqa: BLE001 - a corrupted chunk breaks no stream
                self._unbuildable = self._unbuildable or error
        own_chunk(chunk)
        self.chunks.append(chunk)
        return chunk

    def _chunk(
        self,
        source: ModelResponseStream | None,
        choices: list[StreamingChoices],
        usage: Usage | None = None,
        extra: JSON | None = None,
        *,
        is_first: bool = True,
    ) -> ModelResponseStream:
        """Make a chunk with the stream's own identity and everything else from its source.

        Only the first one made from a source's chunk has that chunk's lists.
        """
        at = self._time()
        fields = None
        if source is not None:
            given = source.__dict__
            if given["id"] != self._source_id or given["model"] != self._source_model:
                self._identify(source)
            self.system_fingerprint = given["system_fingerprint"]
            fields = given["provider_specific_fields"] if is_first else None
            extra = _extra_of(source.__pydantic_extra__, fields)
            if not is_first:
                extra = {key: value for key, value in extra.items() if not isinstance(value, list)}
        if self.created is None:
            self.created = int(at)
        if self.response_id is None:
            self.response_id = response_id()
        self._head = None
        values = self._identity(fields, choices)
        values[STREAMS_HIDDEN], values[EMITTED_AT] = self._hidden, at
        chunk = assemble(ModelResponseStream, values, extra)
        if usage is not None:
            chunk._hidden_params["usage"] = own(usage)
        if fields is not None:
            chunk._hidden_params["provider_specific_fields"] = own(fields)
        return chunk

    def _identity(self, fields: JSON | None, choices: list[StreamingChoices]) -> JSON:
        """Return the declared fields of a chunk."""
        return {
            "id": self.response_id,
            "created": self.created,
            "model": self.model,
            "object": "chat.completion.chunk",
            "system_fingerprint": self.system_fingerprint,
            "choices": choices,
            "provider_specific_fields": fields,
        }

    def _identify(self, source: ModelResponseStream) -> None:
        """Store the stream's id and model from a chunk."""
        self._source_id, self._source_model = source.id, source.model
        if source.id:
            self._hidden = {**self._hidden, "received_model_id": source.id}
            self.response_id = self.response_id or source.id
        if source.model:
            self._hidden = {**self._hidden, "provider_response_model": source.model}
            if self.options.custom_llm_provider in _MODEL_FROM_CHUNK:
                self.model = source.model

    def _note_usage(self, chunk: ModelResponseStream) -> Usage | None:
        """Return the usage that a chunk of the source reports, in any place."""
        extra = chunk.__pydantic_extra__
        usage = extra.get("usage") if extra else None
        if usage is None and "_hidden_params" in chunk.__dict__:
            usage = chunk._hidden_params.get("usage")
        if usage is None:
            return None
        usage = own(usage) if isinstance(usage, Usage) else Usage.model_validate(usage)
        if usage.completion_tokens or usage.prompt_tokens or self.usage is None:
            self.usage = usage  # zeros in mid-stream (Ollama) don't replace a count
        return usage


def _finish_with_calls(finish: StreamingChoices) -> None:
    """Change `stop` after tool calls into `tool_calls`; leave the provider's own reason."""
    finish.finish_reason = "tool_calls"
    fields = finish.get("provider_specific_fields") or {}
    finish["provider_specific_fields"] = {"native_finish_reason": "stop", **fields}


def _extra_of(given: JSON | None, fields: JSON | None) -> JSON:
    """Return a chunk's undeclared fields. Usage is emitted at the end only."""
    if not given and not fields:
        return {"citations": None}
    extra = {"citations": None, **(given or {}), **(fields or {})}
    extra.pop("usage", None)
    return extra


def _says_something(said: JSON, extra: JSON | None, choice: _Choice) -> bool:
    """Whether a delta without content is worth a chunk."""
    if said["tool_calls"] or said["function_call"] or said["audio"]:
        return True
    if said["tool_calls"] is not None and not choice.finish_sent:
        return True  # LiteLLM emits an empty list of calls too, until the finish
    if said["role"] is not None and not choice.role_sent:
        return True
    return said["provider_specific_fields"] is not None or _extras_say_something(extra)


def _says_ordinary(said: JSON, extra: JSON | None) -> bool:
    """Whether a delta has text, reasoning or calls, and nothing but these."""
    if _rare_in_delta(said) != (None, None, None):
        return False
    if extra:
        return len(extra) == 1 and type(extra.get("reasoning_content")) is str
    return bool(said["content"] or said["tool_calls"])


def _has_filter_results(extra: JSON | None) -> bool:
    """Whether a choice without a delta has a result of Azure's asynchronous filter.

    Results arrive after their text, some of them after the finish reason:
    https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming.
    """
    return extra is not None and any(extra.get(name) for name in _FILTER_RESULTS)


def _extras_say_something(extra: JSON | None) -> bool:
    if not extra:
        return False
    if extra.get("reasoning_content") is not None or extra.get("refusal"):
        return True
    return any(_holds_something(value) for value in extra.values())


def _holds_something(value: Any) -> bool:
    """Whether an extra field is worth a chunk: Writer sends objects full of nulls with every one."""
    if isinstance(value, dict):
        return any(
            _holds_something(inner) or isinstance(inner, (str, int, float)) for inner in value.values()
        )
    return isinstance(value, list) and bool(value)


def _finish_alone(source: StreamingChoices) -> StreamingChoices:
    """Return a choice's finish without the fields beside its text: those are emitted with the text."""
    native = (source.get("provider_specific_fields") or {}).get("native_finish_reason")
    extra = {key: value for key, value in (source.__pydantic_extra__ or {}).items() if _is_scalar(value)}
    if native is not None:
        extra["provider_specific_fields"] = {"native_finish_reason": native}
    return assemble(StreamingChoices, {**source.__dict__, "delta": Delta(), "logprobs": None}, extra)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _with_delta(source: StreamingChoices, delta: Delta, *, finish_reason: str | None) -> StreamingChoices:
    extra = source.__pydantic_extra__
    values = source.__dict__.copy()
    values["delta"] = delta
    values["finish_reason"] = finish_reason
    return assemble(StreamingChoices, values, dict(extra) if extra else None)


def _merge_reasoning(values: JSON, extra: JSON, choice: _Choice) -> None:
    """Move reasoning into the content, as `<think>…</think>` (LiteLLM's
    merge_reasoning_content_in_choices).
    """
    reasoning, content = extra.pop("reasoning_content", None), values["content"]
    merged = ""
    if reasoning:
        merged += reasoning if choice.thinking else f"<think>{reasoning}"
        choice.thinking = True
    if content:
        merged += f"</think>{content}" if choice.thinking else content
        choice.thinking = False
    values["content"] = merged or content


FIRST_KEPT = 150_000
"""How many of a stream's first chunks are stored. The longest responses have 128,000 tokens."""

LATEST_KEPT = 1_000
"""How many of the latest are stored as well, at least: they contain the finish reason and the usage."""

WHOLE_KEPT = 5_000
"""How many of the first are stored as the emitted objects. Later ones take a few bytes each."""

Chunk = TypeVar("Chunk")


class KeptChunks(Sequence[Chunk]):
    """A sequence of chunks in constant memory, for endless streams.

    Beyond `FIRST_KEPT` chunks it stores the first ones and the latest. A response built from them has all
    text up to there, and the end. Of the first, those beyond `WHOLE_KEPT` with nothing but a text are made
    again when they are read.

    Attributes:
        total: how many chunks there have been.
        are_first: whether the next chunk is one of the first, all of which are stored.
        latest: the stored chunks after the first ones.
    """

    def __init__(self, chunks: Iterable[Chunk] = ()) -> None:
        self.total = 0
        self.are_first = True
        self.latest: list[Chunk] = []
        self._whole: list[Chunk] = []
        self._compact = CompactChunks()
        for chunk in chunks:
            self.append(chunk)

    def append(self, chunk: Chunk) -> None:
        """Add a chunk; drop the oldest of the latest if there are too many."""
        place = self.total
        self.total = place + 1
        if self.are_first:
            self.are_first = place + 1 < FIRST_KEPT
            kept = self._whole if place < WHOLE_KEPT else self._compact
            kept.append(chunk)
            return
        self.latest.append(chunk)
        if len(self.latest) >= 2 * LATEST_KEPT:
            del self.latest[:-LATEST_KEPT]

    def __len__(self) -> int:
        return len(self._whole) + len(self._compact) + len(self.latest)

    @overload
    def __getitem__(self, place: int) -> Chunk: ...
    @overload
    def __getitem__(self, place: slice) -> list[Chunk]: ...
    def __getitem__(self, place: int | slice) -> Chunk | list[Chunk]:
        if isinstance(place, slice):
            return [self._at(at) for at in range(len(self))[place]]
        return self._at(range(len(self))[place])

    def _at(self, place: int) -> Chunk:
        whole, compact = len(self._whole), len(self._compact)
        if place < whole:
            return self._whole[place]
        if place < whole + compact:
            chunk: Chunk = self._compact[place - whole]
            return chunk
        return self.latest[place - whole - compact]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, list | KeptChunks) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _kept, (list(self), self.total)

    def copy(self) -> KeptChunks[Chunk]:
        """Copy the sequence: same chunks, same total."""
        return _kept(list(self), self.total)


def _kept(chunks: list[Chunk], total: int) -> KeptChunks[Chunk]:
    kept = KeptChunks(chunks)
    kept.total = total
    kept.are_first = total < FIRST_KEPT
    return kept
