"""`ForwardingTransport`, the base of the transports."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from unspool.faults import Break
from unspool.script.playing import ScriptTransport
from unspool.transports.forwarding import ForwardingTransport
from unspool.transports.transport import FaultTransport, InUseTransport, RecordTransport, ReplayTransport
from unspool.verdict.watch import WatchTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

SIX = ["close", "aclose", "__enter__", "__exit__", "__aenter__", "__aexit__"]


class Noting(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Notes what is called."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append("handle")
        return httpx.Response(200, request=request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append("ahandle")
        return httpx.Response(200, request=request)

    def close(self) -> None:
        self.calls.append("close")

    async def aclose(self) -> None:
        self.calls.append("aclose")

    def __exit__(self, *raised: object) -> None:
        self.calls.append(("exit", raised[1]))

    async def __aexit__(self, *raised: object) -> None:
        self.calls.append(("aexit", raised[1]))


class Surrounding(ForwardingTransport):
    """Notes when its hooks are called, in the list of the transport underneath."""

    @contextmanager
    def _closing(self) -> Iterator[None]:
        self._inner.calls.append("closing")
        yield
        self._inner.calls.append("closed")


def test_requests_and_the_close_go_to_the_transport_underneath() -> None:
    inner = Noting()
    with httpx.Client(transport=ForwardingTransport(inner)) as client:
        client.get("http://test/")
    client = httpx.Client(transport=ForwardingTransport(inner))
    client.close()

    assert inner.calls == ["handle", ("exit", None), "close"]


@pytest.mark.anyio
async def test_so_they_do_async() -> None:
    inner = Noting()
    async with httpx.AsyncClient(transport=ForwardingTransport(inner)) as client:
        await client.get("http://test/")
    client = httpx.AsyncClient(transport=ForwardingTransport(inner))
    await client.aclose()

    assert inner.calls == ["ahandle", ("aexit", None), "aclose"]


def test_the_transport_underneath_sees_the_error_of_the_block() -> None:
    inner, error = Noting(), ValueError("of the test")
    with pytest.raises(ValueError, match="of the test"), ForwardingTransport(inner):
        raise error

    assert inner.calls == [("exit", error)]


def test_the_hook_surrounds_each_way_to_close() -> None:
    inner = Noting()
    Surrounding(inner).close()
    with Surrounding(inner):
        pass

    assert inner.calls == ["closing", "close", "closed", "closing", ("exit", None), "closed"]


def test_without_a_transport_underneath_there_is_nothing_to_close() -> None:
    with ForwardingTransport(None) as transport:
        pass
    transport.close()


@pytest.mark.anyio
async def test_so_there_is_nothing_to_close_async() -> None:
    async with ForwardingTransport(None) as transport:
        pass
    await transport.aclose()


@pytest.mark.parametrize(
    "kind",
    [RecordTransport, ReplayTransport, InUseTransport, FaultTransport, ScriptTransport, WatchTransport],
)
def test_every_transport_opens_and_closes_as_its_base_does(kind: type) -> None:
    assert [getattr(kind, name) for name in SIX] == [getattr(ForwardingTransport, name) for name in SIX]


def test_a_recorder_under_a_fault_knows_that_the_block_failed() -> None:
    recorder = RecordTransport(httpx2.MockTransport(lambda request: httpx2.Response(200)), None)
    with pytest.raises(ValueError, match="of the test"), FaultTransport(recorder, Break(after=1)):
        raise ValueError("of the test")

    assert recorder.cassette._failed
