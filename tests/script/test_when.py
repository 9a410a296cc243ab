"""Which requests a turn is meant for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from unspool.cassette.model import Request
from unspool.errors import ScriptError
from unspool.script.seen import read
from unspool.script.when import check_when, unlike

BODY = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "Where is the gold?"},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "dig", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "nothing here"},
    ],
    "tools": [{"type": "function", "function": {"name": "dig"}}],
}
URL = "https://api.openai.com/v1/chat/completions"
SEEN = read(Request("POST", URL, (), json.dumps(BODY).encode()), "openai-chat")


@pytest.mark.parametrize(
    "when",
    [
        None,
        "pirate",
        "gold",
        "dig",
        "gpt-4o-mini",
        {"system": "pirate"},
        {"user": re.compile(r"^Where")},
        {"model": "gpt-4o*"},
        {"format": "openai-chat"},
        {"result": "nothing"},
        {"tool": "dig"},
        {"tools": ["dig"]},
        {"user": lambda text: text.endswith("?")},
        lambda seen: seen.model.startswith("gpt"),
    ],
)
def test_it_fits(when: Any) -> None:
    check_when(when)
    assert unlike(when, SEEN) is None


@pytest.mark.parametrize(
    ("when", "wrong"),
    [
        ("gpt-4o", "'gpt-4o' stands neither in the system prompt ('You are a pirate.') nor"),
        ({"system": "ninja"}, "its system is 'You are a pirate.', not 'ninja'"),
        ({"model": "gpt-4o"}, "its model is 'gpt-4o-mini', not 'gpt-4o'"),
        ({"user": re.compile("^gold")}, "its user is 'Where is the gold?', not '^gold'"),
        ({"tools": ["dig", "sail"]}, "it offers no tool sail but dig"),
        ({"system": "pirate", "result": "gold"}, "its result is 'nothing here', not 'gold'"),
        (str.isdigit and (lambda _seen: False), "<lambda> doesn't hold for it"),
    ],
)
def test_what_does_not_fit_is_named(when: Any, wrong: str) -> None:
    found = unlike(when, SEEN)
    assert found is not None
    assert found.startswith(wrong)


@pytest.mark.parametrize("when", [{}, {"users": "x"}, 7, ["gold"]])
def test_what_is_no_condition_is_refused(when: Any) -> None:
    with pytest.raises(ScriptError, match="expected when="):
        check_when(when)
