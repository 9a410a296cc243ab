from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import UnsupportedParamsError
from unspool.providers.support import supported

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
