"""aiohttp: vcrpy's stub, and around it what that doesn't see to."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from types import ModuleType
from typing import Any

from unspool.cassette.model import Response
from unspool.errors import CassetteError
from unspool.transports import guard, scope, vcr_insides
from unspool.transports.patching import swap
from unspool.transports.vcr_deck import Asked, Deck, fail, latest

ARequest = Callable[..., Awaitable[Any]]


def install(stack: ExitStack) -> None:
    """Put the stub in place, if aiohttp is loaded; loading vcrpy loads it, if it's there."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is not None:
        swap(stack, aiohttp.ClientSession, "_request", functools.partial(_stubbed, aiohttp))


def _stubbed(aiohttp: ModuleType, original: ARequest) -> ARequest:
    deck = Deck(
        decodes=True,
        timeout=aiohttp.ServerTimeoutError,
        reset=aiohttp.ClientOSError,
        broken=aiohttp.ClientPayloadError,
    )
    try:
        stub = vcr_insides.aiohttp_request(deck, _sent(original))
    except vcr_insides.VcrpyMovedError as error:
        stub = _refused(error)

    async def request(self: Any, method: str, str_or_url: Any, **kwargs: Any) -> Any:
        if scope.playback() is None or guard.is_live() or _opens_websocket(kwargs.get("headers")):
            return await original(self, method, str_or_url, **kwargs)
        settled = await _settled(aiohttp, self, kwargs)
        try:
            return await stub(self, method, self._build_url(str_or_url), **settled)
        except BaseException as error:
            fail(latest(), error)
            raise

    return request


def _refused(error: CassetteError) -> ARequest:
    async def request(*_: Any, **__: Any) -> Any:
        raise error

    return request


def _opens_websocket(headers: Any) -> bool:
    """Whether it's no request that has an answer. Whether it may reach the network, the guard decides."""
    return any(name.lower() == "upgrade" for name in dict(headers or {}))


def _sent(original: ARequest) -> ARequest:
    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        with guard.live():
            response = await original(self, *args, **kwargs)
        if latest().take is not None:
            await _read(response, latest())
        return response

    return request


async def _read(response: Any, about: Asked) -> None:
    """Read a body before vcrpy does, which would take a lost connection for an empty body."""
    at = about.seconds()
    came: list[tuple[bytes, float]] = []
    try:
        async for data in response.content.iter_any():
            came.append((data, about.seconds()))  # noqa: PERF401 - what came before an error counts
    except BaseException:
        headers = tuple((str(name), value) for name, value in response.headers.items())
        about.broken_off(Response(response.status, response.reason or "", headers, b""), at, came)
        response.close()
        raise
    response._body = b"".join(data for data, _ in came)


async def _settled(aiohttp: ModuleType, session: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the body that aiohttp would send for `json` or form fields.

    vcrpy would record the Python object, and for both alike.
    """
    payload = _payload(aiohttp, session, kwargs)
    if payload is None:
        return kwargs
    headers = session._prepare_headers(kwargs.get("headers"))
    headers.setdefault("Content-Type", payload.content_type)
    return {**kwargs, "json": None, "data": await _bytes_of(payload), "headers": headers}


async def _bytes_of(payload: Any) -> bytes:
    """The bytes of aiohttp's payload, which says them itself since aiohttp 3.12."""
    if hasattr(payload, "as_bytes"):
        data: bytes = await payload.as_bytes()
        return data
    written = _Written()
    await payload.write(written)
    return bytes(written.data)


class _Written:
    """A stream writer of aiohttp's that keeps what is written."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data


def _payload(aiohttp: ModuleType, session: Any, kwargs: dict[str, Any]) -> Any:
    data, json = kwargs.get("data"), kwargs.get("json")
    if data is not None and json is not None:  # in aiohttp's own words
        raise ValueError("data and json parameters can not be used at the same time")
    if data is None and json is not None:
        return aiohttp.JsonPayload(json, dumps=session._json_serialize)
    if isinstance(data, aiohttp.FormData):
        return data()
    if isinstance(data, Mapping | list | tuple):
        return aiohttp.FormData(data)()
    return None
