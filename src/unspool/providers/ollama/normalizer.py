"""Ollama's own API, a JSON object a line: https://docs.ollama.com/api/streaming.

Both `/api/chat` and `/api/generate`. What it says beside an answer is kept: times, in nanoseconds, in the
usage; anything else, such as the `context` of `/api/generate`, in `delta.provider_specific_fields`.

Reasoning is what comes as `thinking`. LiteLLM looks for `<think>` in the content too; here that stays
content, as it's the model's text and nobody asked Ollama to tell it apart (`think: true`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponse, ModelResponseStream, Usage
from unspool.providers.chunk_factory import Answer, seconds_of
from unspool.providers.json_events import JSON, object_in, objects_in, read_event, response_of, text_in
from unspool.wire.event import WireEvent

_PAGE = "https://docs.ollama.com/api/chat"

_COUNTS = frozenset({"prompt_eval_count", "eval_count"})
_TIMES = frozenset({"eval_duration", "load_duration", "prompt_eval_duration", "total_duration"})
_READ = _COUNTS | _TIMES | {"created_at", "done", "done_reason", "logprobs", "message", "model"}
_READ_IN_MESSAGE = frozenset({"content", "response", "role", "thinking", "tool_calls"})


class OllamaNormalizer:
    """Lines to chunks, one a line. Ollama has no id for an answer; the time is that of its first line.

    A call that has no id is given `call_0`, `call_1` …, for its result to refer to. As in LiteLLM, an
    answer with calls ends with `tool_calls`, where Ollama says `stop`.

    Raises, while it is being fed:
        MalformedEventError: a line contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the line is an error.
    """

    def __init__(self) -> None:
        self._answer = Answer()
        self._calls = 0

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self.read, _PAGE)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing is held back."""
        return iter(())

    def read(self, line: JSON) -> Iterator[ModelResponseStream]:
        """The chunk of a line's JSON."""
        if line.get("error"):
            raise error_from_body(line, llm_provider="ollama", model=self._answer.model or "")
        answer = self._answer
        answer.model = text_in(line, "model") or answer.model
        answer.created = answer.created or seconds_of(line.get("created_at"))
        # /api/generate has no message: what would be in it stands in the line itself.
        message = object_in(line, "message") or line
        calls = [self._numbered(call) for call in objects_in(message, "tool_calls")]
        yield answer.chunk(
            role=message.get("role"),
            content=text_in(message, "content") or text_in(message, "response"),
            reasoning_content=text_in(message, "thinking") or None,
            tool_calls=calls or None,
            provider_specific_fields=_kept(line, message) or None,
            logprobs={"content": line["logprobs"]} if line.get("logprobs") else None,
            usage=_usage(line),
            **self._finish(line),
        )

    def _numbered(self, call: JSON) -> JSON:
        function = object_in(call, "function")
        place = self._calls
        self._calls += 1
        index = function.get("index", place)
        called = {key: value for key, value in function.items() if key != "index"}
        return {"id": f"call_{place}", **call, "index": index, "function": called}

    def _finish(self, line: JSON) -> JSON:
        if not line.get("done"):
            return {}
        reason = text_in(line, "done_reason") or "stop"
        if self._calls and reason == "stop":
            return {"finish_reason": "tool_calls", "fields": {"native_finish_reason": reason}}
        return {"finish_reason": reason}


def _kept(line: JSON, message: JSON) -> JSON:
    known = _READ | _READ_IN_MESSAGE
    return {key: value for key, value in {**line, **message}.items() if key not in known}


def _usage(line: JSON) -> Usage | None:
    if _COUNTS.isdisjoint(line):
        return None
    # A prompt that it has in its cache isn't evaluated, and not counted.
    prompt, completion = (int(line.get(key) or 0) for key in ("prompt_eval_count", "eval_count"))
    times = {key: line[key] for key in sorted(_TIMES) if key in line}
    total = prompt + completion
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=total, **times)


def response_from_ollama(body: Mapping[str, Any]) -> ModelResponse:
    """Read a response without streaming: a single line.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it isn't an error or an answer.
    """
    chunks = OllamaNormalizer().read(dict(body))
    return response_of(chunks, body, keys="message response", page=_PAGE, llm_provider="ollama")
