"""Cassettes in async tests, under each of the plugins that run them; and in workers of pytest-xdist."""

from __future__ import annotations

import pytest
from tests.loopback import Loopback
from tests.plugin.project import Project

ASYNC = """
import asyncio

async def aask(question):
    async with httpx.AsyncClient() as client:
        return (await client.post(URL, json={{"ask": question}})).text

{marks}
@pytest.mark.stream_cassette
async def test_weather({fixture}):
    assert "It rains" in await aask("one")
    assert "It rains" in await aask("two")
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(project: Project, server: Loopback, backend: str) -> None:
    project.write(
        "conftest.py", f"import pytest\n\n@pytest.fixture\ndef anyio_backend(): return {backend!r}\n"
    )
    project.write_tests(ASYNC.format(marks="@pytest.mark.anyio", fixture=""))
    outcomes = [project.run(plugins=["anyio"]).counts for _ in range(2)]
    assert outcomes == [{"passed": 1}] * 2
    assert len(server.requests) == 2


def test_tests_that_run_at_once_in_workers_all_record(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette("shared", allow_playback_repeats=True)
@pytest.mark.parametrize("number", range(8))
def test_weather(number):
    assert "It rains" in ask(number)
"""
    )
    assert project.run("-n4", "--unspool-record=new_episodes", plugins=["xdist"]).counts == {"passed": 8}
    assert project.run("--unspool-record=none").counts == {"passed": 8}
    assert len(server.requests) == 8
