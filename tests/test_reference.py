"""The reference page names everything that is public."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import unspool

PAGE = (Path(__file__).parent.parent / "docs" / "reference.md").read_text("utf-8")


@pytest.mark.parametrize("name", unspool.__all__)
def test_a_public_name_is_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE)
