"""Responses instead of a stream: a web page, a provider's error, bytes with a wrong label."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from unspool.errors import FaultError
from unspool.faults.fault import Fault, Feed, nothing_to_break
from unspool.faults.parts import Head, Part, Piece, Sent, Stop
from unspool.faults.provider_errors import REASONS, TEXTS, headers_for, known
from unspool.headers import Headers, header, without
from unspool.providers.errors import errors_at

_JSON: Headers = (("content-type", "application/json"),)
_PAGE = b"<!doctype html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n"


@dataclass(frozen=True, repr=False)
class Answer(Fault):
    """Another response is sent, and the request never reaches the server.

    Args:
        status: such as 503.
        body: all of it.
        headers: pairs of names and values.
    """

    status: int = 200
    body: bytes = b""
    headers: Headers = (("content-type", "text/plain"),)

    def feed(self) -> Feed:
        return lambda _part: _whole(self.status, self.headers, self.body)


def _whole(status: int, headers: Headers, body: bytes) -> Iterator[Part]:
    yield Head(status, REASONS.get(status, "OK" if status < 300 else ""), headers)
    if body:
        yield Piece(body)
    yield Stop()


@dataclass(frozen=True, repr=False)
class HtmlPage(Fault):
    """A web page under status 200: a login, a captive portal, a wrong base URL.

    Args:
        content_type: its content type; `text/event-stream` is the worst.
    """

    content_type: str = "text/html; charset=utf-8"

    def feed(self) -> Feed:
        return Answer(200, _PAGE, (("content-type", self.content_type),)).feed()


@dataclass(frozen=True, repr=False)
class ContentType(Fault):
    """The right stream under a wrong content type.

    Args:
        value: the header.
    """

    value: str = "text/plain"

    def feed(self) -> Feed:
        def feed(part: Part) -> Iterable[Part]:
            if not isinstance(part, Head):
                return (part,)
            if header(part.headers, "content-type") == self.value:
                raise nothing_to_break(self, "another content type")
            others = without(part.headers, "content-type")
            return (replace(part, headers=(*others, ("content-type", self.value))),)

        return feed


@dataclass(frozen=True, repr=False)
class BadGzip(Fault):
    """The headers announce gzip, and the bytes stop being valid gzip.

    Args:
        after: network chunks that are still valid.
    """

    after: int = 0

    def feed(self) -> Feed:
        packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
        seen = 0

        def feed(part: Part) -> Iterable[Part]:
            nonlocal seen
            if isinstance(part, Stop) and seen <= self.after:
                raise nothing_to_break(self, f"{self.after + 1} network chunks", f"{seen}")
            if isinstance(part, Head):
                return (replace(part, headers=(*part.headers, ("content-encoding", "gzip"))),)
            seen += isinstance(part, Piece)
            if isinstance(part, Piece) and seen <= self.after:
                packed = packer.compress(part.data) + packer.flush(zlib.Z_SYNC_FLUSH)
                return (replace(part, data=packed),)
            if isinstance(part, Piece):  # no deflate block starts with these bits
                return (replace(part, data=b"\xff" * 8 + part.data),)
            return (part,)

        return feed


@dataclass(frozen=True, repr=False)
class Status(Fault):
    """The provider sends an error, in its own shape and with its own headers; the request never reaches the
    server.

    Args:
        status: 400, 401, 403, 404, 408, 429, 500, 503, 529, …; from 400 to 599.
        provider: the provider of the error: openai, anthropic, azure, bedrock, cerebras, cohere, deepseek,
            gemini, groq,
            huggingface, llamacpp, mistral, ollama, openrouter, perplexity, together, vertex-anthropic, vllm
            or xai; None takes it from the request's URL.
        retry_after: seconds, for the header of that name, rounded to whole ones.
        message: the text; by default one that fits the status.
        headers: additional headers.
    """

    status: int
    provider: str | None = None
    retry_after: float | None = None
    message: str | None = None
    headers: Headers = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.provider or "openai")
        if not 400 <= self.status <= 599:
            raise FaultError(f"expected the status of an error, from 400 to 599, got {self.status!r}")

    def feed(self) -> Feed:
        def feed(part: Part) -> Iterable[Part]:
            return self._refusal(part) if isinstance(part, Sent) else (part,)

        return feed

    def _refusal(self, sent: Sent) -> Iterable[Part]:
        errors = known(self.provider) if self.provider else errors_at(sent.request.uri)
        text = self.message or TEXTS.get(self.status, "The request failed.")
        headers = (*_JSON, *headers_for(errors, self.status, self.retry_after), *self.headers)
        return _whole(self.status, headers, json.dumps(errors.body(self.status, text)).encode())
