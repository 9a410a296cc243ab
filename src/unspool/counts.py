"""A number and its noun, as messages and reports write them."""

from __future__ import annotations


def counted(count: float, noun: str, form: str = "") -> str:
    """Write a number before its noun: `1 chunk`, `2 chunks`; `form` formats the number."""
    return f"{count:{form}} {noun}{'' if count == 1 else 's'}"
