"""The reference page names everything that is public."""

from __future__ import annotations

import re
from pathlib import Path

import unspool

PAGE = (Path(__file__).parent.parent / "docs" / "reference.md").read_text("utf-8")


def test_every_public_name_is_on_the_page() -> None:
    assert [name for name in unspool.__all__ if not re.search(rf"\b{name}\b", PAGE)] == []
