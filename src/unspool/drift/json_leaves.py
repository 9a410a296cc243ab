"""The leaves of JSON values by path: `choices[*].delta.content`, whatever the place in a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

OPAQUE = frozenset(
    {"args", "arguments", "input", "json_schema", "logit_bias", "metadata", "parameters", "properties"}
)
"""Names of objects whose own keys are the model's or the user's words, not the provider's form."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of each leaf: a text, a number, true, false, null, an empty list or object."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for item in value:
            yield from leaves(item, f"{path}[*]")
    else:
        yield path, value


def nodes(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of everything in a JSON value, objects and lists too; none of `OPAQUE`'s."""
    if path:
        yield path, value
    if isinstance(value, dict) and path.rpartition(".")[2] not in OPAQUE:
        for key, item in value.items():
            yield from nodes(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item, f"{path}[*]")


def counted_leaves(values: Iterable[Any]) -> dict[str, Counter[str]]:
    """Count the values at each path, nulls and empty values left out."""
    found: dict[str, Counter[str]] = {}
    for value in values:
        for path, leaf in leaves(value):
            if leaf is not None and leaf not in ("", [], {}):
                found.setdefault(path, Counter())[shown(leaf)] += 1
    return found


def shown(leaf: Any) -> str:
    """Write a leaf so that equal JSON values are equal: `1` for 1.0, too."""
    if isinstance(leaf, bool):
        return str(leaf).lower()
    if isinstance(leaf, float) and leaf.is_integer():
        return str(int(leaf))
    return str(leaf)


def json_type(value: Any) -> str:
    """Return the JSON type of a value: `null`, `boolean`, `number`, `string`, `array` or `object`."""
    names = {
        type(None): "null",
        bool: "boolean",
        int: "number",
        float: "number",
        str: "string",
        list: "array",
    }
    return names.get(type(value), "object")
