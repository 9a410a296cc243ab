"""The base of the transports: forwards requests and all other calls of a client.

A subclass overrides `handle_request` and `handle_async_request`, and one of `_closing` and `_leaving` if it
must act when its client closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from unspool.transports.bases import EitherTransport
else:
    EitherTransport = object

from unspool.transports.http_library import HttpxRequest


class ForwardingTransport(EitherTransport):
    """A transport that forwards to another one, of httpx or httpx2, sync or async.

    Args:
        inner: the transport that sends the requests; None if there is none, or none yet.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def handle_request(self, request: HttpxRequest) -> Any:
        return self._inner.handle_request(request)

    async def handle_async_request(self, request: HttpxRequest) -> Any:
        return await self._inner.handle_async_request(request)

    def close(self) -> None:
        with self._closing():
            if self._inner is not None:
                self._inner.close()

    async def aclose(self) -> None:
        with self._closing():
            if self._inner is not None:
                await self._inner.aclose()

    def __enter__(self) -> Self:
        if self._inner is not None:
            self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        with self._leaving(error):
            if self._inner is not None:
                self._inner.__exit__(kind, error, trace)

    async def __aenter__(self) -> Self:
        if self._inner is not None:
            await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        with self._leaving(error):
            if self._inner is not None:
                await self._inner.__aexit__(kind, error, trace)

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Surround the closing of the transport underneath."""
        yield

    @contextmanager
    def _leaving(self, error: BaseException | None) -> Iterator[None]:  # noqa: ARG002 - subclasses use it
        """Surround the end of the client's `with` block, which raised the error; None for no error."""
        with self._closing():
            yield
