"""Time in a test: virtual for the application's timers, real for the test run's own."""

from __future__ import annotations

from tests.plugin.project import Project

WATCHDOG = """
import asyncio, time
from time import monotonic, sleep
from unspool.faults import Stall, Hang, Status
from unspool.clock import RealClock

REAL = RealClock()

async def watched(pieces, seconds=5):
    count = 0
    while True:
        try:
            async with asyncio.timeout(seconds):
                await anext(pieces)
        except StopAsyncIteration:
            return count
        count += 1
"""

CHAT = """
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hey"}], "stream": True}

async def pieces():
    async with httpx.AsyncClient(timeout=None) as client:
        async with client.stream("POST", URL, json=CHAT) as response:
            async for piece in response.aiter_raw():
                yield piece
"""


def test_the_watchdog_of_a_canned_stream_fires(project: Project) -> None:
    project.write_tests(
        WATCHDOG
        + """
def test_a_broken_stream(stream_faults):
    started = REAL.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(watched(aiter(stream_faults(Stall(1, 60), "It rains in Spain."))))
    assert REAL.monotonic() - started < 30

def test_a_whole_stream(stream_wrapper):
    assert asyncio.run(watched(aiter(stream_wrapper("It rains in Spain.", delay=1, strict=False)))) > 3

def test_a_pause(stream_wrapper, unspool_clock):
    with pytest.raises(TimeoutError):
        asyncio.run(watched(aiter(stream_wrapper(["It ", unspool.Pause(60), "rains."]))))
    assert 4.5 < unspool_clock.elapsed < 20

def test_a_scripts_own_sleep_is_seen(stream_wrapper):
    started = monotonic()
    for chunk in stream_wrapper(["It ", unspool.Pause(60), "rains."]):
        pass
    assert monotonic() - started >= 60
"""
    )
    assert project.run().counts == {"passed": 4}


def test_the_watchdog_of_a_cassette_fires(project: Project) -> None:
    project.write_tests(
        WATCHDOG
        + CHAT
        + """
@pytest.mark.stream_cassette("weather")
def test_recorded():
    assert asyncio.run(watched(pieces(), 60)) > 0

@pytest.mark.stream_cassette("weather", fault=Stall(1, 60))
def test_broken():
    with pytest.raises(TimeoutError):
        asyncio.run(watched(pieces()))

@pytest.mark.stream_cassette("weather")
def test_broken_later(stream_faults):
    stream_faults.in_cassette(Stall(1, 60))
    with pytest.raises(TimeoutError):
        asyncio.run(watched(pieces()))

@pytest.mark.stream_cassette("weather", timing="recorded")
def test_at_the_recorded_times():
    assert asyncio.run(watched(pieces())) > 0
"""
    )
    assert project.run().counts == {"passed": 4}


def test_nothing_is_patched_where_nothing_can_pause(project: Project) -> None:
    project.write_tests(
        CHAT
        + """
import sys, time

@pytest.mark.stream_cassette("weather")
def test_recorded():
    httpx.post(URL, json=CHAT)

@pytest.mark.stream_cassette("weather")
def test_replayed(stream_wrapper):
    before = time.sleep
    httpx.post(URL, json=CHAT)
    list(stream_wrapper("It rains.", strict=False))
    assert time.sleep is before
    assert "unspool.virtual_time.lending" not in sys.modules
"""
    )
    assert project.run().counts == {"passed": 2}


def test_time_is_real_again_after_a_test_also_if_it_fails(project: Project) -> None:
    project.write_tests(
        """
import time, asyncio, threading
REAL = (time.sleep, time.monotonic, asyncio.sleep, threading.Condition.wait, threading.Thread.start)

def now():
    return (time.sleep, time.monotonic, asyncio.sleep, threading.Condition.wait, threading.Thread.start)

def test_fails(stream_wrapper):
    list(stream_wrapper(["a", unspool.Pause(60)]))
    assert now() == REAL

def test_afterwards():
    assert now() == REAL
"""
    )
    assert project.run().counts == {"failed": 1, "passed": 1}


def test_real_time_waits(project: Project) -> None:
    project.write_tests(
        WATCHDOG
        + CHAT
        + """
@pytest.mark.stream_cassette("weather")
def test_recorded():
    httpx.post(URL, json=CHAT)

@pytest.mark.stream_cassette("weather", fault=Stall(1, 0.2), real_time=True)
def test_real():
    started = REAL.monotonic()
    assert asyncio.run(watched(pieces(), 60)) > 0
    assert REAL.monotonic() - started >= 0.2

@pytest.mark.stream_cassette(real_time=True)
def test_canned(stream_wrapper, unspool_clock):
    started = REAL.monotonic()
    list(stream_wrapper(["a", unspool.Pause(0.2), "b"]))
    assert REAL.monotonic() - started >= 0.2
    assert isinstance(unspool_clock, RealClock)
"""
    )
    assert project.run().counts == {"passed": 3}


def test_a_loop_that_lives_for_the_session_is_reached(project: Project) -> None:
    project.write_tests(
        WATCHDOG
        + """
@pytest.fixture(scope="session")
def loop():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0.01))
    yield loop
    loop.close()

def test_it(loop, stream_faults):
    with pytest.raises(TimeoutError):
        loop.run_until_complete(watched(aiter(stream_faults(Stall(1, 60), "It rains in Spain."))))

def test_again(loop, stream_faults):
    with pytest.raises(TimeoutError):
        loop.run_until_complete(watched(aiter(stream_faults(Stall(1, 60), "It rains in Spain."))))

def test_it_has_its_time_back(loop):
    assert abs(loop.time() - REAL.monotonic()) < 1
    assert "time" not in vars(loop)
"""
    )
    assert project.run().counts == {"passed": 3}


def test_a_back_off_takes_no_real_time(project: Project) -> None:
    project.write_tests(
        CHAT
        + """
import openai, time
from unspool.clock import RealClock
from unspool.faults import scenario

@pytest.mark.stream_cassette("weather")
def test_recorded():
    httpx.post(URL, json=CHAT)

@pytest.mark.stream_cassette("weather", fault=scenario("rate-limited-once"), match_on=["method"])
def test_backs_off():
    real, virtual = RealClock().monotonic(), time.monotonic()
    with openai.OpenAI(api_key="any", base_url=URL) as sdk:
        list(sdk.chat.completions.create(**CHAT))
    assert time.monotonic() - virtual >= 7
    assert RealClock().monotonic() - real < time.monotonic() - virtual - 5
"""
    )
    assert project.run().counts == {"passed": 2}


def test_freezegun_beside_it_works(project: Project) -> None:
    project.write_tests(
        WATCHDOG
        + """
import datetime, freezegun

def test_inside(stream_wrapper):
    stream = stream_wrapper(["a", unspool.Pause(60), "b", unspool.Pause(60), "c"])
    with freezegun.freeze_time("2026-01-01"):
        next(stream), next(stream)
        assert datetime.datetime.now() == datetime.datetime(2026, 1, 1)
    assert datetime.datetime.now().year > 2025
    started = time.monotonic()
    next(stream)
    assert time.monotonic() - started >= 60

@freezegun.freeze_time("2026-01-01", tick=True)
def test_around(stream_wrapper):
    started = datetime.datetime.now()
    list(stream_wrapper(["a", unspool.Pause(60), "b"]))
    assert datetime.timedelta(seconds=55) < datetime.datetime.now() - started

def test_afterwards():
    assert abs(time.monotonic() - REAL.monotonic()) < 1
"""
    )
    assert project.run().counts == {"passed": 3}
