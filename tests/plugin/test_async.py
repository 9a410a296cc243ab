"""Cassettes in async tests, under each of the plugins that run them; and in workers of pytest-xdist."""

from __future__ import annotations

import pytest
from tests.loopback import Loopback
from tests.plugin.project import Outcome, Project

ASYNC = """
async def aask(question):
    async with httpx.AsyncClient() as client:
        return (await client.post(URL, json={{"ask": question}})).text

{marks}
@pytest.mark.stream_cassette
async def test_weather():
    assert "It rains" in await aask("one")
    assert "It rains" in await aask("two")
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(project: Project, server: Loopback, backend: str) -> None:
    project.write(
        "conftest.py", f"import pytest\n\n@pytest.fixture\ndef anyio_backend(): return {backend!r}\n"
    )
    project.write_tests(ASYNC.format(marks="@pytest.mark.anyio"))
    outcomes = [project.run(plugins=["anyio.pytest_plugin"]).counts for _ in range(2)]
    assert outcomes == [{"passed": 1}] * 2
    assert len(server.requests) == 2


def run_asyncio(project: Project) -> Outcome:
    return project.run("-o", "asyncio_default_fixture_loop_scope=function", plugins=["pytest_asyncio.plugin"])


@pytest.mark.parametrize("scope", ["function", "module"])
def test_pytest_asyncio(project: Project, server: Loopback, scope: str) -> None:
    project.write_tests(ASYNC.format(marks=f"@pytest.mark.asyncio(loop_scope={scope!r})"))
    outcomes = [run_asyncio(project).counts for _ in range(2)]
    assert outcomes == [{"passed": 1}] * 2
    assert len(server.requests) == 2


def test_pytest_trio(project: Project, server: Loopback) -> None:
    project.write_tests(ASYNC.format(marks="@pytest.mark.trio"))
    outcomes = [project.run(plugins=["pytest_trio.plugin"]).counts for _ in range(2)]
    assert outcomes == [{"passed": 1}] * 2
    assert len(server.requests) == 2


def test_a_loop_that_is_older_than_the_cassette_is_inside_it_too(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
import pytest_asyncio

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client():
    async with httpx.AsyncClient() as made:
        yield made

@pytest.mark.stream_cassette
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("number", range(2))
async def test_weather(client, number):
    assert "It rains" in (await client.post(URL, json={"ask": number})).text
"""
    )
    outcomes = [run_asyncio(project).counts for _ in range(2)]
    assert outcomes == [{"passed": 2}] * 2
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


def test_a_worker_reports_an_error_in_mid_stream(project: Project) -> None:
    project.write_tests(
        """
def test_stream():
    broken = unspool.FakeStream(["Hel", unspool.RateLimitError("slow down")])
    list(unspool.CustomStreamWrapper(broken, "m"))
"""
    )
    outcome = project.run("-n1", plugins=["xdist"])
    assert outcome.counts == {"failed": 1}
    assert "unspool.RateLimitError: slow down" in outcome.text
