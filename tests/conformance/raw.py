"""A stream's bytes read as naively as can be, by nothing of Unspool's: what the checks compare with.

Everything is held in memory and read at once; of dialects it knows what the streams show, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tests.conformance.corpus import RecordedStream
from tests.conformance.reading import Reading

JSON = dict[str, Any]

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
}
"""What a provider calls an error that it gives no number; anything else is a 500."""

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

    objects: list[JSON] = field(default_factory=list)
    reading: Reading = field(default_factory=Reading)
    finishes: dict[int, list[Finish]] = field(default_factory=dict)
    error: RawError | None = None
    saw_done: bool = False

    def native_finish(self, index: int) -> str | None:
        """The reason that the caller sees: the first that comes alone, as nothing replaces it; else the last."""
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


def split_sse(body: bytes) -> Iterator[Payload]:
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = text.split("\n\n")
    for place, block in enumerate(blocks):
        yield from _read_block(block, is_whole=place < len(blocks) - 1)


def _read_block(block: str, *, is_whole: bool) -> Iterator[Payload]:
    data: list[str] = []
    stray: list[str] = []
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif name not in {"", "event", "id", "retry"}:
            stray.append(line)
    if stray:
        yield Payload("\n".join(stray), is_whole, is_stray=True)
    if data:
        yield Payload("\n".join(data), is_whole)


def objects_of(body: bytes) -> Iterator[JSON | RawError | None]:
    """The JSON objects in a stream's events; None for `[DONE]`, an error for an event that isn't JSON."""
    for payload in split_sse(body):
        text = payload.text.strip()
        if text == "[DONE]":
            yield None
        elif payload.is_stray:
            yield from _stray_object(text)
        elif text:
            found = _parsed(text)
            if isinstance(found, list) and len(found) == 1:
                found = found[0]
            if isinstance(found, dict):
                yield found
            elif payload.is_whole:
                yield RawError(None, "")


def _stray_object(text: str) -> Iterator[JSON]:
    found = _parsed(text.removeprefix("error:"))
    if text.startswith("error:"):
        error = found.get("error", found) if isinstance(found, dict) else {"message": text[6:].strip()}
        yield {"error": error}
    elif isinstance(found, dict) and ("error" in found or "choices" in found):
        yield found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def error_in(data: JSON) -> RawError:
    """The error that an object reports under `error`, as an object or as text."""
    error = data["error"] if isinstance(data["error"], dict) else {"message": data["error"]}
    for number in (error.get("status_code"), error.get("code")):
        status = int(number) if str(number).isdecimal() else 0
        if 400 <= status <= 599:
            break
    else:
        status = STATUS_OF_TYPE.get(str(error.get("type")), 500)
    return RawError(status, str(error.get("message") or ""))


@lru_cache(maxsize=8)
def read_raw(stream: RecordedStream) -> RawStream:
    from tests.conformance.raw_anthropic import read_anthropic
    from tests.conformance.raw_openai_chat import read_openai_chat

    readers: dict[str, Callable[[bytes], RawStream]] = {
        "anthropic-messages": read_anthropic,
        "openai-chat": read_openai_chat,
    }
    return readers[stream.wire_format](stream.body)
