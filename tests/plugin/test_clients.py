"""Transports and clients that ask the test's cassette, from outside."""

from __future__ import annotations

import pytest
from tests.loopback import Loopback
from tests.plugin.project import Project


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_client_may_be_handed_the_transport(project: Project, server: Loopback, library: str) -> None:
    project.write_tests(
        f"""
import {library}, asyncio

def test_sync(stream_transport):
    with {library}.Client(transport=stream_transport) as client:
        assert "It rains" in client.post(URL, json={{}}).text

def test_async(async_stream_transport):
    async def main():
        async with {library}.AsyncClient(transport=async_stream_transport) as client:
            assert "It rains" in (await client.post(URL, json={{}})).text
    asyncio.run(main())
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 2}] * 2
    assert len(server.requests) == 2
    assert project.cassettes == [f"tests/cassettes/test_it/test_{way}.yaml" for way in ("async", "sync")]


def test_clients_of_the_sdks_ask_the_cassette(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
import asyncio

ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "?"}], "stream": True}

def test_sync(stream_openai):
    client = stream_openai.with_options(base_url=URL + "v1")
    chunks = list(client.chat.completions.create(**ASK))
    assert chunks[0].choices[0].delta.content == "It rains"

def test_async(async_stream_openai):
    async def main():
        async with async_stream_openai.with_options(base_url=URL + "v1") as client:
            stream = await client.chat.completions.create(**ASK)
            assert [chunk async for chunk in stream][0].choices[0].delta.content == "It rains"
    asyncio.run(main())

def test_anthropic(stream_anthropic, async_stream_anthropic):
    import anthropic
    assert isinstance(stream_anthropic, anthropic.Anthropic)
    assert isinstance(async_stream_anthropic, anthropic.AsyncAnthropic)
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 3}] * 2
    assert len(server.requests) == 2


def test_an_sdk_that_is_missing_is_named(project: Project) -> None:
    project.write("openai.py", "raise ImportError('not here')\n")
    project.write_tests("def test_it(stream_openai): ...\n")
    outcome = project.run()
    assert outcome.counts == {"error": 1}
    assert "pip install openai" in outcome.text
