"""Find a model's family by its name: from Gemini 3 on, several parameters differ."""

from __future__ import annotations

import re

_BEFORE_3 = re.compile(
    r"gemini-(?:[12](?:\.\d+)?|exp|(?:pro|flash)(?!-(?:lite-)?latest$))(?:-|$)|gemma-|\d+$"
)


def is_gemini_3(model: str) -> bool:
    """Gemini 3 or newer: it takes ids of calls and wants their signatures. LiteLLM's rule.

    What isn't known to be older counts as newer; a fine-tuned model (its name is a number) as older.
    """
    name = model.rpartition("/")[2].lower()
    return bool(name) and _BEFORE_3.match(name) is None
