"""`python -m tests.server.load`: thousands of streams, slow clients, resets; nothing is left over afterwards.

It starts `unspool serve` as a process of its own and watches its open files and its memory. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import unspool
from unspool.cassette.store import load
from unspool.errors import UnspoolError

TEXT = Path(unspool.sample_path("openai/text"))
_END = b"0\r\n\r\n"
_MB = 1024**2
_MOST_GROWTH = 16 * _MB
_AT_ONCE = 32
_TOGETHER = 100


@dataclass(frozen=True)
class Process:
    """A server that runs."""

    pid: int
    port: int

    @property
    def files(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @property
    def memory(self) -> int:
        """Its resident memory, in bytes."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text("utf-8"))
        return int(found[1]) * 1024 if found else 0


@contextmanager
def serving(*options: str) -> Iterator[Process]:
    """A server over the sample of a text."""
    command = [sys.executable, "-m", "unspool", "serve", str(TEXT), "--port", "0", "--log", "none", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stderr.readline() if process.stderr else ""
            found = re.search(r":(\d+) ", line)
            if found is None:
                raise UnspoolError(f"the server didn't start: {line}")
            yield Process(process.pid, int(found[1]))
        finally:
            process.terminate()


def request() -> bytes:
    """A request that the sample answers."""
    body = load(TEXT).interactions[0].request.body
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def whole(port: int, count: int) -> None:
    """Read so many streams, several at a time, each connection for all of its own."""

    async def read(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(number):
            writer.write(request_bytes)
            await reader.readuntil(_END)
        writer.close()
        await writer.wait_closed()

    request_bytes = request()
    await asyncio.gather(*(read(count // _AT_ONCE) for _ in range(_AT_ONCE)))


async def slow(port: int, count: int) -> None:
    """So many clients at once that take a little of a stream in a long time, and then the rest."""
    wanted = len(await _response(port))

    async def read() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request())
        got = b""
        while len(got) < 600:
            got += await reader.readexactly(100)
            await asyncio.sleep(0.3)
        got += await reader.readuntil(_END)
        if len(got) != wanted:
            raise UnspoolError(f"expected {wanted} bytes, got {len(got)}")
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(read() for _ in range(count)))


async def _response(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request())
    got = await reader.readuntil(_END)
    writer.close()
    await writer.wait_closed()
    return got


async def aborted(port: int, count: int) -> None:
    """So many uploads that break off in the middle, half of them by a reset."""
    data = request()
    for number in range(count):
        connection = _connected(port)
        connection.sendall(data[: len(data) - 1 - number % 90])
        _drop(connection, by_reset=number % 2 == 0)
    await asyncio.sleep(0)


async def reset(port: int, count: int) -> None:
    """So many clients that reset the connection in mid-stream; others read whole streams meanwhile."""
    data = request()
    others = asyncio.create_task(whole(port, 20 * _AT_ONCE))
    for start in range(0, count, _TOGETHER):
        connections = [_connected(port) for _ in range(min(_TOGETHER, count - start))]
        for connection in connections:
            connection.sendall(data)
        for number, connection in enumerate(connections):
            connection.recv(1 + number)
            _drop(connection, by_reset=True)
        await asyncio.sleep(0)
    await others


async def loris(port: int, count: int) -> None:
    """So many connections that send a byte now and then, while others read whole streams."""
    connections = [_connected(port) for _ in range(count)]
    for piece in (b"POST / HTTP/1.1\r\nx-slow: ", b"a", b"b", b"c", b"d"):
        for connection in connections:
            connection.sendall(piece)
        await whole(port, 2 * _AT_ONCE)
    for connection in connections:
        _drop(connection, by_reset=False)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def _drop(connection: socket.socket, *, by_reset: bool) -> None:
    if by_reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


Attack = Callable[[int, int], Awaitable[None]]

ATTACKS: dict[str, tuple[Attack, int, tuple[str, ...]]] = {
    "whole streams": (whole, 100_000, ()),
    "slow clients at once": (slow, 1_000, ("--timing", "0.1")),
    "slow-loris connections": (loris, 500, ()),
    "aborted uploads": (aborted, 5_000, ()),
    "resets by the client": (reset, 10_000, ("--timing", "0.1")),
}


def main() -> int:
    """Run all of it; the result is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.server.load", description=__doc__)
    parser.add_argument("--part", type=float, default=1.0, help="of each count, such as 0.01")
    options = parser.parse_args()
    results = [
        _held(name, attack, max(int(count * options.part), _AT_ONCE), arguments)
        for name, (attack, count, arguments) in ATTACKS.items()
    ]
    return 0 if all(results) else 1


def _held(name: str, attack: Attack, count: int, arguments: tuple[str, ...]) -> bool:
    with serving(*arguments) as process:
        # Before memory counts the journal is full, and as many connections were open as the attack opens.
        asyncio.run(whole(process.port, 10_000 if count > 50_000 else 10 * _AT_ONCE))
        asyncio.run(_run(attack, process.port, max(count // 3, _AT_ONCE)))
        files, memory = _settled(process, 0), process.memory
        started = time.monotonic()
        asyncio.run(_run(attack, process.port, count))
        seconds = time.monotonic() - started
        left, grown = _settled(process, files) - files, process.memory - memory
        still = len(asyncio.run(_response(process.port)))
    is_right = left <= 0 and grown < _MOST_GROWTH and still > 0
    verdict = "ok  " if is_right else "FAIL"
    line = f"{verdict} {count:,} {name} in {seconds:.1f} s: {left:+} files, {grown / _MB:+.1f} MB\n"
    sys.stdout.write(line)
    sys.stdout.flush()
    return is_right


async def _run(attack: Attack, port: int, count: int) -> None:
    await attack(port, count)


def _settled(process: Process, wanted: int) -> int:
    """How many files are open, once those of connections that are gone have had time to be closed."""
    for _ in range(100):
        if process.files <= wanted:
            break
        time.sleep(0.05)
    return process.files


if __name__ == "__main__":
    sys.exit(main())
