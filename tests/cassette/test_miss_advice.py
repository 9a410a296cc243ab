"""What messages advise: to record, but never under a fault, where nothing is to be recorded."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.loopback import Answer, serve

from unspool.clock import VirtualClock
from unspool.errors import UnspoolError
from unspool.faults import ChangingIds, Fault, Stall
from unspool.transports.breaker import Breaker
from unspool.transports.in_force import InForce, force
from unspool.transports.use_cassette import use_cassette

PIECES = [b"data: a\n\n", b"data: b\n\n", b"data: c\n\n"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "advice.yaml"


def left_early(path: Path) -> str:
    """Record an answer whose client leaves after the first piece."""
    with serve({"/": Answer(PIECES)}) as server:
        with use_cassette(path), httpx.stream("POST", f"{server.url}/") as response:
            next(response.iter_raw())
        return f"{server.url}/"


def read_on(path: Path, url: str, fault: Fault | None) -> None:
    with use_cassette(path, fault=fault, record_mode="none"):
        httpx.post(url)


def go_elsewhere(path: Path, _url: str, fault: Fault | None) -> None:
    with use_cassette(path, fault=fault, record_mode="none"), socket.socket() as one:
        one.connect(("192.0.2.1", 80))


def ask_for_less(path: Path, _url: str, fault: Fault | None) -> None:
    with use_cassette(path, fault=fault, record_mode="none", require_all_played=True):
        pass


ASK = [read_on, go_elsewhere, ask_for_less]


def message_of(ask: Callable[[Path, str, Fault | None], None], path: Path, fault: Fault | None) -> str:
    url = left_early(path)
    with pytest.raises(UnspoolError) as caught:
        ask(path, url, fault)
    return str(caught.value).lower()


@pytest.mark.parametrize("ask", ASK)
def test_without_a_fault_a_recording_is_advised(
    ask: Callable[[Path, str, Fault | None], None], path: Path
) -> None:
    assert any(word in message_of(ask, path, None) for word in ("record it", "record_mode="))


@pytest.mark.parametrize("ask", ASK)
def test_under_a_fault_it_is_not(ask: Callable[[Path, str, Fault | None], None], path: Path) -> None:
    message = message_of(ask, path, Stall(0, 1.0).where(turn=9))
    assert "record it" not in message
    assert "record_mode=" not in message


def test_nor_under_one_that_is_in_force_for_all(path: Path) -> None:
    url = left_early(path)
    broken = InForce(Breaker(ChangingIds(), lenient=True), VirtualClock())
    with force(broken), pytest.raises(UnspoolError) as caught:
        read_on(path, url, None)
    assert "record" not in str(caught.value).lower().replace("recording of", "").replace("recorded", "")
