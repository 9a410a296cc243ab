"""Time stops at the recorded moment."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import requests

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.clock import VirtualClock
from unspool.transports.freeze_time import moment_of
from unspool.transports.use_cassette import use_cassette

URL = "https://api.example.com/v1/chat"
ROOT = Path(__file__).parents[2]
FIRST, SECOND = 1_700_000_000.0, 1_700_000_100.0


def interaction(path: str, recorded_at: float | None, headers: Any = ()) -> Interaction:
    timeline = None if recorded_at is None else Timeline((NetworkChunk(2, 60.0),), 0.0, recorded_at)
    return Interaction(Request("GET", f"{URL}/{path}"), Response(200, "OK", headers, b"hi", timeline))


@pytest.fixture
def cassette() -> Cassette:
    return Cassette.of([interaction("1", FIRST), interaction("2", SECOND)])


def test_time_stands_at_the_request_until_its_response_is_read_then_at_the_next_request(
    cassette: Cassette,
) -> None:
    with use_cassette(cassette, freeze_time=True):
        assert time.time() == FIRST
        with httpx.stream("GET", f"{URL}/1") as response:
            assert time.time() == FIRST
            response.read()
        assert time.time() == SECOND
        httpx.get(f"{URL}/2")
        assert time.time() == SECOND
        assert dt.datetime.now(dt.UTC).timestamp() == SECOND


def test_a_response_that_is_left_moves_time_on(cassette: Cassette) -> None:
    with use_cassette(cassette, freeze_time=True):
        with httpx.stream("GET", f"{URL}/1"):
            assert time.time() == FIRST
        assert time.time() == SECOND


def test_a_client_that_gets_responses_whole_moves_time_on(cassette: Cassette) -> None:
    with use_cassette(cassette, freeze_time=True):
        assert requests.get(f"{URL}/1", timeout=5).text == "hi"
        assert time.time() == SECOND


def test_a_date_in_each_turn_is_the_recorded_one(tmp_path: Path) -> None:
    def turn(recorded_at: float) -> Interaction:
        asked = json.dumps({"messages": [{"role": "user", "content": today(recorded_at)}]}).encode()
        timeline = Timeline((NetworkChunk(2, 0.1),), 0.0, recorded_at, ended_at=0.1)
        headers = (("content-type", "application/json"),)
        return Interaction(Request("POST", URL, headers, asked), Response(200, body=b"hi", timeline=timeline))

    def today(moment: float) -> str:
        return f"It is {dt.datetime.fromtimestamp(moment, dt.UTC):%A, %H:%M}."

    recorded = [turn(FIRST), turn(FIRST + 3600), turn(FIRST + 100_000)]
    Cassette.of(recorded).save(tmp_path / "days.yaml")
    with use_cassette(tmp_path / "days.yaml", record_mode="none", freeze_time=True, require_all_played=True):
        for _ in recorded:
            asked = {"messages": [{"role": "user", "content": today(time.time())}]}
            assert httpx.post(URL, json=asked).text == "hi"


def test_time_never_goes_back(cassette: Cassette) -> None:
    with use_cassette(cassette, freeze_time=True):
        httpx.get(f"{URL}/2")
        httpx.get(f"{URL}/1")
        assert time.time() == SECOND


def test_afterwards_time_goes_on(cassette: Cassette) -> None:
    with use_cassette(cassette, freeze_time=True):
        httpx.get(f"{URL}/1")
        httpx.get(f"{URL}/2")
    assert time.time() > SECOND + 1


def test_only_those_who_ask_for_it_get_it(cassette: Cassette) -> None:
    with use_cassette(cassette):
        assert time.time() > SECOND + 1
        httpx.get(f"{URL}/1")
        httpx.get(f"{URL}/2")


def test_an_event_loop_goes_on(cassette: Cassette, anyio_backend: str) -> None:
    async def main() -> float:
        async with httpx.AsyncClient() as client:
            await client.get(f"{URL}/1")
            with anyio.fail_after(5):
                await anyio.sleep(0.05)
            await client.get(f"{URL}/2")
        return time.time()

    with use_cassette(cassette, freeze_time=True):
        assert anyio.run(main, backend=anyio_backend) == SECOND


def test_a_timeout_of_asyncios_still_comes(cassette: Cassette) -> None:
    async def main() -> None:
        await asyncio.wait_for(asyncio.Event().wait(), 0.05)

    with use_cassette(cassette, freeze_time=True), pytest.raises(TimeoutError):
        asyncio.run(main())


def test_recorded_times_pass_on_another_clock(cassette: Cassette) -> None:
    clock = VirtualClock()
    with use_cassette(cassette, freeze_time=True, timing="recorded", clock=clock):
        httpx.get(f"{URL}/1", timeout=100)
        assert time.time() == SECOND
    assert clock.elapsed == 60.0


def test_real_pauses_are_real_while_time_stands() -> None:
    quick = Interaction(
        Request("GET", URL), Response(200, body=b"hi", timeline=Timeline((NetworkChunk(2, 0.1),), 0.0, FIRST))
    )
    started = time.perf_counter()
    with use_cassette(Cassette.of([quick]), freeze_time=True, timing="recorded"):
        httpx.get(URL)
    assert time.perf_counter() - started >= 0.1


def test_a_recording_of_vcrpys_has_its_date() -> None:
    dated = interaction("1", None, (("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),))
    moment = moment_of(dated)
    assert moment is not None
    assert moment.timestamp() == FIRST


@pytest.mark.parametrize("headers", [(), (("date", "REDACTED"),)])
def test_without_a_date_nobody_knows(headers: Any) -> None:
    assert moment_of(interaction("1", None, headers)) is None


@pytest.fixture
def lazy_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that is on the path, and whose modules are forgotten at the end."""
    folder = tmp_path / "lazy_package"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("lazy_package"):
            del sys.modules[name]


LAZY = """
def __dir__():
    return ["Message"]

def __getattr__(name):
    if name != "Message":
        raise AttributeError(name)
"""


def test_an_sdk_that_loads_its_models_at_the_first_touch_loads_them_with_real_datetimes(
    lazy_package: Path, cassette: Cassette
) -> None:
    (lazy_package / "__init__.py").write_text(f"{LAZY}    from .message import Message\n    return Message\n")
    (lazy_package / "message.py").write_text(
        "import datetime, pydantic\nclass Message(pydantic.BaseModel):\n    at: datetime.datetime\n"
    )
    lazy = importlib.import_module("lazy_package")

    with use_cassette(cassette, freeze_time=True):
        httpx.get(f"{URL}/1")
        httpx.get(f"{URL}/2")

    assert lazy.Message(at="2026-11-23T00:00:00Z").at.year == 2026


def test_time_goes_on_where_it_cannot_be_stopped(lazy_package: Path, cassette: Cassette) -> None:
    fails = f"    import time\n    if time.time() <= {FIRST}: raise ValueError('no such time')\n"
    (lazy_package / "__init__.py").write_text(LAZY + fails)
    importlib.import_module("lazy_package")

    with pytest.raises(ValueError, match="no such time"), use_cassette(cassette, freeze_time=True):
        pass

    assert time.time() > SECOND + 1


def test_afterwards_pydantic_still_knows_datetimes() -> None:
    code = """
import sys
from tests.transports.test_freeze_time import FIRST, interaction
from unspool.cassette.cassette import Cassette
from unspool.transports.use_cassette import use_cassette
with use_cassette(Cassette.of([interaction("1", FIRST)]), freeze_time=True):
    pass
import datetime
import pydantic
pydantic.create_model("Model", at=(datetime.datetime, ...))(at="2026-11-23T00:00:00Z")
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
