from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unspool.errors import BadRequestError, LiteLLMUnknownProvider, UnsupportedParamsError
from unspool.providers import FORMATS
from unspool.providers.registry import PROVIDERS, Provider
from unspool.providers.request import HTTPRequest, can_be_asked, parsed_arguments, request_for, supported

LACKS = frozenset(
    {"n", "parallel_tool_calls", "response_format", "seed", "stream_options", "tool_choice", "user"}
)


def ask(params: dict[str, Any], *, drop_params: bool = False, **options: Any) -> dict[str, Any]:
    return supported(params, LACKS, model="small", llm_provider="acme", drop_params=drop_params, **options)


def test_what_is_not_lacking_is_kept_and_none_is_nothing() -> None:
    assert ask({"temperature": 0, "own": False, "seed": None, "stop": None}) == {
        "temperature": 0,
        "own": False,
    }


def test_what_is_lacking_is_refused_by_its_name() -> None:
    with pytest.raises(UnsupportedParamsError, match="acme has no parameter 'seed': leave it out") as caught:
        ask({"temperature": 0, "seed": 1})

    assert (caught.value.param, caught.value.model, caught.value.llm_provider) == ("seed", "small", "acme")
    assert caught.value.status_code == 400


def test_drop_params_leaves_it_out() -> None:
    assert ask({"temperature": 0, "seed": 1}, drop_params=True) == {"temperature": 0}


def test_a_refusal_may_name_a_way_out() -> None:
    with pytest.raises(UnsupportedParamsError, match="Acme has no parameter 'seed': use dice, or pass drop"):
        ask({"seed": 1}, title="Acme", instead={"seed": "use dice"})


@pytest.mark.parametrize(
    "harmless",
    [
        {"n": 1},
        {"parallel_tool_calls": True},
        {"response_format": {"type": "text"}},
        {"stream_options": {"include_usage": True}},
        {"tool_choice": "auto"},
        {"user": "someone"},
    ],
)
def test_what_changes_nothing_is_left_out_without_a_word(harmless: dict[str, Any]) -> None:
    assert ask(harmless) == {}


@pytest.mark.parametrize(
    "telling", [{"n": 2}, {"parallel_tool_calls": False}, {"response_format": {"type": "json_object"}}]
)
def test_what_changes_something_is_not(telling: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParamsError):
        ask(telling)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [('{"a": [1]}', {"a": [1]}), ({"a": 1}, {"a": 1}), ("", {}), (None, {}), ("[]", [])],
)
def test_arguments_are_parsed_if_they_are_text(arguments: Any, expected: Any) -> None:
    assert parsed_arguments({"name": "f", "arguments": arguments}, llm_provider="acme") == expected


def test_a_call_without_arguments_has_none() -> None:
    assert parsed_arguments({"name": "f"}, llm_provider="acme") == {}


def test_arguments_that_were_cut_off_are_an_error_that_says_whose() -> None:
    with pytest.raises(BadRequestError, match="of the tool call 'f' aren't JSON") as caught:
        parsed_arguments({"name": "f", "arguments": '{"a": '}, llm_provider="acme")

    assert (caught.value.param, caught.value.llm_provider) == ("messages", "acme")


HELLO = [{"role": "user", "content": "Hello?"}]


def ask_for(provider: str, *, drop_params: bool = False, **params: Any) -> HTTPRequest:
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
    assert ask_for(provider).url.partition("?")[0] == f"http://localhost{path}"


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
    assert ask_for(provider, **given).body == {"model": "small", "messages": HELLO, **sent}


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
        ask_for(provider, **lacking)

    assert ask_for(provider, drop_params=True, **lacking).body == ask_for(provider).body


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

    assert ask_for("acme", stop="END").body["until"] == "END"
    with pytest.raises(UnsupportedParamsError, match="acme has no parameter 'seed'"):
        ask_for("acme", seed=1)


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
    heard_only = replace(FORMATS["openai-chat"], name="heard-only", request=None)
    monkeypatch.setitem(FORMATS, "heard-only", heard_only)
    monkeypatch.setitem(PROVIDERS, "acme", Provider("http://localhost", wire_format="heard-only"))

    with pytest.raises(LiteLLMUnknownProvider, match="'heard-only' can be read, but no request"):
        ask_for("acme")


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
