"""Whether a value fits a JSON schema, as far as requests to models use them.

https://json-schema.org/draft/2020-12: types, properties, items, enums, unions and references; ranges and
patterns too. Unknown keywords are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value) and value == value,  # noqa: PLR0124 - JSON has no NaN
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def misfit(value: Any, schema: Schema) -> str | None:
    """Return the error in a value, with its path; None if it fits."""
    return next(_misfits(value, schema, schema, "$", 0), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_MOST_DEEP = 60


def _misfits(value: Any, schema: Any, root: Schema, path: str, depth: int) -> Iterator[str]:
    if schema is False:
        yield f"{path} may not be there"
    if not isinstance(schema, Mapping) or depth > _MOST_DEEP:
        return
    if "$ref" in schema:
        yield from _misfits(value, _referred(schema["$ref"], root), root, path, depth + 1)
    yield from _wrong_type(value, schema, path)
    yield from _wrong_value(value, schema, path)
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        if options and all(any(_misfits(value, one, root, path, depth + 1)) for one in options):
            yield f"{path} fits none of {keyword}: {value!r:.100}"
    for one in schema.get("allOf") or ():
        yield from _misfits(value, one, root, path, depth + 1)
    if isinstance(value, dict):
        yield from _in_object(value, schema, root, path, depth)
    if isinstance(value, list):
        yield from _in_array(value, schema, root, path, depth)


def _referred(reference: Any, root: Schema) -> Any:
    found: Any = root
    for step in str(reference).removeprefix("#").strip("/").split("/"):
        if step and isinstance(found, Mapping):
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
    return found


def _wrong_type(value: Any, schema: Schema, path: str) -> Iterator[str]:
    wanted = schema.get("type")
    kinds = [str(one).lower() for one in (wanted if isinstance(wanted, list) else [wanted]) if one]
    if schema.get("nullable"):
        kinds.append("null")
    if kinds and not any(_TYPES.get(kind, lambda _: True)(value) for kind in kinds):
        yield f"{path} should be {' or '.join(kinds)}, is {value!r:.100}"


def _wrong_value(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield f"{path} should be {schema['const']!r}, is {value!r:.100}"
    if schema.get("enum") and value not in schema["enum"]:
        yield f"{path} should be one of {schema['enum']!r:.200}, is {value!r:.100}"
    if _is_number(value):
        for keyword, breaks in _LIMITS.items():
            if _is_number(schema.get(keyword)) and breaks(value, schema[keyword]):
                yield f"{path} breaks {keyword} {schema[keyword]!r}, is {value!r}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0) or len(value) > schema.get("maxLength", len(value)):
            yield f"{path} is too short or too long: {value!r:.100}"
        if isinstance(schema.get("pattern"), str) and not _matches(schema["pattern"], value):
            yield f"{path} should match {schema['pattern']!r}, is {value!r:.100}"


_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "exclusiveMaximum": lambda value, limit: value >= limit,
    "exclusiveMinimum": lambda value, limit: value <= limit,
    "maximum": lambda value, limit: value > limit,
    "minimum": lambda value, limit: value < limit,
    "multipleOf": lambda value, limit: bool(value % limit),
}


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True  # a pattern of another regex dialect


def _in_object(value: dict[str, Any], schema: Schema, root: Schema, path: str, depth: int) -> Iterator[str]:
    known = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{path}.{name} is missing"
    others = schema.get("additionalProperties", True)
    for name, one in value.items():
        if name in known:
            yield from _misfits(one, known[name], root, f"{path}.{name}", depth + 1)
        elif others is False:
            yield f"{path}.{name} isn't in the schema"
        else:
            yield from _misfits(one, others, root, f"{path}.{name}", depth + 1)


def _in_array(value: list[Any], schema: Schema, root: Schema, path: str, depth: int) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0) or len(value) > schema.get("maxItems", len(value)):
        yield f"{path} has too few or too many items: {len(value)}"
    first = schema.get("prefixItems") or ()
    for place, one in enumerate(value):
        inner = first[place] if place < len(first) else schema.get("items", True)
        yield from _misfits(one, inner, root, f"{path}[{place}]", depth + 1)
