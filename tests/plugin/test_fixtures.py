"""The plugin from outside: projects that have it installed, and ask for its fixtures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def outcome_of(code: str, folder: Path) -> str:
    """The last line of a run of pytest over one file, in a process of its own."""
    (folder / "test_downstream.py").write_text(code, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def test_canned_chunks_go_through_the_real_wrapper(tmp_path: Path) -> None:
    out = outcome_of(
        """
import unspool

def test_canned(stream_wrapper):
    stream = stream_wrapper(["Hel", "lo"])
    assert isinstance(stream, unspool.CustomStreamWrapper)
    assert "".join(c.choices[0].delta.content or "" for c in stream) == "Hello"
""",
        tmp_path,
    )
    assert "1 passed" in out


def test_a_text_is_cut_into_chunks(tmp_path: Path) -> None:
    out = outcome_of(
        """
def test_text(stream_wrapper):
    texts = [c.choices[0].delta.content for c in stream_wrapper("Hello there")]
    assert texts == ["Hel", "lo ", "the", "re", None]
""",
        tmp_path,
    )
    assert "1 passed" in out


def test_delays_pass_in_virtual_time(tmp_path: Path) -> None:
    out = outcome_of(
        """
import unspool

def test_delay(stream_wrapper):
    clock = unspool.VirtualClock()
    list(stream_wrapper(["a", "b"], repeat=3, delay=60, clock=clock))
    assert clock.elapsed == 360
""",
        tmp_path,
    )
    assert "1 passed" in out


def test_a_providers_bytes_and_the_wrappers_options(tmp_path: Path) -> None:
    out = outcome_of(
        """
import unspool

def test_bytes(stream_wrapper):
    body = unspool.sample_body("anthropic/thinking")
    stream = stream_wrapper([body], provider="anthropic", stream_options={"include_usage": True})
    assert list(stream)[-1].usage.completion_tokens == 38
""",
        tmp_path,
    )
    assert "1 passed" in out


def test_what_a_test_leaves_open_is_closed(tmp_path: Path) -> None:
    out = outcome_of(
        """
streams = []

def test_opens(stream_wrapper):
    streams.append(stream_wrapper(["a", "b"]))
    next(streams[0])

def test_closed():
    assert list(streams[0]) == []
    assert streams[0].completion_stream is None
""",
        tmp_path,
    )
    assert "2 passed" in out


def test_a_loop_stops_at_its_own_limit(tmp_path: Path) -> None:
    out = outcome_of(
        """
import pytest, unspool

def test_loop(looping_stream):
    loop = looping_stream("How are you?", limit=10)
    with pytest.raises(unspool.InternalServerError):
        for _ in loop: ...
    loop.assert_stopped(within_chunks=12)
    assert unspool.REPEATED_STREAMING_CHUNK_LIMIT == 100
""",
        tmp_path,
    )
    assert "1 passed" in out


def test_a_consumer_that_goes_on_too_long_fails(tmp_path: Path) -> None:
    out = outcome_of(
        """
def test_loop(looping_stream):
    loop = looping_stream("How are you?", limit=50)
    try:
        for _ in loop: ...
    except Exception:
        pass
    loop.assert_stopped(within_chunks=12)
""",
        tmp_path,
    )
    assert "stopped after 51 chunks, which is more than 12" in out
    assert "1 failed" in out


def test_a_consumer_that_only_walks_away_fails(tmp_path: Path) -> None:
    out = outcome_of(
        """
def test_loop(looping_stream):
    loop = looping_stream("How are you?")
    next(loop)
    loop.assert_stopped(within_chunks=12)
""",
        tmp_path,
    )
    assert "the stream is still open, after 1 chunks" in out
    assert "1 failed" in out


def test_loops_are_read_async_too(tmp_path: Path) -> None:
    out = outcome_of(
        """
import asyncio, pytest, unspool

def test_loop(looping_stream):
    async def read():
        async for _ in looping_stream(["one ", "two "], cycle_guard=unspool.CycleGuard(), limit=9): ...
    with pytest.raises(unspool.RepetitionError):
        asyncio.run(read())
""",
        tmp_path,
    )
    assert "1 passed" in out


@pytest.mark.parametrize("name", ["stream_wrapper", "looping_stream"])
def test_a_fixture_says_what_it_is_for(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "--fixtures", "-v", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    assert f"\n{name} -- " in done.stdout
