"""tornado: vcrpy's stub, and around it what that doesn't see to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any

from unspool.cassette.model import NO_RESPONSE
from unspool.errors import CassetteError
from unspool.transports import guard, scope, vcr_insides
from unspool.transports.patching import swap
from unspool.transports.vcr_deck import Deck, fail, latest

Fetch = Callable[[Any, Any, Callable[[Any], None]], None]

_CLIENTS = (
    ("tornado.simple_httpclient", "SimpleAsyncHTTPClient"),
    ("tornado.curl_httpclient", "CurlAsyncHTTPClient"),
)


def install(stack: ExitStack) -> None:
    """Put the stub in place for tornado's clients that are loaded; loading vcrpy loads what is there."""
    for module, name in _CLIENTS:
        if module in sys.modules:
            swap(stack, getattr(sys.modules[module], name), "fetch_impl", _stubbed)


def _stubbed(original: Fetch) -> Fetch:
    try:
        stub = vcr_insides.tornado_fetch(Deck(decodes=True), _sent(original))
    except vcr_insides.VcrpyMovedError as error:
        stub = _refused(error)

    def fetch_impl(self: Any, request: Any, callback: Callable[[Any], None]) -> None:
        (original if scope.playback() is None else stub)(self, request, callback)

    return fetch_impl


def _refused(error: CassetteError) -> Fetch:
    def fetch_impl(*_: Any) -> None:
        raise error

    return fetch_impl


def _sent(original: Fetch) -> Fetch:
    """It returns at once and connects later, in tasks of its own: their context lets it, until the end."""

    def fetch_impl(self: Any, request: Any, callback: Callable[[Any], None]) -> None:
        about, passing = latest(), guard.live()

        def done(response: Any) -> None:
            passing.__exit__(None, None, None)
            if response.code == NO_RESPONSE and response.error is not None:
                fail(about, response.error)
            callback(response)

        context = copy_context()
        context.run(passing.__enter__)
        context.run(original, self, request, done)

    return fetch_impl
