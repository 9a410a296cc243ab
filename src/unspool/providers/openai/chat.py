"""OpenAI chat completion chunks, and the dialects of the servers that speak them.

https://platform.openai.com/docs/api-reference/chat/streaming is the base of all dialects. What real
servers send beside it, and what becomes of it here:

- reasoning as `reasoning`, `reasoning_content` or only inside `reasoning_details` (OpenRouter,
  Snowflake): always `reasoning_content`; the details stay too
- `content` as a list of text and thinking parts (Mistral, Databricks): text and `reasoning_content`
- tool calls without `index` (Mistral, Gemini, Ollama): numbered through the stream; one call instead of
  a list (older TGI)
- `choices` null or missing, a choice without `delta` (Azure) or with a whole `message` instead; that one
  only counts if nothing was streamed before it (MiniMax repeats all of it at the end)
- the whole text, or all of the reasoning, once more at the end: dropped there
- `id` null (Gemini), `created` as a float, an empty `finish_reason`
- usage in `x_groq` only (Groq, older streams) or in a choice (Moonshot)
- an error as a chunk (`{"error": …}`: Groq, OpenRouter; `{"object": "error", …}`: vLLM), as an event of
  that name, as a finish reason, or on a line of its own that SSE would ignore (gpustack: `error: {…}`)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from unspool.error_mapping import error_from_body
from unspool.errors import APIResponseValidationError, MalformedEventError
from unspool.models import ModelResponse, ModelResponseStream, Usage
from unspool.providers.annotations import sort_annotations
from unspool.providers.json_events import DONE, JSON, json_or_text, parse_event
from unspool.providers.openai.alike import AlikeChunks
from unspool.providers.retold_text import RunningText
from unspool.wire.event import WireEvent


class OpenAIChatNormalizer:
    """Events to chunks. It remembers what later chunks are to be understood by."""

    def __init__(self) -> None:
        self._calls = CallNumbers()
        self._heard: set[int] = set()  # the choices with content so far
        self._said: dict[tuple[int, str], RunningText] = {}
        self._alike = AlikeChunks(_chunk_alone)
        self._alike_said = RunningText()  # what was said by the alike ones
        self._done = False

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        """Yield one chunk per event; none for `[DONE]` and later events.

        Raises:
            ProviderError: the event is the provider's own report of an error.
            MalformedEventError: the event isn't a chunk in JSON.
        """
        alike = None if self._done or event.name != "message" else self._alike.read(event.data)
        if alike is None:
            return self._feed(event)
        chunk, field, text = alike
        if (text or field != "content") and self._alike_said.is_made_by(text):
            setattr(chunk.choices[0].delta, field, None if field == "content" else "")
        return iter((chunk,))

    def _feed(self, event: WireEvent) -> Iterator[ModelResponseStream]:
        if self._done:
            return
        if event.data.strip() == DONE:
            self._done = True
            return
        if event.name == "error":
            raise error_from_body(json_or_text(event.data))
        data = parse_event(event)
        if data is None:
            return
        for chunk in self.read(data):
            if event.name == "message":
                self._learn(event.data, chunk)
            yield chunk

    def _learn(self, data: str, chunk: ModelResponseStream) -> None:
        """Note an event, so that those that are like it need no parsing."""
        learned = self._alike.learn(data, chunk)
        if learned is not None:
            self._alike_said = self._said[learned]

    def read(self, data: JSON) -> Iterator[ModelResponseStream]:
        """The chunk of an event's JSON; raises as `feed` does."""
        chunk = chunk_from(data, calls=self._calls, heard=self._heard)
        for choice in chunk.choices:
            index, delta = choice.index, choice.delta
            if delta.content or delta.tool_calls:
                self._heard.add(index)
            if delta.content and self._repeats(index, "content", delta.content):
                delta.content = None
            reasoning = delta.get("reasoning_content")
            if isinstance(reasoning, str) and self._repeats(index, "reasoning_content", reasoning):
                delta.reasoning_content = ""
        yield chunk

    def _repeats(self, index: int, field: str, text: str) -> bool:
        said = self._said.get((index, field))
        if said is None:
            said = self._said[index, field] = RunningText()
        return said.is_made_by(text)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing is held back. Whether the stream was whole is judged by its finish reason, later."""
        return iter(())


def chunk_from(
    data: Mapping[str, Any], *, calls: CallNumbers | None = None, heard: Container[int] = ()
) -> ModelResponseStream:
    """Read a chunk from JSON, in any dialect.

    Args:
        data: a `chat.completion.chunk` object. It isn't changed.
        calls: the numbering of the stream's tool calls, for servers that send none.
        heard: the choices with content so far.

    Raises:
        ProviderError: the chunk reports an error.
        MalformedEventError: it isn't a chunk.
    """
    if data.get("error") or data.get("object") == "error":
        raise error_from_body(data)
    try:
        return ModelResponseStream.model_validate(_settled(data, calls, heard))
    except _WRONG_SHAPE as error:
        raise MalformedEventError(
            f"expected a chat.completion.chunk, got one whose {_complaints(error)}", data=str(data)
        ) from error


def _chunk_alone(data: str) -> ModelResponseStream | None:
    """The chunk of an event's data, apart from its stream."""
    parsed = parse_event(WireEvent(data=data))
    return None if parsed is None else chunk_from(parsed)


def _settled(data: Mapping[str, Any], calls: CallNumbers | None, heard: Container[int]) -> JSON:
    """Convert a chunk of any dialect to OpenAI's shape."""
    choices = data.get("choices") or ()
    holders = (data, data.get("x_groq") or {}, *choices)
    usage = next((holder["usage"] for holder in holders if holder.get("usage")), None)
    return {
        **data,
        "id": data.get("id") or "",
        "created": int(data.get("created") or 0),
        "choices": [_choice(choice, calls, heard) for choice in choices],
        "usage": Usage.model_validate(usage) if usage else None,
    }


def response_from_openai(body: Mapping[str, Any]) -> ModelResponse:
    """Read a whole response from JSON, in any dialect.

    Raises:
        ProviderError: the body reports an error.
        APIResponseValidationError: it isn't a response.
    """
    if body.get("error") or body.get("object") == "error":
        raise error_from_body(body)
    if not isinstance(body.get("choices"), list):
        raise APIResponseValidationError(
            f"expected a chat.completion with a list of choices, got keys {sorted(body)}; check that base_url"
            " is that of an OpenAI-compatible server",
            body=body,
        )
    try:
        choices = [{**choice, "message": _said(choice.get("message") or {})} for choice in body["choices"]]
        return ModelResponse(**{**body, "choices": choices})
    except _WRONG_SHAPE as error:
        raise APIResponseValidationError(
            f"expected a chat.completion, got one whose {_complaints(error)}", body=body
        ) from error


# What comes of reading JSON that has a list where an object should be, and the like.
_WRONG_SHAPE = (AttributeError, TypeError, ValueError)


def _complaints(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"shape is another ({error})"
    return "; ".join(
        f"{'.'.join(map(str, details['loc']))} is {details['input']!r:.80} ({details['msg']})"
        for details in error.errors(include_url=False)[:3]
    )


def _choice(choice: JSON, calls: CallNumbers | None, heard: Container[int]) -> JSON:
    delta = choice.get("delta")
    if delta is None:
        retold = (choice.get("index") or 0) in heard
        delta = {} if retold else choice.get("message") or {}
    reason = choice.get("finish_reason")
    if reason in ("error", "abort"):  # SGLang and vLLM abort
        raise error_from_body({"message": f"the stream ended with finish_reason {reason!r}", **choice})
    delta = _said(delta)
    if calls is not None and delta.get("tool_calls"):
        delta = {**delta, "tool_calls": calls.number(choice.get("index") or 0, delta["tool_calls"])}
    return {**choice, "delta": delta, "finish_reason": reason or None}


def _said(delta: JSON) -> JSON:
    """A delta, or a message, with its text in `content` and its reasoning in `reasoning_content`."""
    if isinstance(delta.get("content"), list):
        delta = _join_parts(delta)
    if "reasoning" in delta:
        delta = _rename_reasoning(delta)
    if delta.get("annotations"):
        delta = _sort_annotations(delta)
    if isinstance(delta.get("tool_calls"), dict):
        delta = {**delta, "tool_calls": [delta["tool_calls"]]}
    if delta.get("reasoning_details") and not delta.get("reasoning_content"):
        pieces = (detail.get("text") or detail.get("summary") or "" for detail in delta["reasoning_details"])
        delta = {**delta, "reasoning_content": "".join(pieces) or None}
    return delta


def _sort_annotations(delta: JSON) -> JSON:
    """Links as `annotations`, in one shape; others in `provider_specific_fields`."""
    given = delta["annotations"]
    links, others = sort_annotations(given if isinstance(given, list) else [given])
    if not others:
        return {**delta, "annotations": links}
    fields = {**(delta.get("provider_specific_fields") or {}), "citations": others}
    return {**delta, "annotations": links or None, "provider_specific_fields": fields}


def _rename_reasoning(delta: JSON) -> JSON:
    """`reasoning` is `reasoning_content`, unless a server sends both."""
    renamed = {key: value for key, value in delta.items() if key != "reasoning"}
    if renamed.get("reasoning_content") is None:
        renamed["reasoning_content"] = delta["reasoning"]
    return renamed


def _join_parts(delta: JSON) -> JSON:
    """Content in parts: text and thoughts joined, others kept in `provider_specific_fields`."""
    parts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in delta["content"]]
    texts = [part.get("text") or "" for part in parts if part.get("type") == "text"]
    thoughts = [_THOUGHTS[part["type"]](part) for part in parts if part.get("type") in _THOUGHTS]
    others = [part for part in parts if part.get("type") not in ("text", *_THOUGHTS)]
    joined = {**delta, "content": "".join(texts) if texts else None}
    if thoughts:
        joined["reasoning_content"] = "".join(thoughts)
    blocks = [block for part in parts if part.get("type") == "reasoning" for block in _signed(part)]
    if blocks:
        joined["thinking_blocks"] = blocks
    fields = {**({"content": others} if others else {}), **_cited(parts)}
    if fields:
        joined["provider_specific_fields"] = {**(delta.get("provider_specific_fields") or {}), **fields}
    return joined


def _thinking_text(part: JSON) -> str:
    """Mistral's, a list of parts of its own."""
    thinking = part.get("thinking")
    if isinstance(thinking, list):
        return "".join(inner.get("text") or "" for inner in thinking if isinstance(inner, dict))
    return thinking if isinstance(thinking, str) else ""


def _summary_text(part: JSON) -> str:
    """Databricks's, a list of summaries."""
    return "".join(summary.get("text") or "" for summary in part.get("summary") or ())


_THOUGHTS: dict[str, Callable[[JSON], str]] = {"reasoning": _summary_text, "thinking": _thinking_text}


def _signed(part: JSON) -> list[JSON]:
    """Databricks's summaries as Anthropic's blocks, so that their signatures can be sent back."""
    return [
        {
            "type": "thinking",
            "thinking": summary.get("text") or "",
            "signature": summary.get("signature") or "",
        }
        for summary in part.get("summary") or ()
    ]


def _cited(parts: list[JSON]) -> JSON:
    """Databricks's citations of a piece of text, as LiteLLM has them: the first list of them."""
    citations = [part["citations"][0] for part in parts if part.get("citations")]
    return {"citation": citations[0]} if citations else {}


class CallNumbers:
    """Numbers for the tool calls of servers that send none.

    A fragment with an id is a new call unless that id is known; one without belongs to the last call.
    Gemini sends whole calls with neither, so a name begins a new call as well.
    """

    def __init__(self) -> None:
        self._ids: dict[int, dict[str, int]] = {}  # choice index: by id, the number of each of its calls
        self._counts: Counter[int] = Counter()

    def number(self, choice: int, fragments: list[JSON]) -> list[JSON]:
        """The fragments of one delta, each with an `index`."""
        return [
            {**fragment, "index": self._next(choice, fragment)} if fragment.get("index") is None else fragment
            for fragment in fragments
        ]

    def _next(self, choice: int, fragment: JSON) -> int:
        ids = self._ids.setdefault(choice, {})
        call_id = fragment.get("id") or ""
        if call_id in ids:
            return ids[call_id]
        if call_id or (fragment.get("function") or {}).get("name") or not self._counts[choice]:
            self._counts[choice] += 1
        number = self._counts[choice] - 1
        if call_id:
            ids[call_id] = number
        return number
