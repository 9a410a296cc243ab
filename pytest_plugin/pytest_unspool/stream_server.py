"""`stream_server`: recordings or a script over a socket, for clients that aren't in the test's process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import stash
from pytest_unspool.recordings import located
from unspool.script import Script
from unspool.server.addresses import environment
from unspool.server.journal import Entry
from unspool.server.scripted import only
from unspool.server.serving import Server, running
from unspool.server.sources import Recordings, Source

if TYPE_CHECKING:
    from unspool.faults import Fault
    from unspool.transports.replay import Timing


class StreamServer:
    """A running server.

    Attributes:
        url: its address, without a slash at its end.
        environment: the variables by which SDKs find it, and keys that open nothing; for a subprocess.
        script: what it plays, if it plays a script.
    """

    def __init__(self, server: Server, script: Script | None) -> None:
        self._server = server
        self.url = server.url
        self.environment: Mapping[str, str] = environment(server.url)
        self.script = script

    @property
    def requests(self) -> list[Entry]:
        """What was asked, with what became of each response: `.request`, `.status`, `.outcome`, `.pieces`."""
        return list(self._server.app.journal.entries)

    def problems(self) -> list[str]:
        """What the test fails for: requests without a response, turns left over, idle faults."""
        return self._server.problems()


class ServerFactory:
    """Starts servers; each stops with the test.

    Args:
        node: the test.
        stack: stops the servers with the test.
        folder: where the test's cassettes are.
    """

    def __init__(self, node: pytest.Item, stack: ExitStack, folder: Path) -> None:
        self._node = node
        self._stack = stack
        self._folder = folder

    def __call__(
        self,
        *sources: Any,
        timing: Timing | None = None,
        fault: Fault | None = None,
        repeats: bool = False,
    ) -> StreamServer:
        """Serve cassettes or turns at `http://127.0.0.1`, at a free port.

        Args:
            sources: cassettes, by name, path or the name of a sample; or the turns of a script, or one
                `Script`.
            timing: `instant`; `recorded`, at the source's own times; or a number that stretches these.
            fault: what happens to the responses.
            repeats: whether the last recording of a request answers it again and again.

        Raises:
            CassetteNotFoundError: there is no such cassette.
            ScriptError: something is no turn.
        """
        source = self._source(sources, repeats=repeats)
        server = self._stack.enter_context(running(Server(source, timing=timing, fault=fault)))
        started = StreamServer(server, getattr(source, "script", None))
        self._node.stash.setdefault(stash.SERVERS, []).append(started)
        stash.watch(self._node, lambda: _lines(started))
        return started

    def _source(self, sources: tuple[Any, ...], *, repeats: bool) -> Source:
        if not sources:
            raise pytest.UsageError("expected cassettes or turns, as in stream_server('openai/text')")
        if all(isinstance(one, str | os.PathLike) for one in sources):
            return Recordings([located(one, self._folder)[0] for one in sources], repeats=repeats)
        script = sources[0] if isinstance(sources[0], Script) else Script(*sources)
        return only(script)


def _lines(server: StreamServer) -> Iterator[str]:
    yield f"the server at {server.url} was asked:"
    for entry in server.requests:
        yield f"  {entry.number}. {entry.as_text()}"
