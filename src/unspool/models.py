"""The chunks of a stream, and the response that they add up to.

Names and shapes are LiteLLM's, which are OpenAI's with additions. Every record can be read by
attribute, by `record["key"]` and by `record.get("key")`, preserves unknown fields, and dumps to plain data.
An optional field (`usage` on a chunk, `reasoning_content` on a delta) is an attribute only if the provider
sent it; test with `hasattr`.
"""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar
from uuid import uuid4

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

logger = logging.getLogger("unspool")

_MISSING = object()

# LiteLLM's table, extended with the finish reasons that it lacks: of Anthropic (pause_turn and
# model_context_window_exceeded),
# Bedrock (malformed_…, and its Titan's FINISH, LENGTH, STOP_CRITERIA_MET and CONTENT_FILTERED), Cohere
# (TOOL_CALL, STOP_SEQUENCE, USER_CANCEL, ERROR_LIMIT), watsonx (cancelled, time_limit, token_limit) and
# Replicate (canceled). An unknown one is mapped to "stop", with a logged warning.
FINISH_REASONS: dict[str, str] = {
    reason: mapped
    for mapped, reasons in {
        "stop": "stop stop_sequence end_turn eos eos_token COMPLETE ERROR STOP FINISH_REASON_UNSPECIFIED"
        " MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE TOO_MANY_TOOL_CALLS UNEXPECTED_TOOL_CALL"
        " MISSING_THOUGHT_SIGNATURE network_error error pause_turn FINISH STOP_CRITERIA_MET STOP_SEQUENCE"
        " USER_CANCEL canceled cancelled malformed_model_output malformed_tool_use",
        "length": "length max_tokens MAX_TOKENS compaction model_context_window_exceeded LENGTH ERROR_LIMIT"
        " time_limit token_limit",
        "tool_calls": "tool_calls tool_use TOOL_CALL",
        "function_call": "function_call",
        "content_filter": "content_filter content_filtered refusal guardrail_intervened sensitive ERROR_TOXIC"
        " SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY"
        " IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION IMAGE_OTHER NO_IMAGE ESCALATION CONTENT_FILTERED",
    }.items()
    for reason in reasons.split()
}


NO_FINISH = "has_no_finish_reason"
"""The hidden param of a chunk from a source without finish reasons: text in a script, a Bedrock agent."""


def map_finish_reason(reason: str) -> str:
    """Map a provider's finish reason to OpenAI's, by LiteLLM's table."""
    mapped = FINISH_REASONS.get(reason)
    if mapped is None:
        logger.warning("unknown finish_reason %.200r, taken as 'stop'", reason)
        return "stop"
    return mapped


def response_id() -> str:
    """Make an id for a response whose provider sent none."""
    return f"chatcmpl-{uuid4()}"


def current_second() -> int:
    """Return the default of `created`. Uses `datetime`, so that freezegun applies."""
    return int(datetime.now(UTC).timestamp())


class Record(BaseModel):
    """A pydantic model that also reads like a dict and preserves unknown fields."""

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True)

    def __getitem__(self, key: str) -> Any:
        value = getattr(self, key, _MISSING)
        if value is _MISSING:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and hasattr(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        return getattr(self, key, default)

    def json(self, **options: Any) -> dict[str, Any]:  # type: ignore[override]  # LiteLLM's json() gives a dict
        return self.model_dump(**options)

    def to_dict(self, **options: Any) -> dict[str, Any]:
        """Return plain data, like the OpenAI SDK's method of this name; options are `model_dump`'s."""
        options.pop("use_api_names", None)
        return self.model_dump(**options)

    def to_json(self, *, indent: int | None = 2, **options: Any) -> str:
        """Return JSON, like the OpenAI SDK's method of this name; options are `model_dump_json`'s."""
        options.pop("use_api_names", None)
        return self.model_dump_json(indent=indent, **options)


STREAMS_HIDDEN = "_streams_hidden_params"
"""In the `__dict__` of an emitted chunk: the hidden params that it shares with the stream's other chunks."""

EMITTED_AT = "_emitted_at"
"""Beside them: when it was emitted, in seconds. Both are gone once `_hidden_params` has been read."""

R = TypeVar("R", bound=Record)
T = TypeVar("T")


def assemble(
    cls: type[R],
    fields: dict[str, Any],
    extra: dict[str, Any] | None = None,
    hidden: dict[str, Any] | None = None,
) -> R:
    """Make a record from values that are known to be valid, without checking or copying them.

    The stream core makes every emitted chunk this way, at a third of the cost of validation.

    Args:
        fields: a value for *every* declared field of `cls`. The dict becomes the record's own.
        extra: the undeclared ones.
        hidden: `_hidden_params`.
    """
    if hidden is not None:
        fields["_hidden_params"] = hidden
    record = _new(cls)
    _put_fields(record, fields)
    _put_fields_set(record, _all_fields(cls))
    _put_extra(record, {} if extra is None else extra)
    _put_private(record, None)
    return record


_new = object.__new__

# Pydantic's slots. Its own `__setattr__` would check each value; `object.__setattr__` takes a third longer,
# as it looks the slot up by its name every time.
_put_fields = BaseModel.__dict__["__dict__"].__set__
_put_fields_set = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_put_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_put_private = BaseModel.__dict__["__pydantic_private__"].__set__


def assemble_one(
    chunk: dict[str, Any],
    choice: dict[str, Any],
    delta: dict[str, Any],
    extras: tuple[dict[str, Any], dict[str, Any], dict[str, Any]],
) -> ModelResponseStream:
    """Make a chunk of one choice, as `assemble` would from three records, in two thirds of the time.

    Args:
        chunk: its fields. Those of `choices` are filled in, as is `delta` in the choice's.
        choice: the choice's.
        delta: the delta's.
        extras: the undeclared fields of the chunk, of its choice and of its delta.
    """
    chunk_extra, choice_extra, delta_extra = extras
    said = _new(Delta)
    _put_fields(said, delta)
    _put_fields_set(said, _FIELDS_OF_DELTA)
    _put_extra(said, delta_extra)
    _put_private(said, None)
    choice["delta"] = said
    of_choice = _new(StreamingChoices)
    _put_fields(of_choice, choice)
    _put_fields_set(of_choice, _FIELDS_OF_CHOICE)
    _put_extra(of_choice, choice_extra)
    _put_private(of_choice, None)
    chunk["choices"] = [of_choice]
    record = _new(ModelResponseStream)
    _put_fields(record, chunk)
    _put_fields_set(record, _FIELDS_OF_CHUNK)
    _put_extra(record, chunk_extra)
    _put_private(record, None)
    return record


def assemble_call(call: dict[str, Any], function: dict[str, Any]) -> ChatCompletionDeltaToolCall:
    """A fragment of a function's call, as `assemble` would make it of two records without other fields."""
    named = _new(Function)
    _put_fields(named, function)
    _put_fields_set(named, _FIELDS_OF_FUNCTION)
    _put_extra(named, {})
    _put_private(named, None)
    call["function"] = named
    record = _new(ChatCompletionDeltaToolCall)
    _put_fields(record, call)
    _put_fields_set(record, _FIELDS_OF_CALL)
    _put_extra(record, {})
    _put_private(record, None)
    return record


class _AllFields(set[str]):
    """Return all fields of a record class, as one set shared by the instances that `assemble` makes.

    A stream's chunks stay in memory until its end. With a set for each, the garbage collector took a third of
    the time.
    """

    def add(self, name: str, /) -> None:
        """Ignore the name that pydantic adds for each attribute: it is in the set already, or it's an
        extra.
        """


@cache
def _all_fields(cls: type[Record]) -> _AllFields:
    return _AllFields(cls.__pydantic_fields__)


UNCHANGEABLE = frozenset({str, int, float, bool, bytes, type(None)})
"""Types of values that need no copy."""


def own(value: T) -> T:
    """Copy a value in depth, except immutable parts.

    Pydantic's `model_copy(deep=True)` takes many times as long, and a stream copies every tool call.
    """
    return value if type(value) in UNCHANGEABLE else _copied(value)


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: own(inner) for key, inner in value.items()}
    if kind is list:
        return [own(inner) for inner in value]
    if not isinstance(value, Record):
        return deepcopy(value)
    extra = value.__pydantic_extra__
    record = assemble(kind, own(value.__dict__), own(extra) if extra else None)
    if type(value.__pydantic_fields_set__) is set:
        _put_fields_set(record, value.__pydantic_fields_set__.copy())
    return record


def _json_text(value: Any) -> Any:
    """Return tool arguments as text: some servers send an object, some null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


class Function(Record):
    """The function that a tool call names, or a fragment of it. `arguments` is JSON text."""

    arguments: Annotated[str, BeforeValidator(_json_text)] = ""
    name: str | None = None


class FunctionCall(Function):
    """OpenAI's older way to call one function."""


class CustomToolCallPayload(Record):
    """The input of a call of `type: "custom"`: free text instead of JSON."""

    name: str | None = None
    input: Annotated[str, BeforeValidator(_json_text)] = ""


class _AnyToolCall(Record):
    """A call of either type; a call without a type is a custom one if it has a `custom` payload."""

    id: str | None = None
    type: str = "function"
    if TYPE_CHECKING:  # a custom call has none; `Any` stands for that None, so that others need no check
        function: Function | Any = None
    else:
        function: Function | None = None
    if TYPE_CHECKING:  # undeclared for pydantic, so that it is absent unless given
        custom: CustomToolCallPayload = CustomToolCallPayload()

    @model_validator(mode="before")
    @classmethod
    def _coerce_type(cls, data: Any) -> Any:
        if not isinstance(data, dict) or ("custom" not in data and data.get("type") is not None):
            return data
        custom = data.get("custom")
        if isinstance(custom, dict):
            custom = CustomToolCallPayload.model_validate(custom)
        settled = {**data, "type": data.get("type") or ("function" if custom is None else "custom")}
        settled.pop("custom", None)
        return settled if custom is None else {**settled, "custom": custom}


class ChatCompletionDeltaToolCall(_AnyToolCall):
    """A fragment of a tool call; `index` identifies the call."""

    index: int = 0


def _call_id(value: Any) -> Any:
    return value if value is not None else str(uuid4())


class ChatCompletionMessageToolCall(_AnyToolCall):
    """A whole tool call."""

    id: Annotated[str, BeforeValidator(_call_id)] = Field(default_factory=lambda: str(uuid4()))


# Attributes that exist only if they were given a value.
_OCCASIONAL = frozenset({"reasoning_content", "thinking_blocks", "images", "annotations", "reasoning_items"})
_DELTA_QUIRKS = _OCCASIONAL | {"reasoning", "tool_calls"}


def _without_absent(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None or key not in _OCCASIONAL}


def _with_indices(calls: Any) -> Any:
    """Tool-call fragments; one without `index` is numbered by its place in the delta."""
    if not isinstance(calls, list):
        return calls
    return [
        {**call, "index": place} if isinstance(call, dict) and call.get("index") is None else call
        for place, call in enumerate(calls)
    ]


class _Spoken(Record):
    """Base of deltas and messages."""

    if TYPE_CHECKING:  # undeclared for pydantic, so that they are absent unless given
        reasoning_content: str = ""
        thinking_blocks: list[dict[str, Any]] = []
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        refusal: str | None = None

    content: str | None = None
    role: str | None = None
    function_call: FunctionCall | None = None
    provider_specific_fields: dict[str, Any] | None = None


class Delta(_Spoken):
    """The part of a chunk that extends one choice."""

    tool_calls: list[ChatCompletionDeltaToolCall] | None = None
    audio: Any = None

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, data: Any) -> Any:
        if not isinstance(data, dict) or _DELTA_QUIRKS.isdisjoint(data):
            return data
        settled = _without_absent(data)
        reasoning = settled.pop("reasoning", None)  # an alias
        if isinstance(reasoning, str):
            settled.setdefault("reasoning_content", reasoning)
        elif reasoning is not None:
            settled["reasoning"] = reasoning
        if settled.get("tool_calls"):
            settled["tool_calls"] = _with_indices(settled["tool_calls"])
        return settled


class Message(_Spoken):
    """The whole message of one choice."""

    role: str = "assistant"
    tool_calls: list[ChatCompletionMessageToolCall] | None = None
    if TYPE_CHECKING:
        audio: Any = None

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        settled = _without_absent(data)
        if settled.get("role") is None:
            settled["role"] = "assistant"
        if isinstance(settled.get("audio"), dict):
            settled["audio"] = Record.model_validate(settled["audio"])
        return settled


def _map_reason(data: dict[str, Any]) -> dict[str, Any]:
    """Store OpenAI's finish reason, and the provider's own in `native_finish_reason`."""
    reason = data.get("finish_reason")
    if reason is None:
        return data
    if reason == "":
        return {**data, "finish_reason": None}
    mapped = map_finish_reason(str(reason))
    if mapped == reason:
        return data
    kept = {**(data.get("provider_specific_fields") or {}), "native_finish_reason": reason}
    return {**data, "finish_reason": mapped, "provider_specific_fields": kept}


class StreamingChoices(Record):
    """One choice of a chunk."""

    finish_reason: str | None = None
    index: int = 0
    delta: Delta = Field(default_factory=Delta)
    logprobs: Any = None

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        settled = _map_reason(data)
        absent = [key for key in ("delta", "index") if key in settled and settled[key] is None]
        return {k: v for k, v in settled.items() if k not in absent} if absent else settled


class Choices(Record):
    """One choice of a response."""

    finish_reason: str = "stop"
    index: int = 0
    message: Message = Field(default_factory=Message)
    logprobs: Any = None

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        settled = _map_reason(data)
        absent = [key for key in ("message", "index", "finish_reason") if settled.get(key, 0) is None]
        return {k: v for k, v in settled.items() if k not in absent} if absent else settled


class CompletionTokensDetails(Record):
    """A breakdown of the completion tokens."""

    accepted_prediction_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    text_tokens: int | None = None
    image_tokens: int | None = None


class PromptTokensDetails(Record):
    """A breakdown of the prompt tokens."""

    audio_tokens: int | None = None
    cached_tokens: int | None = None
    cache_creation_tokens: int | None = None
    text_tokens: int | None = None
    image_tokens: int | None = None


def _count(value: Any) -> Any:
    return 0 if value is None else value


def _prompt_details(data: dict[str, Any]) -> dict[str, Any]:
    """Read cache counts from the top-level keys of Anthropic (`cache_*`) and DeepSeek (`prompt_cache_*`)."""
    hits = data.get("cache_read_input_tokens")
    found = {
        "cached_tokens": data.get("prompt_cache_hit_tokens") if hits is None else hits,
        "cache_creation_tokens": data.get("cache_creation_input_tokens"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _with_details(data: dict[str, Any], key: str, found: dict[str, Any]) -> dict[str, Any]:
    given = data.get(key)
    if isinstance(given, Record):
        given = given.model_dump(exclude_none=True)
    if not found or (given is not None and not isinstance(given, dict)):
        return data
    return {**data, key: {**found, **{k: v for k, v in (given or {}).items() if v is not None}}}


class Usage(Record):
    """The token usage of a request. Other counters of a provider are preserved unchanged."""

    completion_tokens: Annotated[int, BeforeValidator(_count)] = 0
    prompt_tokens: Annotated[int, BeforeValidator(_count)] = 0
    total_tokens: Annotated[int, BeforeValidator(_count)] = 0
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_tokens_details: PromptTokensDetails | None = None

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        reasoning = data.get("reasoning_tokens")
        found = {} if reasoning is None else {"reasoning_tokens": reasoning}
        settled = _with_details(data, "completion_tokens_details", found)
        return _with_details(settled, "prompt_tokens_details", _prompt_details(settled))


class _Response(Record):
    """Base of chunks and responses."""

    id: str = Field(default_factory=response_id)
    created: int = Field(default_factory=current_second)
    model: str | None = None
    object: str = "chat.completion"
    system_fingerprint: str | None = None
    if TYPE_CHECKING:  # undeclared for pydantic, so that it is absent unless given
        usage: Usage = Usage()

    @cached_property
    def _hidden_params(self) -> dict[str, Any]:
        """LiteLLM's metadata about a response, excluded from dumps.

        The chunks of a stream share it, except for the time: each makes its own dict when it is first read.
        """
        fields = self.__dict__
        shared = fields.pop(STREAMS_HIDDEN, None)
        return {} if shared is None else {**own(shared), "created_at": fields.pop(EMITTED_AT)}

    @property
    def _response_ms(self) -> float | None:
        """How long the request took, in milliseconds; None for a response that no request returned."""
        milliseconds: float | None = self._hidden_params.get("_response_ms")
        return milliseconds

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        absent = [key for key in ("id", "created", "object", "choices", "usage") if data.get(key, 0) is None]
        settled = {k: v for k, v in data.items() if k not in absent} if absent else data
        usage = settled.get("usage")
        return {**settled, "usage": Usage.model_validate(usage)} if isinstance(usage, dict) else settled


class ModelResponseStream(_Response):
    """One chunk of a stream."""

    object: str = "chat.completion.chunk"
    choices: list[StreamingChoices] = Field(default_factory=lambda: [StreamingChoices()])
    provider_specific_fields: dict[str, Any] | None = None


class ModelResponse(_Response):
    """A whole response.

    With `stream=True`, or choices that are `StreamingChoices`, its constructor returns a
    `ModelResponseStream`,
    as LiteLLM documents.
    """

    choices: list[Choices] = Field(default_factory=lambda: [Choices()])

    def __new__(cls, *, stream: bool | None = None, **data: Any) -> Self:
        if stream or any(isinstance(choice, StreamingChoices) for choice in data.get("choices") or ()):
            return ModelResponseStream(**data)  # type: ignore[return-value]  # the documented way to make one
        return super().__new__(cls)

    def __init__(self, *, stream: bool | None = None, **data: Any) -> None:  # noqa: ARG002 - __new__ reads it
        super().__init__(**data)


_FIELDS_OF_CHUNK = _all_fields(ModelResponseStream)
_FIELDS_OF_CHOICE = _all_fields(StreamingChoices)
_FIELDS_OF_DELTA = _all_fields(Delta)
_FIELDS_OF_CALL = _all_fields(ChatCompletionDeltaToolCall)
_FIELDS_OF_FUNCTION = _all_fields(Function)
