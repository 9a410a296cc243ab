"""aiohttp: vcrpy's stub, and around it what that doesn't see to."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from types import ModuleType
from typing import Any

from unspool.transports import guard, scope
from unspool.transports.patching import swap
from unspool.transports.vcr_deck import Deck, fail, latest

ARequest = Callable[..., Awaitable[Any]]


def install(stack: ExitStack) -> None:
    """Put the stub in place, if aiohttp is loaded; loading vcrpy loads it, if it's there."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is not None:
        swap(stack, aiohttp.ClientSession, "_request", functools.partial(_stubbed, aiohttp))


def _stubbed(aiohttp: ModuleType, original: ARequest) -> ARequest:
    from vcr.stubs.aiohttp_stubs import vcr_request  # noqa: PLC0415 - needs aiohttp

    deck = Deck(
        decodes=True,
        timeout=aiohttp.ServerTimeoutError,
        reset=aiohttp.ClientOSError,
        broken=aiohttp.ClientPayloadError,
    )
    stub = vcr_request(deck, _sent(original))

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


def _opens_websocket(headers: Any) -> bool:
    """Whether it's no request that has an answer. Whether it may reach the network, the guard decides."""
    return any(name.lower() == "upgrade" for name in dict(headers or {}))


def _sent(original: ARequest) -> ARequest:
    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        with guard.live():
            response = await original(self, *args, **kwargs)
        if latest().take is not None:
            await response.read()  # where vcrpy reads it, it takes a lost connection for an empty body
        return response

    return request


async def _settled(aiohttp: ModuleType, session: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the body that aiohttp would send for `json` or form fields.

    vcrpy would record the Python object, and for both alike.
    """
    payload = _payload(aiohttp, session, kwargs)
    if payload is None:
        return kwargs
    headers = session._prepare_headers(kwargs.get("headers"))
    headers.setdefault("Content-Type", payload.content_type)
    return {**kwargs, "json": None, "data": await payload.as_bytes(), "headers": headers}


def _payload(aiohttp: ModuleType, session: Any, kwargs: dict[str, Any]) -> Any:
    data, json = kwargs.get("data"), kwargs.get("json")
    if data is None and json is not None:
        return aiohttp.JsonPayload(json, dumps=session._json_serialize)
    if isinstance(data, aiohttp.FormData):
        return data()
    if isinstance(data, Mapping | list | tuple):
        return aiohttp.FormData(data)()
    return None
