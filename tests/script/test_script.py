"""A script as a list of turns and as the record of what was asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.script.asking import ME

from unspool import ScriptError, UnplayedTurnsError, sample_path
from unspool.cassette.model import Request
from unspool.script import Script, call, text

CHAT = "https://api.openai.com/v1/chat/completions"


def ask(script: Script, words: str) -> Any:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": words}]}
    answer = script.answer(Request("POST", CHAT, (), json.dumps(body).encode()), ME)
    return json.loads(answer.interaction.response.body)["choices"][0]["message"]


def test_a_script_lists_its_turns_and_what_was_asked() -> None:
    script = Script("a", call("f"))
    assert [one.turn for one in script] == [text("a"), call("f")]
    assert script[1].turn == call("f")
    assert not script.calls
    assert ask(script, "Hello?")["content"] == "a"
    assert [(seen.user, seen.turn, seen.index) for seen in script.calls] == [("Hello?", 0, 0)]


def test_it_is_complete_when_every_turn_was_played() -> None:
    script = Script("a")
    with pytest.raises(UnplayedTurnsError):
        script.assert_complete()
    ask(script, "Hello?")
    script.assert_complete()


def test_what_is_no_turn_is_refused_when_it_is_written() -> None:
    with pytest.raises(ScriptError):
        Script(7)


def test_a_cassette_of_a_model_becomes_a_script(tmp_path: Path) -> None:
    script = Script.from_cassette(sample_path("openai/parallel-tools"))
    assert {type(part).__name__ for part in script[0].turn.parts} >= {"Call"}
    (tmp_path / "empty.yaml").write_text("interactions: []\nversion: 1\n")
    with pytest.raises(ScriptError):
        Script.from_cassette(tmp_path / "empty.yaml")
