"""The sections of docs/how-to/script-a-model.md, one for each SDK and framework."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "script-a-model.md"

_SECTION = re.compile(r"^### (?P<name>\S+)\n(?P<text>.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    """The code of each section, by the package that it's for."""
    found = {match["name"]: match["text"] for match in _SECTION.finditer(page)}
    return {name: "\n".join(one["code"] for one in _BLOCK.finditer(text)) for name, text in found.items()}
