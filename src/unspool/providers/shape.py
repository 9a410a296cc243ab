"""Reading JSON that ought to be shaped as documented: a `ValueError` says where it isn't."""

from __future__ import annotations

from typing import Any

from unspool.providers.payload import JSON


def text_in(holder: JSON, key: str) -> str:
    """The text under a key; empty if there is none, or null."""
    value = holder.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise misshapen(key, value, "text")


def number_in(holder: JSON, key: str) -> int:
    """The whole number under a key; 0 if there is none, or null."""
    value = holder.get(key)
    if value is None or isinstance(value, int):
        return value or 0
    raise misshapen(key, value, "a whole number")


def object_in(holder: JSON, key: str) -> JSON:
    """The object under a key; empty if there is none, or null."""
    value = holder.get(key)
    if value is None or isinstance(value, dict):
        return value or {}
    raise misshapen(key, value, "an object")


def objects_in(holder: JSON, key: str) -> list[JSON]:
    """The list of objects under a key; empty if there is none, or null."""
    value = holder.get(key)
    if value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return value or []
    raise misshapen(key, value, "a list of objects")


def misshapen(key: str, value: Any, documented: str) -> ValueError:
    """The error to raise; a ValueError, since pydantic's are too."""
    return ValueError(f"{key!r} must be {documented}, not {value!r:.100}")


def present(holder: JSON, *keys: str) -> JSON:
    """Those of the keys that hold something other than null, with what they hold."""
    return {key: holder[key] for key in keys if holder.get(key) is not None}
