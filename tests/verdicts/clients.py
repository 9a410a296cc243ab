"""Each SDK as it comes: nothing is set but the key. Each yields the text that it streams.

SDKs are imported by name, for only some of them are installed at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from importlib import import_module
from typing import Any

KEY = "not-a-key"
QUESTION = "How is the weather in 東京?"
CHAT: list[dict[str, str]] = [{"role": "user", "content": QUESTION}]
MODEL = "gpt-4o-mini"


def _deltas(chunk: Any) -> Iterator[str]:
    """The text of a chunk of OpenAI's form; some have no choices."""
    yield from (choice.delta.content or "" for choice in chunk.choices or ())


def openai() -> Iterator[str]:
    with import_module("openai").OpenAI(api_key=KEY) as client:
        for chunk in client.chat.completions.create(model=MODEL, messages=CHAT, stream=True):
            yield from _deltas(chunk)


async def aopenai() -> AsyncIterator[str]:
    async with import_module("openai").AsyncOpenAI(api_key=KEY) as client:
        async for chunk in await client.chat.completions.create(model=MODEL, messages=CHAT, stream=True):
            for text in _deltas(chunk):
                yield text


_MESSAGES: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": CHAT}


def anthropic() -> Iterator[str]:
    with (
        import_module("anthropic").Anthropic(api_key=KEY) as client,
        client.messages.stream(**_MESSAGES) as stream,
    ):
        yield from stream.text_stream
        stream.get_final_message()


async def aanthropic() -> AsyncIterator[str]:
    async with (
        import_module("anthropic").AsyncAnthropic(api_key=KEY) as client,
        client.messages.stream(**_MESSAGES) as stream,
    ):
        async for text in stream.text_stream:
            yield text
        await stream.get_final_message()


_CONTENT = {"model": "gemini-2.5-flash", "contents": QUESTION}


def genai() -> Iterator[str]:
    with import_module("google.genai").Client(api_key=KEY, vertexai=False) as client:
        for chunk in client.models.generate_content_stream(**_CONTENT):
            yield chunk.text or ""


async def agenai() -> AsyncIterator[str]:
    async with (
        import_module("google.genai").Client(api_key=KEY, vertexai=False).aio as client,
        aclosing(await client.models.generate_content_stream(**_CONTENT)) as stream,
    ):
        async for chunk in stream:
            yield chunk.text or ""


def mistral() -> Iterator[str]:
    with (
        import_module("mistralai.client").Mistral(api_key=KEY) as client,
        client.chat.stream(model="mistral-small-latest", messages=CHAT) as stream,
    ):
        for event in stream:
            yield from _deltas(event.data)


async def amistral() -> AsyncIterator[str]:
    async with (
        import_module("mistralai.client").Mistral(api_key=KEY) as client,
        await client.chat.stream_async(model="mistral-small-latest", messages=CHAT) as stream,
    ):
        async for event in stream:
            for text in _deltas(event.data):
                yield text


def _litellm() -> Any:
    sdk = import_module("litellm")
    sdk.suppress_debug_info = True  # or it prints where to get help, at each error
    sdk.in_memory_llm_clients_cache.flush_cache()  # some would belong to an event loop that is closed
    return sdk


def litellm(model: str) -> Iterator[str]:
    for chunk in _litellm().completion(model=model, messages=CHAT, stream=True, api_key=KEY):
        yield from _deltas(chunk)


async def alitellm(model: str) -> AsyncIterator[str]:
    async for chunk in await _litellm().acompletion(model=model, messages=CHAT, stream=True, api_key=KEY):
        for text in _deltas(chunk):
            yield text


def langchain() -> Iterator[str]:
    chat = import_module("langchain_openai").ChatOpenAI(model=MODEL, api_key=KEY)
    yield from (str(chunk.text) for chunk in chat.stream(QUESTION))


async def alangchain() -> AsyncIterator[str]:
    chat = import_module("langchain_openai").ChatOpenAI(model=MODEL, api_key=KEY)
    async for chunk in chat.astream(QUESTION):
        yield str(chunk.text)


def _agent() -> Any:
    models = import_module("pydantic_ai.models.openai")
    provider = import_module("pydantic_ai.providers.openai").OpenAIProvider(api_key=KEY)
    return import_module("pydantic_ai").Agent(models.OpenAIChatModel(MODEL, provider=provider))


async def apydantic() -> AsyncIterator[str]:
    async with _agent().run_stream(QUESTION) as run:
        async for text in run.stream_text(delta=True, debounce_by=None):
            yield text
