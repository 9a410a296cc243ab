"""Tool calls as text: each call's name, then its arguments as they come."""

from __future__ import annotations

from typing import Any

from unspool.guards.calls import CALL, Calls
from unspool.models import Delta


def spelled(*fragments: dict[str, Any]) -> str:
    calls = Calls()
    return "".join(calls.spell(Delta(tool_calls=[one])) for one in fragments)


def fragment(index: int, arguments: str, *, id: str | None = None, name: str | None = None) -> dict[str, Any]:  # noqa: A002
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_call_is_its_name_and_its_arguments() -> None:
    parts = fragment(0, "", id="a", name="rain"), fragment(0, '{"at": '), fragment(0, '"Oslo"}')
    assert spelled(*parts) == f'{CALL}rain {{"at": "Oslo"}}'


def test_a_name_that_is_repeated_with_every_fragment_begins_no_call() -> None:
    parts = [fragment(0, text, id="a", name="rain") for text in ("{", "}")]
    assert spelled(*parts) == f"{CALL}rain {{}}"


def test_another_id_begins_another_call() -> None:
    parts = [fragment(0, "{}", id=one, name="rain") for one in ("a", "b")]
    assert spelled(*parts) == f"{CALL}rain {{}}{CALL}rain {{}}"


def test_so_does_another_index() -> None:
    parts = [fragment(index, "{}", name="rain") for index in (0, 1)]
    assert spelled(*parts) == f"{CALL}rain {{}}{CALL}rain {{}}"


def test_a_function_call_of_old_is_spelled_too() -> None:
    delta = Delta(function_call={"name": "rain", "arguments": "{}"})
    assert Calls().spell(delta) == "rain{}"


def test_a_delta_without_a_call_is_nothing() -> None:
    assert Calls().spell(Delta(content="Hello")) == ""
