"""Each SDK's own way of asking, and its items as plain data. What it raises goes through.

An adapter is a generator: closed early, it leaves the SDK's stream as a program would that has seen enough.
SDKs are imported by name, for only some of them are installed at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from importlib import import_module
from typing import Any

KEY = "not-a-key"
CHAT: list[dict[str, str]] = [{"role": "user", "content": "How is the weather in 東京?"}]


@dataclass(frozen=True)
class Call:
    """What is asked, and of whom.

    Attributes:
        url: the server's.
        patience: the read timeout in seconds.
    """

    url: str
    streaming: bool = True
    patience: float = 5.0


def _plain(item: Any) -> Any:
    return item.model_dump(mode="json", warnings=False)


def _all(answer: Any, call: Call) -> Iterator[Any]:
    if not call.streaming:
        yield _plain(answer)
        return
    with answer:
        yield from map(_plain, answer)


async def _aall(answer: Any, call: Call) -> AsyncIterator[Any]:
    if not call.streaming:
        yield _plain(answer)
        return
    async with answer:
        async for item in answer:
            yield _plain(item)


# OpenAI, and Groq, whose SDK is made by the same generator


def _options(call: Call, path: str = "") -> dict[str, Any]:
    return {"base_url": call.url + path, "api_key": KEY, "timeout": call.patience}


def openai(call: Call) -> Iterator[Any]:
    with import_module("openai").OpenAI(**_options(call, "/v1")) as client:
        asked = client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, stream=call.streaming)
        yield from _all(asked, call)


async def aopenai(call: Call) -> AsyncIterator[Any]:
    async with import_module("openai").AsyncOpenAI(**_options(call, "/v1")) as client:
        asked = client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, stream=call.streaming)
        async for item in _aall(await asked, call):
            yield item


def groq(call: Call) -> Iterator[Any]:
    with import_module("groq").Groq(**_options(call)) as client:
        asked = client.chat.completions.create(model="llama-3.3-70b", messages=CHAT, stream=call.streaming)
        yield from _all(asked, call)


async def agroq(call: Call) -> AsyncIterator[Any]:
    async with import_module("groq").AsyncGroq(**_options(call)) as client:
        asked = client.chat.completions.create(model="llama-3.3-70b", messages=CHAT, stream=call.streaming)
        async for item in _aall(await asked, call):
            yield item


# Anthropic: through its stream helper, which also puts the message together

_MESSAGES: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": CHAT}


def anthropic(call: Call) -> Iterator[Any]:
    with import_module("anthropic").Anthropic(**_options(call)) as client:
        if not call.streaming:
            yield _plain(client.messages.create(**_MESSAGES))
            return
        with client.messages.stream(**_MESSAGES) as stream:
            yield from map(_plain, stream)
            yield _plain(stream.get_final_message())


async def aanthropic(call: Call) -> AsyncIterator[Any]:
    async with import_module("anthropic").AsyncAnthropic(**_options(call)) as client:
        if not call.streaming:
            yield _plain(await client.messages.create(**_MESSAGES))
            return
        async with client.messages.stream(**_MESSAGES) as stream:
            async for event in stream:
                yield _plain(event)
            yield _plain(await stream.get_final_message())


# Gemini: retries only when told to

_CONTENT = {"model": "gemini-2.5-flash", "contents": CHAT[0]["content"]}


def _genai(call: Call) -> Any:
    retries = {"attempts": 2, "initial_delay": 0.02, "jitter": 0.0}
    options = {"base_url": call.url, "timeout": round(call.patience * 1000), "retry_options": retries}
    return import_module("google.genai").Client(api_key=KEY, vertexai=False, http_options=options)


def genai(call: Call) -> Iterator[Any]:
    with _genai(call) as client:
        if not call.streaming:
            yield _plain(client.models.generate_content(**_CONTENT))
            return
        yield from map(_plain, client.models.generate_content_stream(**_CONTENT))


async def agenai(call: Call) -> AsyncIterator[Any]:
    async with _genai(call).aio as client:
        if not call.streaming:
            yield _plain(await client.models.generate_content(**_CONTENT))
            return
        async with aclosing(await client.models.generate_content_stream(**_CONTENT)) as stream:
            async for chunk in stream:
                yield _plain(chunk)


# Mistral: retries only when told to


def _mistral(call: Call) -> Any:
    retries = import_module("mistralai.client.utils.retries")
    backoff = retries.BackoffStrategy(20, 50, 1.5, 5000, jitter_ms=0)
    return import_module("mistralai.client").Mistral(
        api_key=KEY,
        server_url=call.url,
        timeout_ms=round(call.patience * 1000),
        retry_config=retries.RetryConfig("backoff", backoff, retry_connection_errors=False),
    )


def mistral(call: Call) -> Iterator[Any]:
    with _mistral(call) as client:
        ask = client.chat.stream if call.streaming else client.chat.complete
        yield from _all(ask(model="mistral-small-latest", messages=CHAT), call)


async def amistral(call: Call) -> AsyncIterator[Any]:
    async with _mistral(call) as client:
        ask = client.chat.stream_async if call.streaming else client.chat.complete_async
        async for item in _aall(await ask(model="mistral-small-latest", messages=CHAT), call):
            yield item


# Cohere: its streams are generators


def cohere(call: Call) -> Iterator[Any]:
    client = import_module("cohere").ClientV2(**_options(call))
    if not call.streaming:
        yield _plain(client.chat(model="command-a-03-2025", messages=CHAT))
        return
    yield from map(_plain, client.chat_stream(model="command-a-03-2025", messages=CHAT))


async def acohere(call: Call) -> AsyncIterator[Any]:
    client = import_module("cohere").AsyncClientV2(**_options(call))
    if not call.streaming:
        yield _plain(await client.chat(model="command-a-03-2025", messages=CHAT))
        return
    async with aclosing(client.chat_stream(model="command-a-03-2025", messages=CHAT)) as stream:
        async for event in stream:
            yield _plain(event)


# LiteLLM: its streams can't be closed


def _litellm(call: Call, model: str, path: str) -> dict[str, Any]:
    return {
        "model": model,
        "messages": CHAT,
        "stream": call.streaming,
        "api_base": call.url + path,
        "api_key": KEY,
        "timeout": call.patience,
        "num_retries": 1,
    }


def _named(item: Any) -> Any:
    """Without what LiteLLM makes up itself: ids and times, new at each call."""
    return {key: value for key, value in _plain(item).items() if key not in {"id", "created"}}


def litellm(call: Call, model: str, path: str) -> Iterator[Any]:
    asked = import_module("litellm").completion(**_litellm(call, model, path))
    yield from map(_named, asked if call.streaming else [asked])


async def alitellm(call: Call, model: str, path: str, *, aiohttp: bool) -> AsyncIterator[Any]:
    sdk: Any = import_module("litellm")
    sdk.disable_aiohttp_transport = not aiohttp
    sdk.in_memory_llm_clients_cache.flush_cache()  # or a client of the other kind would be used
    asked = await sdk.acompletion(**_litellm(call, model, path))
    if not call.streaming:
        yield _named(asked)
        return
    async for chunk in asked:
        yield _named(chunk)
