from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError
from unspool.providers.arguments import parsed_arguments


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
