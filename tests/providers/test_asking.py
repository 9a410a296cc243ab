from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import LiteLLMUnknownProvider, UnsupportedParamsError
from unspool.providers import FORMATS, WireFormat
from unspool.providers.asking import can_be_asked, request_for
from unspool.providers.registry import PROVIDERS, Provider
from unspool.providers.request import HTTPRequest
from unspool.wire.sse import SSEDecoder

HELLO = [{"role": "user", "content": "Hello?"}]


def ask(provider: str, *, drop_params: bool = False, **params: Any) -> HTTPRequest:
    return request_for(
        provider,
        "small",
        HELLO,
        params,
        api_key="k",
        base_url="http://localhost",
        stream=False,
        drop_params=drop_params,
    )


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("anthropic", "/v1/messages"),
        ("azure", "/openai/deployments/small/chat/completions"),
        ("cohere", "/v2/chat"),
        ("gemini", "/v1beta/models/small:generateContent"),
        ("cohere_chat", "/v2/chat"),
        ("groq", "/chat/completions"),
        ("ollama", "/api/chat"),
        ("ollama_chat", "/api/chat"),
        ("openai", "/chat/completions"),
    ],
)
def test_a_provider_is_asked_in_its_format(provider: str, path: str) -> None:
    assert ask(provider).url.partition("?")[0] == f"http://localhost{path}"


@pytest.mark.parametrize(
    ("provider", "given", "sent"),
    [
        ("mistral", {"max_completion_tokens": 5, "seed": 7}, {"max_tokens": 5, "random_seed": 7}),
        ("databricks", {"max_completion_tokens": 5}, {"max_tokens": 5}),
        ("snowflake", {"max_tokens": 5}, {"max_completion_tokens": 5}),
        ("openai", {"max_completion_tokens": 5, "seed": 7}, {"max_completion_tokens": 5, "seed": 7}),
        ("groq", {"reasoning_effort": "low", "n": 1}, {"reasoning_effort": "low"}),
        ("deepseek", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ("mistral", {"user": "someone"}, {}),
        ("databricks", {"stream_options": {"include_usage": True}}, {}),
    ],
)
def test_a_parameter_has_the_provider_s_name(
    provider: str, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert ask(provider, **given).body == {"model": "small", "messages": HELLO, **sent}


@pytest.mark.parametrize(
    ("provider", "lacking"),
    [
        ("ai21_chat", {"frequency_penalty": 1}),
        ("cerebras", {"verbosity": "low"}),
        ("cohere", {"n": 2}),
        ("databricks", {"seed": 1}),
        ("fireworks_ai", {"audio": {}}),
        ("groq", {"logprobs": True}),
        ("mistral", {"logit_bias": {"50": 1}}),
        ("ollama", {"tool_choice": "required"}),
        ("perplexity", {"tools": [{"type": "function"}]}),
        ("xai", {"store": True}),
        ("zai", {"logprobs": True}),
    ],
)
def test_a_parameter_that_the_provider_lacks_is_refused_or_dropped(
    provider: str, lacking: dict[str, Any]
) -> None:
    [name] = lacking
    with pytest.raises(UnsupportedParamsError, match=f"has no parameter '{name}'"):
        ask(provider, **lacking)

    assert ask(provider, drop_params=True, **lacking).body == ask(provider).body


ANSWER = {
    "role": "assistant",
    "content": "Four.",
    "reasoning_content": "Easy.",
    "thinking_blocks": [{"type": "thinking", "thinking": "Easy.", "signature": "c2ln"}],
    "provider_specific_fields": {"citations": []},
}


@pytest.mark.parametrize(
    ("provider", "kept"),
    [
        ("openai", {"reasoning_content": "Easy."}),
        ("deepseek", {"reasoning_content": "Easy."}),
        ("groq", {"reasoning": "Easy."}),
        ("cerebras", {"reasoning": "Easy."}),
        ("mistral", {}),
        ("azure_ai", {}),
    ],
)
def test_an_earlier_answer_has_the_fields_that_the_provider_takes(
    provider: str, kept: dict[str, str]
) -> None:
    assert answered(provider) == {"role": "assistant", "content": "Four.", **kept}


def answered(provider: str) -> dict[str, Any]:
    """What becomes of the answer on its way back."""
    request = request_for(
        provider, "small", [ANSWER], {}, api_key="k", base_url="http://localhost", stream=False
    )
    message: dict[str, Any] = request.body["messages"][0]
    return message


def test_litellm_s_proxy_takes_them_all() -> None:
    assert answered("litellm_proxy") == ANSWER


def test_a_format_of_another_shape_gets_them_all() -> None:
    [thinking, text] = answered("anthropic")["content"]

    assert (thinking["signature"], text["text"]) == ("c2ln", "Four.")


def test_a_provider_of_one_s_own_says_what_it_lacks_and_calls_things(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = Provider("http://localhost", lacks=frozenset({"seed"}), names={"stop": "until"})
    monkeypatch.setitem(PROVIDERS, "acme", acme)

    assert ask("acme", stop="END").body["until"] == "END"
    with pytest.raises(UnsupportedParamsError, match="acme has no parameter 'seed'"):
        ask("acme", seed=1)


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (Provider(), True),
        (Provider(wire_format="anthropic-messages"), True),
        (Provider(wire_format="smoke signals"), False),
        (Provider(wire_format="smoke signals", request="mine:build"), True),
    ],
)
def test_a_provider_can_be_asked_if_there_is_a_builder(provider: Provider, expected: bool) -> None:
    assert can_be_asked(provider) is expected


def test_a_provider_whose_format_can_only_be_read_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "heard-only", WireFormat("heard-only", SSEDecoder, "nowhere:Nobody"))
    monkeypatch.setitem(PROVIDERS, "acme", Provider("http://localhost", wire_format="heard-only"))

    with pytest.raises(LiteLLMUnknownProvider, match="'heard-only' can be read, but no request"):
        ask("acme")


def test_the_first_part_of_a_model_s_name_chooses_its_format() -> None:
    request = request_for(
        "mistral",
        "responses/small",
        [{"role": "user", "content": "Hello?"}],
        {"max_completion_tokens": 5},
        api_key=None,
        base_url="https://api.mistral.ai/v1",
        stream=False,
    )
    assert request.url == "https://api.mistral.ai/v1/responses"
    assert (request.body["model"], request.body["max_output_tokens"]) == ("small", 5)
