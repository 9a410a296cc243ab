"""A stream's bytes read as naively as can be, by nothing of Unspool's: what the checks compare with.

Everything is held in memory and read at once; of dialects it knows what the streams show, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.reading import PARTS, Reading, Usage

JSON = dict[str, Any]

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
}
"""What providers call an error (its `code` or `type`) that they give no number; any other is a 500."""

CLASS_OF_STATUS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "Timeout",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "Timeout",
}


@dataclass(frozen=True)
class RawError:
    """An error that the stream itself reports, or an event in it that can't be read."""

    status: int | None
    message: str

    @property
    def class_name(self) -> str:
        if self.status is None:
            return "APIConnectionError"
        return CLASS_OF_STATUS.get(self.status, "BadRequestError" if self.status < 500 else "APIError")


@dataclass
class Finish:
    """A finish reason as it was sent, and whether its chunk said nothing else."""

    reason: str
    alone: bool


@dataclass
class RawStream:
    """The JSON of a stream, and what it says."""

    body: bytes
    objects: list[JSON] = field(default_factory=list)
    reading: Reading = field(default_factory=Reading)
    finishes: dict[int, list[Finish]] = field(default_factory=dict)
    call_indices: dict[int, list[int | None]] = field(default_factory=dict)
    """By choice, the index of each fragment of a tool call, as far as the stream has such a thing."""
    usages: list[Usage] = field(default_factory=list)
    error: RawError | None = None
    saw_done: bool = False

    @property
    def usage(self) -> Usage | None:
        """The last report that has any count in it: Ollama sends zeros on the way."""
        reports = [usage for usage in self.usages if any(usage.values())] or self.usages
        return reports[-1] if reports else None

    @property
    def usage_by_count(self) -> Usage | None:
        """Of each count the last that isn't 0, as LiteLLM's builder has it."""
        if self.usage is None:
            return None
        counts = {key: [usage[key] for usage in self.usages if usage[key]] for key in PARTS}
        last = {key: found[-1] if found else 0 for key, found in counts.items()}
        whole = [usage for usage in self.usages if last.items() <= usage.items()]
        return whole[-1] if whole else {**last, "total_tokens": sum(last.values())}

    def native_finish(self, index: int) -> str | None:
        """The reason that the caller sees: the first that comes alone, as none replaces it; else the last."""
        finishes = self.finishes.get(index, [])
        alone = [finish.reason for finish in finishes if finish.alone]
        return alone[0] if alone else self.last_finish(index)

    def last_finish(self, index: int) -> str | None:
        finishes = self.finishes.get(index)
        return finishes[-1].reason if finishes else None


@dataclass(frozen=True)
class Payload:
    """What one block of lines holds."""

    text: str
    is_whole: bool = True
    is_stray: bool = False
    event: str = "message"


def split_sse(body: bytes) -> Iterator[Payload]:
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = text.split("\n\n")
    for place, block in enumerate(blocks):
        yield from _read_block(block, is_whole=place < len(blocks) - 1)


def _read_block(block: str, *, is_whole: bool) -> Iterator[Payload]:
    data: list[str] = []
    stray: list[str] = []
    event = "message"
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif name == "event":
            event = value.removeprefix(" ")
        elif name not in {"", "id", "retry"}:
            stray.append(line)
    if stray:
        yield Payload("\n".join(stray), is_whole, is_stray=True)
    if data:
        yield Payload("\n".join(data), is_whole, event=event)


def objects_of(body: bytes) -> Iterator[JSON | RawError | None]:
    """The JSON objects in a stream's events; None for `[DONE]`, an error for an event that isn't JSON."""
    for payload in split_sse(body):
        text = payload.text.strip()
        if text == "[DONE]":
            yield None
        elif payload.is_stray:
            yield from _stray_object(text)
        elif text:
            yield from _object(payload, text)


def read_lines(body: bytes) -> Iterator[JSON]:
    """The JSON objects of a stream that has one a line."""
    return (json.loads(line) for line in body.splitlines() if line.strip())


def _object(payload: Payload, text: str) -> Iterator[JSON | RawError]:
    found = _parsed(text)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if payload.event == "error" and not (isinstance(found, dict) and "error" in found):
        yield {"error": found or {"message": text}}
    elif isinstance(found, dict):
        yield found
    elif payload.is_whole:
        yield RawError(None, "")


def is_cut_short(payload: Payload) -> bool:
    """Whether the stream ended in the middle of it."""
    text = payload.text.strip()
    return not payload.is_whole and text != "[DONE]" and _parsed(text) is None


def _stray_object(text: str) -> Iterator[JSON]:
    found = _parsed(text.removeprefix("error:"))
    if text.startswith("error:"):
        error = found.get("error", found) if isinstance(found, dict) else {"message": text[6:].strip()}
        yield {"error": error}
    elif isinstance(found, dict) and ("error" in found or "choices" in found):
        yield found


def _parsed(text: str) -> Any:
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return _without_half_characters(data) if "\\ud" in text.lower() else data


def _without_half_characters(data: Any) -> Any:
    """The same with U+FFFD for each half of a surrogate pair."""
    text = json.dumps(data, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def error_in(data: JSON) -> RawError:
    """The error that an object reports: under `error`, as an object or as text, or as a whole."""
    error = data.get("error") or data
    error = error if isinstance(error, dict) else {"message": error}
    said = [str(error.get(key)) for key in ("status_code", "code", "type")]
    numbers = [int(word) for word in said if word.isdecimal() and 400 <= int(word) <= 599]
    named = [STATUS_OF_TYPE[word] for word in said if word in STATUS_OF_TYPE]
    return RawError((*numbers, *named, 500)[0], str(error.get("message") or ""))
