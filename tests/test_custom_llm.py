from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import unspool
from unspool.client import acompletion, completion
from unspool.custom_llm import CustomLLM, CustomLLMError, GenericStreamingChunk, custom_handler
from unspool.errors import APIError, MockError, ProviderError, RateLimitError
from unspool.models import ModelResponse, ModelResponseStream

pytestmark = pytest.mark.anyio

MESSAGES = [{"role": "user", "content": "Hi"}]


def generic(text: str, finish_reason: str = "") -> GenericStreamingChunk:
    return {
        "text": text,
        "is_finished": bool(finish_reason),
        "finish_reason": finish_reason,
        "usage": None,
        "index": 0,
        "tool_use": None,
    }


class Handler(CustomLLM):
    """Answers with what it was made of, and keeps what it was asked."""

    def __init__(self, *items: Any) -> None:
        self.items = items or (generic("Hel"), generic("lo"), generic("", "stop"))
        self.asked: dict[str, Any] = {}
        self.closed = False

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        self.asked = kwargs
        response: ModelResponse = kwargs["model_response"]
        response.choices[0].message.content = "Hello"
        return response

    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self.asked = kwargs
        try:
            yield from self.items
        finally:
            self.closed = True

    async def acompletion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.completion(*args, **kwargs)

    async def astreaming(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        self.asked = kwargs
        try:
            for item in self.items:
                yield item
        finally:
            self.closed = True


def serve(monkeypatch: pytest.MonkeyPatch, handler: CustomLLM) -> None:
    monkeypatch.setattr(unspool, "custom_provider_map", [{"provider": "my-llm", "custom_handler": handler}])


def test_a_response_is_the_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, Handler())

    response = completion("my-llm/small", MESSAGES)

    assert response.choices[0].message.content == "Hello"
    assert response.model == "small"
    assert response._hidden_params["custom_llm_provider"] == "my-llm"


async def test_an_async_response_is_the_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, Handler())

    response = await acompletion("my-llm/small", MESSAGES)

    assert response.choices[0].message.content == "Hello"


ITEMS = [
    (generic("Hel"), generic("lo"), generic("", "stop")),
    (generic("Hel"), generic("lo", "stop")),
    ("Hel", "lo"),
    (
        ModelResponseStream(choices=[{"delta": {"content": "Hel"}}]),
        ModelResponseStream(choices=[{"delta": {"content": "lo"}, "finish_reason": "stop"}]),
    ),
    ({"choices": [{"delta": {"content": "Hel"}}]}, {"choices": [{"delta": {"content": "lo"}}]}),
]
KINDS = ["generic", "generic that ends with text", "text", "chunks", "dicts"]


@pytest.mark.parametrize("items", ITEMS, ids=KINDS)
def test_a_stream_comes_through_the_same_wrapper(
    items: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Handler(*items)
    serve(monkeypatch, handler)

    chunks = list(completion("my-llm/small", MESSAGES, stream=True))

    assert [chunk.choices[0].delta.content for chunk in chunks] == ["Hel", "lo", None]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert {chunk.model for chunk in chunks} == {"small"}
    assert handler.closed


@pytest.mark.parametrize("items", ITEMS, ids=KINDS)
async def test_an_async_stream_comes_through_the_same_wrapper(
    items: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Handler(*items)
    serve(monkeypatch, handler)

    stream = await acompletion("my-llm/small", MESSAGES, stream=True)

    assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hel", "lo", None]
    assert handler.closed


async def test_a_stream_may_be_opened_by_a_coroutine(monkeypatch: pytest.MonkeyPatch) -> None:
    class Opener(Handler):
        async def astreaming(self, *args: Any, **kwargs: Any) -> Any:
            return super().astreaming(*args, **kwargs)

    serve(monkeypatch, Opener())

    stream = await acompletion("my-llm/small", MESSAGES, stream=True)

    assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hel", "lo", None]


async def test_leaving_a_stream_closes_the_handlers_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()
    serve(monkeypatch, handler)

    async with await acompletion("my-llm/small", MESSAGES, stream=True) as stream:
        await anext(stream)

    assert handler.closed


def test_a_handler_is_passed_what_litellm_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()
    serve(monkeypatch, handler)

    completion(
        "my-llm/small",
        MESSAGES,
        temperature=0.5,
        metadata={"run": 1},
        api_key="sk-1",
        api_base="http://localhost",
        timeout=3,
        extra_headers={"x-team": "blue"},
    )

    asked = handler.asked
    assert (asked["model"], asked["messages"]) == ("small", MESSAGES)
    assert asked["optional_params"]["temperature"] == 0.5
    assert asked["litellm_params"]["metadata"] == {"run": 1}
    assert (asked["api_key"], asked["api_base"], asked["timeout"]) == ("sk-1", "http://localhost", 3)
    assert asked["headers"] == {"x-team": "blue"}
    assert set(asked) == {
        "acompletion",
        "api_base",
        "api_key",
        "client",
        "custom_prompt_dict",
        "encoding",
        "headers",
        "litellm_params",
        "logger_fn",
        "logging_obj",
        "messages",
        "model",
        "model_response",
        "optional_params",
        "print_verbose",
        "timeout",
    }


def test_an_error_of_the_handlers_becomes_the_class_of_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(CustomLLM):
        def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
            raise CustomLLMError(status_code=429, message="busy")

    serve(monkeypatch, Busy())

    with pytest.raises(RateLimitError, match="busy") as caught:
        completion("my-llm/small", MESSAGES)
    assert (caught.value.model, caught.value.llm_provider) == ("small", "my-llm")


def test_an_error_in_a_handlers_stream_is_raised_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaking(CustomLLM):
        def streaming(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            yield generic("Hel")
            raise CustomLLMError(status_code=429, message="busy")

    serve(monkeypatch, Breaking())
    stream = completion("my-llm/small", MESSAGES, stream=True)

    assert next(stream).choices[0].delta.content == "Hel"
    with pytest.raises(RateLimitError, match="busy"):
        next(stream)


@pytest.mark.parametrize(("stream", "method"), [(False, "completion"), (True, "streaming")])
def test_a_method_that_is_missing_is_named(
    stream: bool, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, CustomLLM())

    with pytest.raises(APIError, match=f"CustomLLM has no method '{method}'") as caught:
        completion("my-llm/small", MESSAGES, stream=stream)
    assert caught.value.status_code == 501


@pytest.mark.parametrize(("stream", "method"), [(False, "acompletion"), (True, "astreaming")])
async def test_an_async_method_that_is_missing_is_named(
    stream: bool, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, CustomLLM())

    with pytest.raises(ProviderError, match=f"CustomLLM has no method '{method}'"):
        await acompletion("my-llm/small", MESSAGES, stream=stream)


def test_a_response_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(CustomLLM):
        def completion(self, *args: Any, **kwargs: Any) -> Any:
            return None

    serve(monkeypatch, Silent())

    with pytest.raises(MockError, match="expected a ModelResponse from Silent, got NoneType"):
        completion("my-llm/small", MESSAGES)


def test_the_provider_may_be_named_beside_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()
    serve(monkeypatch, handler)

    completion("org/small", MESSAGES, custom_llm_provider="my-llm")

    assert handler.asked["model"] == "org/small"


def test_a_handler_stands_in_for_a_provider_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()
    monkeypatch.setattr(unspool, "custom_provider_map", [{"provider": "openai", "custom_handler": handler}])

    assert completion("gpt-4o", MESSAGES).choices[0].message.content == "Hello"


def test_the_last_handler_of_a_name_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = Handler(), Handler()
    monkeypatch.setattr(
        unspool,
        "custom_provider_map",
        [{"provider": "my-llm", "custom_handler": handler} for handler in (first, last)],
    )

    assert custom_handler("my-llm") is last
    assert custom_handler("another") is None
