"""The shapes of use on LiteLLM's streaming page, with `import unspool as litellm`.

https://docs.litellm.ai/docs/completion/stream: a stream read in a loop, rebuilt, awaited, read
asynchronously, and the loop that is broken out of. A server on this machine stands in for OpenAI.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from tests.loopback import Answer, Loopback, serve

import unspool as litellm

MESSAGES = [{"role": "user", "content": "How do you do?"}]
WORDS = ["Very", " well", ",", " thank", " you", "."]
ANSWER = "Very well, thank you."


def chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, object]:
    return {
        "id": "chatcmpl-page",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-3.5-turbo-0125",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


STREAM = Answer.events(
    chunk({"role": "assistant", "content": ""}),
    *(chunk({"content": word}) for word in WORDS),
    chunk({}, "stop"),
)
WHOLE = Answer.json(
    {
        "id": "chatcmpl-page",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-3.5-turbo-0125",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18},
    }
)


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with serve({"/v1/chat/completions": STREAM}) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        yield server


def test_a_stream_is_printed_as_it_comes(openai: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    from unspool import completion

    response = completion(model="gpt-3.5-turbo", messages=MESSAGES, stream=True)
    for part in response:
        print(part.choices[0].delta.content or "")  # noqa: T201 - as on the page
    assert capsys.readouterr().out == "\n" + "\n".join(WORDS) + "\n\n"


def test_the_helper_rebuilds_the_response(openai: Loopback) -> None:
    from unspool import completion

    response = completion(model="gpt-3.5-turbo", messages=MESSAGES, stream=True)
    chunks = []
    for part in response:
        chunks.append(part)  # noqa: PERF402 - as on the page
    rebuilt = litellm.stream_chunk_builder(chunks, messages=MESSAGES)
    assert rebuilt is not None
    assert rebuilt.choices[0].message.content == ANSWER
    assert rebuilt["choices"][0]["finish_reason"] == "stop"


def test_a_completion_is_awaited(openai: Loopback) -> None:
    openai.answers["/v1/chat/completions"] = WHOLE
    from unspool import acompletion

    async def get_response() -> litellm.ModelResponse:
        return await acompletion(model="gpt-3.5-turbo", messages=MESSAGES)

    response = asyncio.run(get_response())
    assert (response.choices[0].message.content, response.usage.total_tokens) == (ANSWER, 18)


def test_a_stream_is_read_asynchronously(openai: Loopback) -> None:
    from unspool import acompletion

    async def read() -> str:
        response = await acompletion(model="gpt-3.5-turbo", messages=MESSAGES, stream=True)
        return "".join([part.choices[0].delta.content or "" async for part in response])

    assert asyncio.run(read()) == ANSWER


LOOP_AMOUNT = 101


def looping_stream(amount: int) -> litellm.CustomStreamWrapper:
    chunks = [litellm.ModelResponse(**chunk({"content": "How are you?"}, "stop"), stream=True)] * amount
    return litellm.CustomStreamWrapper(
        completion_stream=litellm.ModelResponseListIterator(model_responses=chunks),
        model="gpt-3.5-turbo",
        custom_llm_provider="cached_response",
        logging_obj=litellm.Logging(
            model="gpt-3.5-turbo",
            messages=MESSAGES,
            stream=True,
            call_type="completion",
            start_time=time.time(),
            litellm_call_id="call-1",
            function_id="function-1",
        ),
    )


def test_a_loop_raises_an_internal_server_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "REPEATED_STREAMING_CHUNK_LIMIT", 100)
    with pytest.raises(litellm.InternalServerError):
        list(looping_stream(LOOP_AMOUNT))


def test_one_repetition_less_is_no_loop() -> None:
    assert len([part for part in looping_stream(LOOP_AMOUNT - 1) if part.choices[0].delta.content]) == 100


def test_a_loop_raises_in_an_async_loop_too() -> None:
    async def read() -> None:
        async for _ in looping_stream(LOOP_AMOUNT):
            continue

    loop = read()
    with pytest.raises(litellm.InternalServerError):
        asyncio.run(loop)
