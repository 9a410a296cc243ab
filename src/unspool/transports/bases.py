"""The type of a transport for either library. Imported by type checkers only."""

from __future__ import annotations

from typing import Any

import httpx
import httpx2

from unspool.transports.http_library import HttpxRequest


class _Sync(httpx.BaseTransport, httpx2.BaseTransport):
    def handle_request(self, request: HttpxRequest) -> Any: ...


class _Async(httpx.AsyncBaseTransport, httpx2.AsyncBaseTransport):
    async def handle_async_request(self, request: HttpxRequest) -> Any: ...


class EitherTransport(_Sync, _Async):
    """The base classes of httpx's and httpx2's transports, sync and async."""
