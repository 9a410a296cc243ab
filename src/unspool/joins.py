"""Join the pieces of each field into one value: texts and lists joined, calls separated."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from pydantic import BaseModel

from unspool.models import ChatCompletionDeltaToolCall, ChatCompletionMessageToolCall, Function, Record

Pieces = defaultdict[str, list[Any]]
"""Pieces by field, in order and without the Nones."""


def file_fields(fields: Mapping[str, Any], pieces: Pieces) -> None:
    """Append the value of each non-empty field to its pieces."""
    for key, value in fields.items():
        if value is not None:
            pieces[key].append(value)


def gather(records: Iterable[Any]) -> Pieces:
    """Collect the pieces of records or dicts of one kind."""
    pieces: Pieces = defaultdict(list)
    for record in records:
        _file_record(record, pieces)
    return pieces


def _file_record(record: Any, pieces: Pieces) -> None:
    if isinstance(record, BaseModel):
        file_fields(record.__dict__, pieces)
        if record.__pydantic_extra__:
            file_fields(record.__pydantic_extra__, pieces)
    else:
        file_fields(record, pieces)


def join(pieces: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Join each field's pieces into one value; omit fields whose value is empty."""
    joined = {key: _JOINS.get(key, _join_unknown)(values) for key, values in pieces.items() if values}
    return {key: value for key, value in joined.items() if value is not None}


def _join_unknown(values: list[Any]) -> Any:
    """Join lists, merge dicts; return the last of anything else, as it may be repeated."""
    if all(isinstance(value, list) for value in values):
        return _flat(values)
    if all(isinstance(value, dict) for value in values):
        return _merge(values)
    return values[-1]


def _flat(values: Iterable[Any]) -> list[Any]:
    return [entry for value in values for entry in (value if isinstance(value, list) else [value])]


def _merge(values: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: entry for value in values for key, entry in value.items()}


def _text(values: list[Any]) -> Any:
    texts = [value for value in values if isinstance(value, str)]
    return "".join(texts) if texts or not values else _join_unknown(values)


def _first_given(values: list[Any]) -> Any:
    return next((value for value in values if value), None)


def _last_given(values: list[Any]) -> Any:
    return next((value for value in reversed(values) if value), None)


def _join_logprobs(values: list[Any]) -> Any:
    """Join the lists of each field. OpenRouter sometimes sends a number instead: then return the last one."""
    if not all(isinstance(value, Mapping | BaseModel) for value in values):
        return values[-1]
    fields = dict.fromkeys(key for value in values for key in dict(value))
    return {**fields, **{key: _join_unknown(parts) for key, parts in gather(values).items()}}


def _join_audio(values: list[Any]) -> Record:
    pieces = gather(values)
    fields = {"id": None, "data": "", "expires_at": None, "transcript": "", **join(pieces)}
    return Record.model_validate({**fields, "data": join_base64(pieces["data"])})


def join_base64(pieces: list[str]) -> str:
    """Join base64, whether each piece was encoded separately or the whole was encoded and then cut."""
    encoded = re.findall("[^=]+=*", "".join(pieces))  # padding only occurs at an end
    if len(encoded) < 2:
        return "".join(encoded)
    return base64.b64encode(b"".join(map(base64.b64decode, encoded))).decode()


def _join_function_call(values: list[Any]) -> dict[str, Any]:
    pieces = gather(values)
    return {**join(pieces), "name": _first_given(pieces["name"])}


def _join_provider_fields(values: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Merge dicts, but collect each `citation` in `citations`, and join texts."""
    cited = [value["citation"] for value in values if value.get("citation") is not None]
    citations = cited if all(isinstance(citation, list) for citation in cited) else [cited]
    merged = {**({"citations": citations} if cited else {}), **_merge(values), **_join_streamed_texts(values)}
    merged.pop("citation", None)
    return merged or None


def _join_streamed_texts(values: list[dict[str, Any]]) -> dict[str, str]:
    """Join Cohere's plans and Replicate's logs; LiteLLM's builder uses only the last piece."""
    pieces = {key: [value[key] for value in values if value.get(key)] for key in ("logs", "tool_plan")}
    return {key: "".join(texts) for key, texts in pieces.items() if texts}


def _join_thinking(values: list[Any]) -> list[dict[str, Any]] | None:
    """Join Anthropic's blocks. A thinking block ends with its signature, a redacted one is a single piece.

    Unsigned thinking is a block too: LiteLLM drops it, and with it all the thinking of a cut stream.
    """
    blocks: list[list[dict[str, Any]]] = [[]]
    for piece in _flat(values):
        if piece.get("type") == "redacted_thinking":
            blocks += [[piece], []]
        else:
            blocks[-1].append(piece)
            if piece.get("signature"):
                blocks.append([])
    return [whole for block in blocks if (whole := _thinking_block(block))] or None


def _thinking_block(block: list[dict[str, Any]]) -> dict[str, Any] | None:
    given = {key: value for key, value in _merge(block).items() if value}
    if given.get("type") == "redacted_thinking":
        return given
    text = "".join(piece.get("thinking") or "" for piece in block)
    return {"type": "thinking", **given, "thinking": text} if text or "signature" in given else None


def _join_reasoning_details(values: list[Any]) -> list[Any]:
    """Join OpenRouter's entries; consecutive ones of text under one index are pieces of one."""
    entries = _flat(values)
    return [_reasoning_detail(list(pieces)) for _, pieces in groupby(entries, key=_reasoning_key)]


def _reasoning_key(entry: Any) -> object:
    kind = entry.get("type") if isinstance(entry, dict) else None
    # Anything else, such as encrypted reasoning, is whole and never joined.
    return (kind, entry.get("index")) if kind in ("reasoning.text", "reasoning.summary") else object()


def _reasoning_detail(pieces: list[Any]) -> Any:
    return pieces[0] if len(pieces) == 1 else join(gather(pieces))


def _join_tool_calls(values: list[Any]) -> Any:
    fragments = _flat(values)
    if not all(isinstance(fragment, ChatCompletionDeltaToolCall) for fragment in fragments):
        return _join_unknown(values)  # a provider's field of that name, inside another
    calls = _split_calls(fragments)
    return [_whole_call(fragments) for fragments in calls] or None


def _split_calls(fragments: Iterable[ChatCompletionDeltaToolCall]) -> list[list[ChatCompletionDeltaToolCall]]:
    """Group the fragments by call, sorted by index and then by appearance.

    A fragment with a known id continues that call, any other one the latest of its index, unless it starts a
    call. A fragment without id and name, under an unused index, continues the latest call: some gateways
    count fragments instead of calls.
    """
    calls: list[list[ChatCompletionDeltaToolCall]] = []
    known: dict[str, list[ChatCompletionDeltaToolCall]] = {}
    latest: dict[int, list[ChatCompletionDeltaToolCall]] = {}
    for fragment in fragments:
        fields = fragment.__dict__
        index, call_id = fields["index"], fields["id"]
        call = latest.get(index)
        if call is not None and not call_id:  # as nearly every fragment
            call.append(fragment)
            continue
        if call is None and calls and not call_id and not _names_function(fragment):
            call = calls[-1]
        if call_id and (known_call := known.get(call_id)) and _continues(fragment, known_call):
            call = known_call
        elif call is None or (call_id and _starts_call(fragment, call)):
            call = []
            calls.append(call)
        call.append(fragment)
        latest[index] = call
        if call_id:
            known[call_id] = call
    return sorted(calls, key=lambda call: call[0].index)


def _continues(fragment: ChatCompletionDeltaToolCall, call: list[ChatCompletionDeltaToolCall]) -> bool:
    """Whether a fragment that has a call's id belongs to it: under another index another call may have it."""
    return not _names_function(fragment) or fragment.index in {earlier.index for earlier in call}


def _starts_call(fragment: ChatCompletionDeltaToolCall, call: list[ChatCompletionDeltaToolCall]) -> bool:
    """Whether this is another call than the one before it under the same index.

    Some servers give each call of a turn index 0 and an id of its own (OpenRouter with Gemini). Others
    make up a new id for each fragment of one call (older vLLM), but name its function only once.
    """
    return _names_function(fragment) and any(earlier.id for earlier in call)


def _names_function(fragment: ChatCompletionDeltaToolCall) -> bool:
    return bool((fragment.function and fragment.function.name) or fragment.get("custom"))


def _whole_call(fragments: list[ChatCompletionDeltaToolCall]) -> ChatCompletionMessageToolCall:
    pieces, function = _gather_fragments(fragments)
    custom = gather(pieces.pop("custom", []))
    # Gemini's thought signatures, for one: LiteLLM moves them from the function to the call.
    pieces["provider_specific_fields"][:0] = function.pop("provider_specific_fields", [])
    call = {"id": "", "type": "function", **join(pieces)}
    call.pop("index", None)
    if custom or call["type"] == "custom":
        return ChatCompletionMessageToolCall.model_validate(
            {**call, "type": "custom", "custom": join(custom)}
        )
    return ChatCompletionMessageToolCall.model_validate(
        {**call, "function": {"arguments": "", **join(function)}}
    )


def _gather_fragments(fragments: Iterable[ChatCompletionDeltaToolCall]) -> tuple[Pieces, Pieces]:
    """Collect the pieces of a call's fragments, and of their functions."""
    pieces: Pieces = defaultdict(list)
    function: Pieces = defaultdict(list)
    arguments = function["arguments"]
    kind: object = _UNKNOWN
    for fragment in fragments:
        fields = fragment.__dict__
        part = fields["function"]
        if (
            type(part) is Function
            and part.__dict__["name"] is None
            and _id_and_type(fields) == (None, kind)
            and not (part.__pydantic_extra__ or fragment.__pydantic_extra__)
        ):
            arguments.append(part.__dict__["arguments"])  # as nearly every fragment
            continue
        kind = fields["type"]
        _file_record(fragment, pieces)
        for filed in pieces.pop("function", ()):
            _file_record(filed, function)
    return pieces, function


_UNKNOWN = object()
_id_and_type = itemgetter("id", "type")


def complete_calls(calls: Iterable[ChatCompletionMessageToolCall]) -> None:
    """Give whole calls without arguments an empty `{}`."""
    for call in calls:
        if call.function is not None and not call.function.arguments:
            call.function.arguments = "{}"


_JOINS: dict[str, Callable[[list[Any]], Any]] = {
    "arguments": _text,
    "audio": _join_audio,
    "content": _text,
    "function_call": _join_function_call,
    "id": _last_given,
    "input": _text,
    "logprobs": _join_logprobs,
    "name": _last_given,
    "provider_specific_fields": _join_provider_fields,
    "reasoning_content": _text,
    "reasoning_details": _join_reasoning_details,
    "refusal": lambda values: _text(values) or None,
    "role": _first_given,
    "summary": _text,
    "text": _text,
    "thinking_blocks": _join_thinking,
    "tool_calls": _join_tool_calls,
    "transcript": _text,
    "type": _last_given,
}
"""How to join a field's pieces. Any other field: `_join_unknown`."""
