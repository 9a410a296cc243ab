"""Clients that take no transport: requests, urllib3, aiohttp, botocore."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import botocore.session
import pytest
import requests
import urllib3

from unspool.faults import Break, ErrorEvent
from unspool.script import call, error, text, use_script

CHAT = "https://api.openai.com/v1/chat/completions"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


def said(lines: list[str]) -> str:
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    return "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"])


def test_requests_reads_a_stream() -> None:
    with use_script("Rain in Oslo."):
        response = requests.post(CHAT, json=BODY, stream=True, timeout=5)
        assert said([line.decode() for line in response.iter_lines()]) == "Rain in Oslo."


def test_urllib3_reads_a_stream() -> None:
    with use_script("Rain in Oslo."):
        response = urllib3.PoolManager().request("POST", CHAT, json=BODY, preload_content=False)
        assert said(b"".join(response.stream(64)).decode().splitlines()) == "Rain in Oslo."


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_aiohttp_reads_a_stream(anyio_backend: str) -> None:
    with use_script("Rain in Oslo."):
        async with aiohttp.ClientSession() as session, session.post(CHAT, json=BODY) as response:
            assert said([line.decode().strip() async for line in response.content]) == "Rain in Oslo."


def bedrock() -> Any:
    return botocore.session.Session().create_client(
        "bedrock-runtime", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    )


def test_botocore_converses() -> None:
    asked: dict[str, Any] = {"modelId": "amazon.nova-lite-v1:0"}
    messages: list[Any] = [{"role": "user", "content": [{"text": "Weather?"}]}]
    with use_script(call("get_weather", city="Oslo"), text("Rain.")) as script:
        client = bedrock()
        events = list(client.converse_stream(messages=messages, **asked)["stream"])
        used = next(
            one["contentBlockStart"]["start"]["toolUse"] for one in events if "contentBlockStart" in one
        )
        messages.append({"role": "assistant", "content": [{"toolUse": {**used, "input": {"city": "Oslo"}}}]})
        result = {"toolUseId": used["toolUseId"], "content": [{"json": {"result": "rain"}}]}
        messages.append({"role": "user", "content": [{"toolResult": result}]})
        answer = client.converse(messages=messages, **asked)
        assert answer["output"]["message"]["content"] == [{"text": "Rain."}]
        assert script.calls[1].tool_results == {"get_weather": "rain"}


def test_botocore_reads_an_invoked_model() -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": BODY["messages"]}
    with use_script("Rain."):
        model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        answer = bedrock().invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
        events = [json.loads(one["chunk"]["bytes"]) for one in answer["body"]]
        assert "".join(one["delta"].get("text", "") for one in events if "delta" in one) == "Rain."


def test_faults_reach_them() -> None:
    with use_script(error(429), text("Rain in Oslo.") | ErrorEvent(after=2), text("Sun.") | Break(after=2)):
        assert requests.post(CHAT, json=BODY, timeout=5).status_code == 429
        assert "overloaded" in requests.post(CHAT, json=BODY, timeout=5).text
        other = {**BODY, "messages": [{"role": "user", "content": "Other"}]}
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.post(CHAT, json=other, timeout=5)
