"""OpenAI's parameters in Gemini's names."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini.asking import NEW, body, build, config

from unspool.errors import UnsupportedParamsError

SCHEMA = {"type": "object", "properties": {"x": {"type": "number"}}, "additionalProperties": False}
LACKING: list[tuple[str, Any]] = [
    ("logit_bias", {"50": 1}),
    ("metadata", {"a": "b"}),
    ("parallel_tool_calls", False),
    ("prediction", {}),
    ("store", True),
    ("verbosity", "low"),
]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"temperature": 0, "top_p": 0.5, "seed": 7}, {"temperature": 0, "top_p": 0.5, "seed": 7}),
        ({"max_tokens": 5}, {"max_output_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_output_tokens": 5}),
        ({"n": 2}, {"candidate_count": 2}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["A", "B"]}, {"stop_sequences": ["A", "B"]}),
        ({"logprobs": True, "top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
        ({"frequency_penalty": 0.5}, {"frequency_penalty": 0.5}),
        ({"modalities": ["text", "image"]}, {"responseModalities": ["TEXT", "IMAGE"]}),
        ({"response_format": {"type": "text"}}, {"response_mime_type": "text/plain"}),
        ({"response_format": {"type": "json_object"}}, {"response_mime_type": "application/json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}}},
            {"response_mime_type": "application/json", "response_json_schema": SCHEMA},
        ),
        (
            {"audio": {"voice": "Kore", "language_code": "de-DE"}},
            {
                "speechConfig": {
                    "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}},
                    "languageCode": "de-DE",
                },
                "responseModalities": ["AUDIO"],
            },
        ),
        (
            {"topK": 3, "top_k": 4, "thinkingConfig": {"a": 1}},
            {"topK": 3, "top_k": 4, "thinkingConfig": {"a": 1}},
        ),
    ],
)
def test_in_the_config(given: Any, sent: Any) -> None:
    assert config(**given) == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"safety_settings": [{"category": "X"}]}, {"safetySettings": [{"category": "X"}]}),
        ({"cached_content": "cachedContents/1"}, {"cachedContent": "cachedContents/1"}),
        ({"service_tier": "auto"}, {"serviceTier": "priority"}),
        ({"service_tier": "default"}, {"serviceTier": "standard"}),
        ({"service_tier": "flex"}, {"serviceTier": "flex"}),
        ({"labels": {"team": "a"}}, {"labels": {"team": "a"}}),
        ({"user": "me", "stream_options": {"include_usage": True}, "parallel_tool_calls": True}, {}),
        ({"temperature": None}, {}),
    ],
)
def test_beside_it(given: Any, sent: Any) -> None:
    asked = body(**given)
    assert {key: value for key, value in asked.items() if key != "contents"} == sent


def test_gemini_3_is_not_told_to_be_cool() -> None:
    assert config(model=NEW) == {"temperature": 1.0}
    assert config(model=NEW, temperature=0.2) == {"temperature": 0.2}


@pytest.mark.parametrize(("name", "value"), LACKING)
def test_what_gemini_lacks_is_an_error_that_names_it(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedParamsError, match=f"Gemini has no parameter '{name}'") as caught:
        build(**{name: value})
    assert caught.value.param == name


@pytest.mark.parametrize(("name", "value"), LACKING)
def test_or_is_left_out(name: str, value: Any) -> None:
    assert build(drop_params=True, **{name: value}).body == body()


@pytest.mark.parametrize("name", ["frequency_penalty", "presence_penalty"])
def test_gemini_3_has_no_penalties(name: str) -> None:
    with pytest.raises(UnsupportedParamsError):
        build(model=NEW, **{name: 0.5})
