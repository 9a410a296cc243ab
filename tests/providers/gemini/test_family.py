"""What a model's name tells."""

from __future__ import annotations

import pytest

from unspool.providers.gemini.family import is_gemini_3


@pytest.mark.parametrize(
    "model",
    [
        "gemini-3-pro-preview",
        "gemini-3.5-flash",
        "gemini-10-pro",
        "gemini-flash-latest",
        "gemini-pro-latest",
        "models/gemini-3-flash",
    ],
)
def test_gemini_3_and_newer(model: str) -> None:
    assert is_gemini_3(model)


@pytest.mark.parametrize(
    "model",
    [
        "gemini-2.5-flash",
        "gemini-2.0-flash-lite",
        "gemini-1.5-pro",
        "gemini-pro",
        "gemini-exp-1206",
        "gemma-3-27b-it",
        "4965075652664360960",
        "",
    ],
)
def test_older_ones_and_those_that_arent(model: str) -> None:
    assert not is_gemini_3(model)
