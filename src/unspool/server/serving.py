"""A server's life: it binds, serves, reloads changed files, and stops."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from unspool.errors import UnspoolError
from unspool.faults.fault import Fault
from unspool.server.admin import Admin
from unspool.server.app import App
from unspool.server.connection import Connection, connections_of
from unspool.server.journal import Journal, Report
from unspool.server.sources import Recordings, Source
from unspool.transports.breaker import Breaker
from unspool.transports.replay import Timing, factor_of

_RELOAD_SECONDS = 0.5
_BACKLOG = 2048
_ROUNDS_TO_ACCEPT = 3  # of the event loop, from an accepted socket to its `connection_made`


class ServerError(UnspoolError):
    """A server can't be started with these settings."""


class Server:
    """A server of a source over HTTP/1.1.

    Args:
        source: the source of the responses.
        host: the host to listen on; by default only this machine reaches it.
        port: 0 for any free one.
        timing: `instant`; `recorded`, at the source's own times; or a number that stretches these. By default
            recordings are sent at once, and a script's turns at their pace.
        fault: what happens to the responses.
        token: the API key that clients must send; required for a host that other machines reach.
        report: called with each request's entry after its response has ended.
        folder: the folder of a scenario's cassettes; others can't be loaded.
        reuse_port: whether other processes listen to the same port, too.
        on_stop: awaited after all connections are closed.

    Attributes:
        app: the application; its journal lists the requests.
        url: the server's URL, once it has started.

    Raises:
        ServerError: the host is reached from other machines, and there is no token.
    """

    def __init__(
        self,
        source: Source,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        timing: Timing | None = None,
        fault: Fault | None = None,
        token: str | None = None,
        report: Report | None = None,
        folder: Path | None = None,
        reuse_port: bool = False,
        on_stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        if not _is_loopback(host) and not token:
            raise ServerError(
                f"other machines reach {host}: expected a token (--token) that clients send as their API key"
            )
        journal = Journal() if report is None else Journal(report)
        self.app = App(
            source,
            journal,
            factor=source.factor if timing is None else factor_of(timing),
            breaker=None if fault is None else Breaker(fault),
            token=token or None,
            admin=Admin(self._load, has_one_memory=not reuse_port),
        )
        self._host, self._port, self._reuse_port = host, port, reuse_port
        self._folder = folder
        self._on_stop = on_stop
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._reloading: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The server's address, such as `http://127.0.0.1:4010`, without a slash at its end."""
        if self._server is None:
            raise ServerError("the server hasn't been started")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            ServerError: the port is taken, or the host isn't this machine's.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.app.now = lambda: loop.time() - began
        factory = connections_of(self.app, self._connections, loop)
        try:
            self._server = await loop.create_server(
                factory, self._host, self._port, backlog=_BACKLOG, reuse_port=self._reuse_port or None
            )
        except OSError as error:
            raise ServerError(
                f"can't listen to {self._host}:{self._port}: {error.strerror or error}"
            ) from error
        self._reloading = loop.create_task(self._reload())

    async def stop(self) -> None:
        """Close all connections. Idempotent."""
        if self._reloading is not None:
            self._reloading.cancel()
            self._reloading = None
        if self._server is None:
            return
        await self._finish_accepting(self._server)
        self._server.close()
        while self._connections:
            for connection in list(self._connections):
                connection.close()
            await asyncio.sleep(0)
        await self._server.wait_closed()
        self._server = None
        if self._on_stop is not None:
            await self._on_stop()

    @staticmethod
    async def _finish_accepting(server: asyncio.Server) -> None:
        """Accept no more, and let accepted sockets become connections: a closed server would leak them."""
        loop = asyncio.get_running_loop()
        for listening in server.sockets:
            with suppress(NotImplementedError):  # on Windows
                loop.remove_reader(listening.fileno())
        for _ in range(_ROUNDS_TO_ACCEPT):
            await asyncio.sleep(0)

    def problems(self) -> list[str]:
        """Problems that fail a run: requests without a response, faults that broke nothing."""
        breaker = self.app.breaker
        unfit = [] if breaker is None else [str(error) for error in breaker.errors()]
        return list(
            dict.fromkeys(
                [*self.app.journal.missed, *self.app.fault_errors, *unfit, *self.app.source.problems()]
            )
        )

    async def _reload(self) -> None:
        """Load the source again when a file changes."""
        while True:
            await asyncio.sleep(_RELOAD_SECONDS)
            try:
                if await asyncio.to_thread(self.app.source.has_changed):
                    self.app.reload()
            except (UnspoolError, OSError):
                continue  # a file that is being written: the next check finds it whole

    def _load(self, fields: dict[str, Any]) -> None:
        """Load a scenario."""
        unknown = sorted(set(fields) - {"cassettes", "fault", "timing"})
        if unknown:
            raise ServerError(f"expected `cassettes`, `fault` and `timing`, got {', '.join(unknown)}")
        source = self.app.source
        if "cassettes" in fields:
            source = Recordings([self._inside(name) for name in _names(fields["cassettes"])])
        fault = fields.get("fault")
        if fault is not None:
            from unspool.faults.spelling import parse_fault  # noqa: PLC0415 - it knows all faults

            self.app.breaker = Breaker(parse_fault(str(fault)))
        elif "fault" in fields:
            self.app.breaker = None
        if "timing" in fields:
            self.app.factor = factor_of(fields["timing"])
        self.app.source = source
        self.app.reload()

    def _inside(self, name: str) -> Path:
        """Return the path of a cassette in the served folder; none outside it can be loaded."""
        if self._folder is None:
            raise ServerError("expected a server that was started with a folder of cassettes")
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ServerError(f"expected a cassette inside {self._folder}, got {name!r}")
        return path


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    raise ServerError(f"expected `cassettes` to be a list of names, got {value!r}")


def _is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host. Unlike for the network guard, `0.0.0.0` isn't this
    machine.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def run(server: Server, on_ready: Callable[[str], None]) -> None:
    """Serve until the process is interrupted; on uvloop, if it's installed.

    Args:
        server: the server.
        on_ready: called with the URL when it accepts connections.

    Raises:
        ServerError: it can't listen.
    """
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(_serve(server, on_ready))


async def _serve(server: Server, on_ready: Callable[[str], None]) -> None:
    terminated = asyncio.Event()
    with suppress(NotImplementedError):  # on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    await server.start()
    try:
        on_ready(server.url)
        await terminated.wait()
    finally:
        await server.stop()


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop, if it's installed; None for asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve in a separate thread for the length of a block.

    Raises:
        ServerError: it can't listen.
    """
    thread = _ServerThread(server)
    thread.start()
    thread.ready.wait()
    try:
        if thread.error is not None:
            raise thread.error
        yield server
    finally:
        thread.stop()
        thread.join()


class _ServerThread(threading.Thread):
    """A thread that serves until it's stopped.

    Attributes:
        ready: set when the server accepts connections, or has failed.
        error: why it failed.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(name="unspool-server", daemon=True)
        self.ready = threading.Event()
        self.error: BaseException | None = None
        self._server = server
        self._halt: Callable[[], object] | None = None

    def stop(self) -> None:
        """Stop serving. Idempotent."""
        if self._halt is not None and self.error is None:
            self._halt()

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - it's raised in the block's thread
            self.error = error
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        self._halt = lambda: loop.call_soon_threadsafe(stopped.set)
        await self._server.start()
        self.ready.set()
        try:
            await stopped.wait()
        finally:
            await self._server.stop()
