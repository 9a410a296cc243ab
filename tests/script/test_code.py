"""A turn, or a script, as the code that makes it."""

from __future__ import annotations

from typing import Any

import pytest

from unspool import script as public
from unspool.faults import ErrorEvent, Stall
from unspool.script import (
    FOREVER,
    Script,
    agent,
    any_order,
    call,
    citation,
    error,
    finish,
    image,
    pace,
    reasoning,
    refusal,
    structured,
    text,
    turn,
    usage,
    with_id,
)
from unspool.script.code import imports_of


def evaluated(code: str) -> Any:
    from unspool import faults

    names = {name: getattr(public, name) for name in public.__all__}
    names |= {name: getattr(faults, name) for name in faults.__all__}
    return eval(code, names)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (text("a"), "text('a')"),
        (text("a", chunks=["a"]), "text('a', chunks=['a'])"),
        (text("a", citations=[citation("u", "t")]), "text('a', citations=[citation('u', 't')])"),
        (reasoning("a", signature="s"), "reasoning('a', signature='s')"),
        (call("f", x=1), "call('f', x=1)"),
        (call("f", {"not a name": 1}), "call('f', {'not a name': 1})"),
        (call("f", '{"cut'), "call('f', '{\"cut')"),
        (with_id(call("f"), "a"), "with_id(call('f'), 'a')"),
        (refusal("no"), "refusal('no')"),
        (image("YQ=="), "image('YQ==')"),
        (image("YQ==", media_type="image/jpeg"), "image('YQ==', media_type='image/jpeg')"),
        (structured({"a": 1}, valid=False), "structured({'a': 1}, valid=False)"),
        (text("a") + finish("length") + usage(input=1), "text('a') + finish('length') + usage(input=1)"),
        (text("a") + error(529), "text('a') + error(529)"),
        (error(429, "slow", retry_after=2.0), "error(429, 'slow', retry_after=2.0)"),
        (text("a") | Stall(after=1, seconds=9), "text('a') | Stall(after=1, seconds=9)"),
        (text("a") + call("f") | ErrorEvent(after=1), "(text('a') + call('f')) | ErrorEvent(after=1)"),
        (turn("a", repeat=FOREVER), "turn(text('a'), repeat=FOREVER)"),
        (turn("a", when="b", chunks="words"), "turn(text('a'), chunks='words', when='b')"),
        (turn("a", pace=pace(first=1.0)), "turn(text('a'), pace=pace(first=1.0))"),
    ],
)
def test_a_turn_prints_as_the_code_that_makes_it(made: Any, code: str) -> None:
    assert repr(made) == code
    assert evaluated(code) == made


def test_a_script_prints_as_the_code_that_makes_it() -> None:
    script = Script(
        "plain",
        call("search", q="x") + text("y"),
        call("search", {"not an identifier": 1}),
        call("search", '{"cut'),
        turn(text("a b"), chunks="words", pace=pace(first=1.0, between=0.5)),
        text("x", chunks=["x"]) | ErrorEvent(after=1),
        any_order(turn("a", when="b"), turn("c", when={"user": "d"})),
        agent("z", when={"system": "s"}, name="helper", repeat=FOREVER),
        chunks=3,
    )
    again = evaluated(repr(script))
    assert repr(again) == repr(script)
    assert [one.turn for one in again] == [one.turn for one in script]


def test_the_import_names_what_the_code_uses() -> None:
    code = "Script(call('f') + text('a'), repeat=FOREVER)"
    assert imports_of(code) == "from unspool.script import FOREVER, Script, call, text"
