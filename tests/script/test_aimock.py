"""aimock's fixtures as scripts: what they match, and what they answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from unspool import ScriptError
from unspool.cli import main
from unspool.errors import CassetteFormatError, UnscriptedRequestError
from unspool.script import (
    FOREVER,
    Script,
    call,
    error,
    finish,
    reasoning,
    text,
    turn,
    use_script,
    with_id,
)

LEGS = [
    {
        "match": {"userMessage": "weather", "hasToolResult": False},
        "response": {"toolCalls": [{"id": "call_1", "name": "get_weather", "arguments": {"city": "Oslo"}}]},
    },
    {
        "match": {"userMessage": "weather", "hasToolResult": True},
        "response": {"content": "Rain in Oslo."},
    },
]


def script_of(*fixtures: Any) -> Script:
    return Script.from_aimock(list(fixtures))


def say(*messages: Any, **more: Any) -> Any:
    client = openai.OpenAI(api_key="none", max_retries=0)
    asked: Any = {"model": "gpt-4o", **more}
    return client.chat.completions.create(messages=list(messages), **asked).choices[0].message


def user(said: str) -> dict[str, Any]:
    return {"role": "user", "content": said}


def assistant(said: str) -> dict[str, Any]:
    return {"role": "assistant", "content": said}


def test_a_tool_loop_goes_by_whether_there_is_a_result() -> None:
    with use_script(script_of(*LEGS)):
        asked = say(user("the weather?"))
        result = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
        said = say(user("the weather?"), asked.model_dump(exclude_none=True), result)

    assert asked.tool_calls[0].function.arguments == '{"city":"Oslo"}'
    assert said.content == "Rain in Oslo."


def test_a_second_question_begins_the_loop_anew() -> None:
    """An earlier turn's results don't count: the same two fixtures answer each question."""
    with use_script(script_of(*LEGS)):
        messages: list[Any] = []
        for _ in range(2):
            messages.append(user("the weather?"))
            messages.append(say(*messages).model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": "call_1", "content": "rain"})
            messages.append(assistant(say(*messages).content))
    assert [one.get("content") for one in messages if one["role"] == "assistant"][1::2] == [
        "Rain in Oslo."
    ] * 2


def test_turns_go_by_the_model_s_messages_so_far() -> None:
    fixtures = [{"match": {"turnIndex": n}, "response": {"content": f"turn {n}"}} for n in range(3)]
    with use_script(script_of(*reversed(fixtures))):
        messages = [user("a")]
        for place in range(3):
            assert say(*messages).content == f"turn {place}"
            messages += [assistant(f"turn {place}"), user("b")]


def test_a_sequence_is_played_in_its_order() -> None:
    fixtures = [
        {
            "match": {"userMessage": "hi", "sequenceIndex": n},
            "response": {"content": f"answer {n}"},
        }
        for n in (1, 0)
    ]
    with use_script(script_of(*fixtures)):
        assert [say(user("hi 1")).content, say(user("hi 2")).content] == [
            "answer 0",
            "answer 1",
        ]


def test_the_first_of_several_that_fit_answers() -> None:
    fixtures = [
        {"match": {"userMessage": "weather"}, "response": {"content": "Rain."}},
        {"match": {}, "response": {"content": "What?"}},
    ]
    with use_script(script_of(*fixtures)):
        assert [say(user("the weather?")).content, say(user("hello")).content] == [
            "Rain.",
            "What?",
        ]


@pytest.mark.parametrize(
    ("match", "fits", "fits_not"),
    [
        ({"systemMessage": ["a", "b"]}, {"system": "a and b"}, {"system": "a"}),
        ({"model": "gpt-4o"}, {"model": "gpt-4o-2024-08-06"}, {"model": "gpt-5"}),
        (
            {"responseFormat": "json_object"},
            {"response_format": {"type": "json_object"}},
            {},
        ),
        ({"toolName": "get_weather"}, {"tools": ["get_weather"]}, {"tools": ["other"]}),
    ],
)
def test_what_else_a_fixture_matches(match: Any, fits: Any, fits_not: Any) -> None:
    def ask(asked: dict[str, Any]) -> Any:
        more = dict(asked)
        system = more.pop("system", None)
        if "tools" in more:
            more["tools"] = [{"type": "function", "function": {"name": name}} for name in more["tools"]]
        return say(
            *([{"role": "system", "content": system}] if system else []),
            user("hi"),
            **more,
        )

    with use_script(script_of({"match": match, "response": {"content": "{}"}})):
        assert ask(fits).content == "{}"
        with pytest.raises(UnscriptedRequestError):
            ask(fits_not)


def test_a_result_s_call_and_text_are_matched() -> None:
    fixtures = [
        {
            "match": {"toolCallId": "call_1", "toolResultContains": "rain"},
            "response": {"content": "Wet."},
        },
        {
            "match": {},
            "response": {"toolCalls": [{"id": "call_1", "name": "f", "arguments": "{}"}]},
        },
    ]
    with use_script(script_of(*fixtures)):
        asked = say(user("hi")).model_dump(exclude_none=True)
        result = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
        assert say(user("hi"), asked, result).content == "Wet."


@pytest.mark.parametrize(
    ("response", "made"),
    [
        ({"content": "Hi."}, text("Hi.")),
        ({"content": {"a": 1}}, text('{"a":1}')),
        ({"reasoning": "Hm.", "content": "Hi."}, reasoning("Hm.") + "Hi."),
        ({"content": "Hi.", "finishReason": "length"}, text("Hi.") + finish("length")),
        (
            {"error": {"message": "Slow down."}, "status": 429, "retryAfter": 2},
            error(429, "Slow down.", retry_after=2),
        ),
        (
            {
                "blocks": [
                    {"type": "toolCall", "name": "f", "arguments": "{}", "id": "1"},
                    {"type": "text", "text": "a"},
                ]
            },
            with_id(call("f"), "1") + "a",
        ),
    ],
)
def test_a_response_is_a_turn(response: Any, made: Any) -> None:
    assert script_of({"match": {}, "response": response})[0].turn == turn(made, repeat=FOREVER)


def test_chunks_pace_and_truncation_are_scripted() -> None:
    fixture = {
        "match": {},
        "response": {"content": "Hello"},
        "chunkSize": 2,
        "streamingProfile": {"ttft": 500, "tps": 20},
        "truncateAfterChunks": 3,
    }
    code = repr(script_of(fixture))
    assert "chunks=2, pace=pace(first=0.5, between=0.05)" in code
    assert "Break(after=3" in code


def test_what_is_not_scripted_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fixtures = [
        {"match": {}, "response": {"content": "Hi."}, "chaos": {}},
        {"match": {"context": "x"}, "response": {"content": "Ho."}},
        {"match": {"inputText": "x"}, "response": {"embedding": [0.1]}},
    ]
    path = tmp_path / "fixtures.json"
    path.write_text(json.dumps({"fixtures": fixtures}), "utf-8")

    assert main(["script", str(path)]) == 0

    printed = capsys.readouterr()
    assert "text('Hi.')" in printed.out
    assert "fixtures[0]: `chaos` is left out" in printed.err
    assert "fixtures[1]: left out: a script can't match by context" in printed.err
    assert "fixtures[2]: left out: a script's turns answer chats only" in printed.err


def test_the_code_of_fixtures_makes_the_same_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fixtures.json"
    path.write_text(json.dumps(LEGS), "utf-8")
    assert main(["script", str(path)]) == 0
    names: dict[str, Any] = {}
    exec(capsys.readouterr().out, names)
    assert repr(names["script"]) == repr(script_of(*LEGS))


def test_fixtures_that_break_the_format_are_named() -> None:
    with pytest.raises(CassetteFormatError, match=r"fixtures\[0\]"):
        script_of({"match": {}, "response": {"toolCalls": [{}]}})
    with pytest.raises(ScriptError, match="chats"):
        script_of({"match": {"endpoint": "image"}, "response": {"content": "x"}})
