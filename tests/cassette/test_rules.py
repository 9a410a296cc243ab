"""Rules that forgive what changes by itself, each alone and all together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.cassette.cassette import Cassette
from unspool.cassette.match import Matching
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.rules import Rule
from unspool.errors import UnrecordedRequestError

URL = "https://api.openai.com/v1/chat/completions"


def asked(document: Any, url: str = URL) -> Request:
    return Request("POST", url, (("content-type", "application/json"),), json.dumps(document).encode())


def prompt(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def agree(one: Request, other: Request, *match: Rule) -> bool:
    matching = Matching(match=match)
    return matching.key(one) == matching.key(other)


def calls(first: str, second: str, *, swapped: bool = False, crossed: bool = False) -> dict[str, Any]:
    """A question, two parallel calls, and their results."""
    made = [{"id": name, "type": "function", "function": {"name": "get"}} for name in (first, second)]
    results = [
        {"role": "tool", "tool_call_id": second if crossed else first, "content": "Rain"},
        {"role": "tool", "tool_call_id": first if crossed else second, "content": "Sun"},
    ]
    ordered = results[::-1] if swapped else results
    return {"model": "m", "messages": [{"role": "assistant", "tool_calls": made}, *ordered]}


WEATHER, SEARCH = {"type": "function", "name": "weather"}, {"type": "function", "name": "search"}
UUIDS = "018f2d3a-0000-7000-8000-000000000001", "018f2d3a-0000-7000-8000-000000000002"
HAIKU = "claude-3-5-haiku"


def of_model(name: str) -> dict[str, Any]:
    return prompt("Hi") | {"model": name}


def declared(*names: str) -> dict[str, Any]:
    return {"tools": [{"functionDeclarations": [{"name": name} for name in names]}]}


def specified(*names: str) -> dict[str, Any]:
    return {"toolConfig": {"tools": [{"toolSpec": {"name": name}} for name in names]}}


SAME = [
    ("sessions", prompt("Hi", user="anna"), prompt("Hi", user="bob")),
    ("sessions", prompt("Hi", metadata={"user_id": "a", "env": "x"}), prompt("Hi", metadata={"env": "x"})),
    ("sessions", prompt("Hi", prompt_cache_key="a"), prompt("Hi")),
    ("sessions", prompt("Hi", client_metadata={"turn": "1"}), prompt("Hi", client_metadata={"turn": "2"})),
    (
        "sessions",
        prompt("x-anthropic-billing-header: cch=1a2b;"),
        prompt("x-anthropic-billing-header: cch=3c;"),
    ),
    ("dates", prompt("Today is 2026-11-30."), prompt("Today is 2026-12-01.")),
    ("dates", prompt("At 2026-11-30T09:15:00.123Z"), prompt("At 2026-12-01T10:00:00+01:00")),
    ("dates", prompt("It's Monday, November 30, 2026"), prompt("It's Tuesday, December 1, 2026")),
    ("dates", prompt("on 30 Nov 2026, 9:15 PM"), prompt("on 1 Dec 2026, 10:15 AM")),
    ("dates", prompt("at 1764500000 or 1764500000123"), prompt("at 1764600000 or 1764600000123")),
    ("durations", prompt("Wall time: 0.0012 seconds"), prompt("Wall time: 1.2000 seconds")),
    ("ids", prompt("Chunk ID: 639d7f"), prompt("Chunk ID: 6e8ac3")),
    ("processes", prompt("Process Group PGID: 14458"), prompt("Process Group PGID: 99")),
    ("processes", prompt("pid=14458"), prompt("pid=7")),
    ("folders", prompt("in /tmp/pytest-of-anna/pytest-3/x"), prompt("in /tmp/tmpab12_c")),
    ("models", of_model("gpt-4o-2024-08-06"), of_model("gpt-4o")),
    ("models", of_model(f"{HAIKU}-20241022"), of_model(f"{HAIKU}-latest")),
    ("tools", prompt("Hi", tools=[WEATHER, SEARCH]), prompt("Hi", tools=[SEARCH, WEATHER])),
    ("tools", declared("a", "b"), declared("b", "a")),
    ("tools", specified("a", "b"), specified("b", "a")),
    ("ids", calls("call_1a2b3c4d5e", "call_9z8y7x6w5v"), calls("call_0000000001", "call_0000000002")),
    ("ids", prompt(f"session {UUIDS[0]}"), prompt(f"session {UUIDS[1]}")),
    ("ids", prompt("run_shell_1796104436019_0"), prompt("run_shell_1796104459488_0")),
    ("results", calls("a", "b"), calls("a", "b", swapped=True)),
]


@pytest.mark.parametrize(("rule", "one", "other"), SAME)
def test_a_rule_forgives(rule: str, one: Any, other: Any) -> None:
    assert agree(asked(one), asked(other), rule)
    assert agree(asked(one), asked(other), "llm")
    assert not agree(asked(one), asked(other), "llm", f"-{rule}")
    assert not agree(asked(one), asked(other))


BOTH = "call_1a2b3c4d5e", "call_9z8y7x6w5v"
TWO = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (prompt("Weather in Oslo?"), prompt("Weather in Bergen?")),
        (prompt("Add 12 and 30"), prompt("Add 12 and 31")),
        (prompt("Wait 5 seconds"), prompt("Wait 6 seconds")),
        (prompt("Hi", metadata={"env": "x"}), prompt("Hi", metadata={"env": "y"})),
        (of_model("gpt-4o"), of_model("gpt-4o-mini")),
        (prompt("Hi", tools=[WEATHER]), prompt("Hi", tools=[SEARCH])),
        (calls(*BOTH), calls(*BOTH, crossed=True)),
        ({"messages": TWO}, {"messages": TWO[::-1]}),
    ],
)
def test_what_is_asked_is_never_forgiven(one: Any, other: Any) -> None:
    assert not agree(asked(one), asked(other), "llm")


def test_results_that_come_in_another_order_with_other_ids_agree() -> None:
    one, other = calls(*BOTH), calls("call_00000001", "call_00000002", swapped=True)
    assert agree(asked(one), asked(other), "llm")


def test_a_model_in_the_path_has_no_date() -> None:
    base = "https://generativelanguage.googleapis.com/v1beta/models/"
    one = asked({}, f"{base}gemini-flash-latest:streamGenerateContent")
    other = asked({}, f"{base}gemini-flash:streamGenerateContent")
    assert agree(one, other, "models")
    assert not agree(one, other)


def test_a_function_is_a_rule() -> None:
    def without_trace(document: Any) -> Any:
        document.pop("trace", None)
        return document

    assert agree(asked(prompt("Hi", trace="1")), asked(prompt("Hi", trace="2")), without_trace)
    assert not agree(asked(prompt("Hi", trace="1")), asked(prompt("Ho", trace="1")), without_trace)


def test_an_unknown_rule_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"expected match to name some of llm, models, .* got 'date'"):
        Cassette(match="date")


def test_a_cassette_matches_under_its_rules() -> None:
    recorded = Interaction(asked(prompt("Today is 2026-11-30.")), Response(200, "OK", (), b"{}"))
    came = asked(prompt("Today is 2026-12-01."))

    assert Cassette.of([recorded], match="llm").ask(came) is recorded
    assert Cassette.of([recorded], match=["dates"]).ask(came) is recorded


def test_a_miss_names_the_rule_that_would_have_matched() -> None:
    recorded = Interaction(asked(prompt("Today is 2026-11-30.", user="a")), Response(200, "OK", (), b"{}"))
    with pytest.raises(UnrecordedRequestError) as missed:
        Cassette.of([recorded]).ask(asked(prompt("Today is 2026-12-01.", user="b")))
    assert "with match=['sessions', 'dates'] it answers, as with match='llm'" in str(missed.value)

    with pytest.raises(UnrecordedRequestError) as missed:
        Cassette.of([recorded], match="llm").ask(asked(prompt("What day is it?")))
    assert "match=" not in str(missed.value)
