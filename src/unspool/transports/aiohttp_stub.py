"""aiohttp: vcrpy's stub, and around it what that doesn't see to."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from inspect import signature
from types import ModuleType
from typing import Any

from unspool.cassette.model import Interaction, Response
from unspool.errors import CassetteError
from unspool.transports import active, network_guard, vcr_insides
from unspool.transports.patching import swap
from unspool.transports.vcr_deck import Asked, Deck, decoded_body, fail, latest

ARequest = Callable[..., Awaitable[Any]]


def install(stack: ExitStack) -> None:
    """Put the stub in place, if aiohttp is loaded; loading vcrpy loads it, if it's there."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is not None:
        swap(stack, aiohttp.ClientSession, "_request", functools.partial(_stubbed, aiohttp))


def _stubbed(aiohttp: ModuleType, original: ARequest) -> ARequest:
    errors = {
        "timeout": aiohttp.ServerTimeoutError,
        "reset": aiohttp.ClientOSError,
        "broken": aiohttp.ClientPayloadError,
    }
    stubs = {decodes: _stub(original, Deck(decodes=decodes, **errors)) for decodes in (True, False)}

    async def request(self: Any, method: str, str_or_url: Any, **kwargs: Any) -> Any:
        if active.playback() is None or network_guard.is_live() or _opens_websocket(kwargs.get("headers")):
            return await original(self, method, str_or_url, **kwargs)
        settled = await _settled(aiohttp, self, kwargs)
        raises = settled.pop("raise_for_status", None)
        stub = stubs[_decodes(self, settled)]
        try:
            response = await stub(
                self, method, self._build_url(str_or_url), **settled, raise_for_status=False
            )
        except BaseException as error:
            fail(latest(), error)
            raise
        if isinstance(latest().found, Interaction):
            for replayed in (*response.history, response):
                replayed._request_info = _completed(aiohttp, self, replayed._request_info, settled)
                replayed._cache.pop("request_info", None)  # which vcrpy has looked at
        await _raise_for_status(self, response, raises)
        return response

    return request


def _stub(original: ARequest, deck: Deck) -> ARequest:
    try:
        return vcr_insides.aiohttp_request(deck, _sent(original))
    except vcr_insides.VcrpyMovedError as error:
        return _refused(error)


def _decodes(session: Any, kwargs: Mapping[str, Any]) -> bool:
    """Whether the caller gets bodies decoded."""
    wanted = kwargs.get("auto_decompress")
    return bool(session._auto_decompress if wanted is None else wanted)


async def _raise_for_status(session: Any, response: Any, wanted: Any) -> None:
    """As aiohttp does at the end of a request, which the stub would do before the response is complete."""
    wanted = session._raise_for_status if wanted is None else wanted
    if callable(wanted):
        await wanted(response)
    elif wanted:
        response.raise_for_status()


def _completed(aiohttp: ModuleType, session: Any, info: Any, kwargs: Mapping[str, Any]) -> Any:
    """The request with the headers that aiohttp adds as it sends."""
    headers = info.headers.copy()
    added = {"Host": info.url.host_port_subcomponent, **aiohttp.ClientRequest.DEFAULT_HEADERS}
    added["User-Agent"] = aiohttp.http.SERVER_SOFTWARE
    skipped = {
        name.lower() for name in (*(kwargs.get("skip_auto_headers") or ()), *session.skip_auto_headers)
    }
    for name, value in {**added, **_headers_of_body(info, kwargs.get("data"))}.items():
        if name.lower() not in skipped:
            headers.setdefault(name, value)
    return type(info)(info.url, info.method, type(info.headers)(headers), info.real_url)


def _headers_of_body(info: Any, data: Any) -> dict[str, str]:
    if info.method in {"GET", "HEAD", "OPTIONS", "TRACE"}:
        return {}
    if data is None:
        return {"Content-Length": "0"}
    if isinstance(data, str):
        kind, data = "text/plain; charset=utf-8", data.encode()
    else:
        kind = "application/octet-stream"
    if not isinstance(data, bytes | bytearray | memoryview):
        return {"Transfer-Encoding": "chunked", "Content-Type": kind}
    return {"Content-Length": str(len(data)), "Content-Type": kind}


def _refused(error: CassetteError) -> ARequest:
    async def request(*_: Any, **__: Any) -> Any:
        raise error

    return request


def _opens_websocket(headers: Any) -> bool:
    """Whether it's no request that has an answer. Whether it may reach the network, the guard decides."""
    return any(name.lower() == "upgrade" for name in dict(headers or {}))


def _sent(original: ARequest) -> ARequest:
    can_be_raw = "auto_decompress" in signature(original).parameters

    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        about, decodes = latest(), _decodes(self, kwargs)
        if about.take is not None and can_be_raw:
            kwargs["auto_decompress"] = False
        with network_guard.live():
            response = await original(self, *args, **kwargs)
        if about.take is not None:
            await _read(response, about)
            if can_be_raw and decodes:
                about.wire[:] = response._body
                response._body = decoded_body(response.headers, response._body)
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
