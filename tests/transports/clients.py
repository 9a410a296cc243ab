"""The same request by every kind of client: httpx and httpx2, sync, on asyncio and on trio."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import anyio


@dataclass
class Outcome:
    """What a client got: raw network chunks, when each came (seconds since the call), and the error."""

    status: int = 0
    http_version: str = ""
    chunks: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    error: str | None = None

    @property
    def seen(self) -> tuple[int, list[bytes], str | None]:
        """All but the times: what must be equal between a recording and its replay."""
        return self.status, self.chunks, self.error


@dataclass(frozen=True)
class Kind:
    """A kind of client."""

    library: str
    way: str

    @property
    def family(self) -> Any:
        return import_module(self.library)

    @property
    def network(self) -> Any:
        """The library's own transport, which reaches the network."""
        return self.family.HTTPTransport() if self.way == "sync" else self.family.AsyncHTTPTransport()

    def read(
        self,
        url: str,
        *,
        transport: Any = None,
        json: Any = None,
        method: str = "POST",
        leave_after: int | None = None,
        read_timeout: float = 5.0,
        between: Callable[[], None] = lambda: None,
        options: dict[str, Any] | None = None,
    ) -> Outcome:
        """Stream an answer; leave after so many chunks; call `between` after each."""
        ask = {"method": method, "url": url, "json": {"ask": "me"} if json is None else json}
        timeout = self.family.Timeout(5.0, read=read_timeout)
        made = {"transport": transport, "timeout": timeout, **(options or {})}
        outcome = Outcome()
        if self.way == "sync":
            self._read(outcome, made, ask, leave_after, between)
        else:
            anyio.run(self._aread, outcome, made, ask, leave_after, between, backend=self.way)
        return outcome

    def _read(self, outcome: Outcome, made: Any, ask: Any, leave_after: int | None, between: Any) -> None:
        started = time.monotonic()
        try:
            with self.family.Client(**made) as client, client.stream(**ask) as response:
                _head(outcome, response)
                for data in response.iter_raw():
                    _note(outcome, data, started)
                    if len(outcome.chunks) == leave_after:
                        break
                    between()
        except Exception as error:  # noqa: BLE001 - whichever it is, it's what the test asks for
            outcome.error = type(error).__name__

    async def _aread(
        self, outcome: Outcome, made: Any, ask: Any, leave_after: int | None, between: Any
    ) -> None:
        started = time.monotonic()
        try:
            async with self.family.AsyncClient(**made) as client, client.stream(**ask) as response:
                _head(outcome, response)
                async for data in response.aiter_raw():
                    _note(outcome, data, started)
                    if len(outcome.chunks) == leave_after:
                        break
                    between()
        except Exception as error:  # noqa: BLE001 - whichever it is, it's what the test asks for
            outcome.error = type(error).__name__

    def __str__(self) -> str:
        return f"{self.library}-{self.way}"


def _head(outcome: Outcome, response: Any) -> None:
    outcome.status, outcome.http_version = response.status_code, response.http_version


def _note(outcome: Outcome, data: bytes, started: float) -> None:
    outcome.chunks.append(data)
    outcome.times.append(time.monotonic() - started)


KINDS = [Kind(library, way) for library in ("httpx", "httpx2") for way in ("sync", "asyncio", "trio")]
