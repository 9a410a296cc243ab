"""tornado: vcrpy's stub, extended for redirects and compressed bodies.

tornado follows redirects inside a request, where vcrpy's stub takes the last response for that of the first
request. Here each is a separate request, as for all other clients, and follows tornado's rules.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextvars import copy_context
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlsplit

from unspool.cassette.model import NO_RESPONSE
from unspool.errors import CassetteError
from unspool.transports import active, network_guard, vcr_insides
from unspool.transports.patching import Swap
from unspool.transports.vcr_deck import Deck, decoded_body, fail, latest

Fetch = Callable[[Any, Any, Callable[[Any], None]], None]

CLIENTS = {
    "tornado.simple_httpclient": "SimpleAsyncHTTPClient",
    "tornado.curl_httpclient": "CurlAsyncHTTPClient",
}
"""tornado's clients, by module."""


def swaps(module: ModuleType) -> Iterator[Swap]:
    """Put the stub in place for one of tornado's clients; loading vcrpy loads what is there."""
    yield Swap(getattr(module, CLIENTS[module.__name__]), "fetch_impl", _stubbed)


def _stubbed(original: Fetch) -> Fetch:
    def fetch_impl(self: Any, request: Any, callback: Callable[[Any], None]) -> None:
        if active.playback() is None:
            original(self, request, callback)
        else:
            _fetch(_stub(original), self, request, request, callback)

    return fetch_impl


def _stub(original: Fetch) -> Fetch:
    try:
        return vcr_insides.tornado_fetch(Deck(), _sent(original))
    except vcr_insides.VcrpyMovedError as error:
        return _refused(error)


def _refused(error: CassetteError) -> Fetch:
    def fetch_impl(*_: Any) -> None:
        raise error

    return fetch_impl


def _sent(original: Fetch) -> Fetch:
    """It returns at once and connects later, in its own tasks: their context allows it, until the end."""

    def fetch_impl(self: Any, request: Any, callback: Callable[[Any], None]) -> None:
        about, passing = latest(), network_guard.live()

        def done(response: Any) -> None:
            passing.__exit__(None, None, None)
            if response.code == NO_RESPONSE and response.error is not None:
                fail(about, response.error)
            callback(response)

        context = copy_context()
        context.run(passing.__enter__)
        context.run(original, self, request, done)

    return fetch_impl


# Redirects and content-encodings


def _fetch(stub: Fetch, client: Any, request: Any, first: Any, callback: Callable[[Any], None]) -> None:
    """Fetch one request, and those that its redirects lead to; the response is that of the first."""

    def done(response: Any) -> None:
        following = _redirected(request, response)
        if following is None:
            response.request = first
            callback(_decompressed(request, response))
            return
        try:
            _fetch(stub, client, following, first, callback)
        except Exception as error:  # noqa: BLE001 - inside a callback it would be lost
            callback(type(response)(first, NO_RESPONSE, error=error))

    stub(client, _alone(request), done)


def _proxy(request: Any, made: Any) -> Any:
    """Return a changed copy of a request, with the client's defaults."""
    return type(request)(made, request.defaults)


def _alone(request: Any) -> Any:
    """Return the request without tornado's processing of its response: the cassette records it unchanged."""
    made = copy.copy(request.request)
    made.headers = request.headers.copy()
    made.follow_redirects = made.decompress_response = False
    if request.decompress_response:
        made.headers["Accept-Encoding"] = "gzip"
    return _proxy(request, made)


def _decompressed(request: Any, response: Any) -> Any:
    """Return the response as tornado returns it with decompression."""
    if request.decompress_response and response.headers.get("Content-Encoding", "").lower() == "gzip":
        response.buffer = BytesIO(decoded_body(response.headers, response.body))
        response._body = None
        response.headers["X-Consumed-Content-Encoding"] = response.headers.pop("Content-Encoding")
    return response


def _redirected(request: Any, response: Any) -> Any:
    """Return the next request by tornado's rules; None if there is none."""
    place = response.headers.get("Location")
    if not request.follow_redirects or place is None or request.max_redirects <= 0:
        return None
    if response.code not in {301, 302, 303, 307, 308}:
        return None
    made = copy.copy(request.request)
    made.url = urljoin(request.url, place)
    made.headers = request.headers.copy()
    made.max_redirects = request.max_redirects - 1
    dropped = ["Host"]
    if urlsplit(made.url)[:2] != urlsplit(request.url)[:2]:
        made.auth_username = made.auth_password = None
        dropped += ["Authorization", "Cookie"]
    if _becomes_get(response.code, request.method):
        made.method, made.body = "GET", None
        dropped += ["Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding"]
    for name in dropped:
        made.headers.pop(name, None)
    return _proxy(request, made)


def _becomes_get(status: int, method: str) -> bool:
    return (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST")
