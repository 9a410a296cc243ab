"""Threads that outlive their cassette: their requests are neither the next one's nor live."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
from tests.loopback import Answer, serve

from unspool import NetworkBlockedError, use_cassette

GOOD = Answer.events({"text": "good"})


def by_requests(url: str) -> None:
    requests.post(url, json={}, timeout=5)


def by_urllib(url: str) -> None:
    urllib.request.urlopen(url, b"{}", timeout=5).close()


def by_aiohttp(url: str) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session, session.post(url, json={}) as response:
            await response.read()

    asyncio.run(ask())


CLIENTS: list[Callable[[str], object]] = [httpx.post, by_requests, by_urllib, by_aiohttp]


def late(
    url: str, errors: list[BaseException], ask_by: Callable[[str], object] = httpx.post
) -> tuple[threading.Thread, threading.Event]:
    """A thread that sends a request once its event is set."""
    go = threading.Event()

    def ask() -> None:
        go.wait(30)
        try:
            ask_by(url)
        except BaseException as error:
            errors.append(error)
            raise

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread, go


@pytest.mark.parametrize("ask_by", CLIENTS)
@pytest.mark.parametrize("is_next", [True, False], ids=["another cassette", "no cassette"])
def test_late_work_is_blocked(tmp_path: Path, ask_by: Callable[[str], object], *, is_next: bool) -> None:
    errors: list[BaseException] = []
    notes: list[str] = []
    with serve({"/": GOOD}) as server:
        with use_cassette(tmp_path / "a.yaml", record_mode="once", on_notice=notes.append):
            thread, go = late(f"{server.url}/", errors, ask_by)
        if is_next:
            with use_cassette(tmp_path / "b.yaml", record_mode="once"):
                go.set()
                thread.join(30)
        go.set()
        thread.join(30)
        assert server.requests == []
    assert isinstance(errors[0], NetworkBlockedError)
    assert "a.yaml" in notes[0]
    assert not (tmp_path / "b.yaml").exists()


def test_a_pool_s_thread_works_for_who_submits(tmp_path: Path) -> None:
    with serve({"/": GOOD}) as server, ThreadPoolExecutor(1) as pool:
        for name in ("a", "b"):
            with use_cassette(tmp_path / f"{name}.yaml", record_mode="once") as cassette:
                pool.submit(httpx.post, f"{server.url}/").result(30)
            assert len(cassette.recorded) == 1


def test_after_a_late_thread_has_ended_requests_are_sent(tmp_path: Path) -> None:
    with serve({"/": GOOD}) as server:
        with use_cassette(tmp_path / "a.yaml", record_mode="once"):
            thread, go = late(f"{server.url}/", [])
        go.set()
        thread.join(30)
        assert httpx.get(f"{server.url}/", trust_env=False).is_success
        assert len(server.requests) == 1


def test_the_next_test_s_requests_are_sent_while_a_late_thread_lives(tmp_path: Path) -> None:
    with serve({"/": GOOD}) as server:
        with use_cassette(tmp_path / "a.yaml", record_mode="once"):
            thread, go = late(f"{server.url}/", [])
        for ask_by in CLIENTS:
            ask_by(f"{server.url}/")
        assert len(server.requests) == len(CLIENTS)
        go.set()
        thread.join(30)
        assert len(server.requests) == len(CLIENTS)
