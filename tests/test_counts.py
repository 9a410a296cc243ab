"""Numbers and their nouns."""

from __future__ import annotations

import pytest

from unspool.counts import counted


@pytest.mark.parametrize(
    ("count", "form", "written"),
    [
        (0, "", "0 chunks"),
        (1, "", "1 chunk"),
        (2, "", "2 chunks"),
        (1.0, "g", "1 chunk"),
        (0.5, "g", "0.5 chunks"),
        (1234, ",", "1,234 chunks"),
    ],
)
def test_only_one_is_singular(count: float, form: str, written: str) -> None:
    assert counted(count, "chunk", form) == written
