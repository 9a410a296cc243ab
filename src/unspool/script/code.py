"""A turn or a script as Python code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import Any

from unspool.faults import __all__ as FAULTS  # noqa: N812 - names of classes
from unspool.providers.reply import Call, Citation, Image, Reasoning, Refusal, Text
from unspool.script.turns import Group, Pace, Part, Structured, Turn


def code_of(turn: Turn) -> str:
    """Return the code of a turn: `call('get_weather', city='Oslo')`."""
    settings = dict(_settings(turn))
    parts = [_part(part) for part in turn.parts]
    if turn.make is not None:
        parts.append(getattr(turn.make, "__name__", repr(turn.make)))
    parts += _ends(turn)
    if settings or not parts or (turn.make is not None and turn.fault is not None):
        inside = [*parts, *(f"{name}={value}" for name, value in settings.items())]
        shown = f"turn({', '.join(inside)})"
    else:
        shown = " + ".join(parts)
    if turn.fault is None:
        return shown
    return f"({shown}) | {turn.fault!r}" if " + " in shown else f"{shown} | {turn.fault!r}"


def script_code(turns: Sequence[Any], options: Mapping[str, Any] | None = None) -> str:
    """Return the code of a script: a line for each turn."""
    lines = [f"    {line}" for one in turns for line in f"{_shown(one)},".splitlines()]
    given = {name: value for name, value in (options or {}).items() if value not in (None, False)}
    lines += [f"    {name}={_option(value)}," for name, value in given.items()]
    return "\n".join(["Script(", *lines, ")"])


def imports_of(code: str) -> str:
    """Return the import that a script's code needs."""
    names = sorted({name for name in _NAMES if f"{name}(" in code or (name == "FOREVER" and name in code)})
    faults = sorted(name for name in FAULTS if re.search(rf"\b{name}\(", code))
    lines = [f"from unspool.faults import {', '.join(faults)}"] if faults else []
    return "\n".join([*lines, f"from unspool.script import {', '.join(names)}"])


_NAMES = (
    *("FOREVER", "Script", "agent", "any_order", "call", "citation", "error", "finish", "image", "pace"),
    *("reasoning", "refusal", "structured", "text", "turn", "usage", "with_id"),
)


def _group(group: Group) -> str:
    lines = [f"    {line}" for one in group.turns for line in f"{_shown(one)},".splitlines()]
    if group.when is None and group.any_order:
        return "\n".join(["any_order(", *lines, ")"])
    options = [f"when={_value(group.when)}"]
    options += [f"name={group.name!r}"] if group.name else []
    options += [f"any_order={group.any_order!r}"] if group.any_order else []
    options += [] if group.repeat == 1 else [f"repeat={_option(group.repeat)}"]
    options += ["optional=True"] if group.optional else []
    return "\n".join(["agent(", *lines, f"    {', '.join(options)},", ")"])


def _shown(one: Any) -> str:
    if isinstance(one, Group):
        return _group(one)
    return getattr(one, "__name__", repr(one)) if callable(one) else repr(one)


def _option(value: Any) -> str:
    if isinstance(value, Pace):
        return _pace(value)
    return "FOREVER" if value == float("inf") else repr(value)


def _settings(turn: Turn) -> Iterator[tuple[str, str]]:
    if turn.chunks is not None:
        yield "chunks", repr(turn.chunks)
    if turn.pace is not None:
        yield "pace", _pace(turn.pace)
    if turn.when is not None:
        yield "when", _value(turn.when)
    if turn.repeat != 1:
        yield "repeat", _option(turn.repeat)
    if turn.interleaved:
        yield "interleaved", "True"


def _value(value: Any) -> str:
    return getattr(value, "__name__", repr(value)) if callable(value) else repr(value)


def _ends(turn: Turn) -> Iterator[str]:
    if turn.finish is not None:
        yield f"finish({turn.finish!r})"
    if turn.tokens is not None:
        tokens = turn.tokens
        given = {"input": tokens.input, "output": tokens.output}
        shown = {name: value for name, value in given.items() if value >= 0}
        shown |= {name: value for name in ("cached", "reasoning") if (value := getattr(tokens, name))}
        yield f"usage({', '.join(f'{name}={value}' for name, value in shown.items())})"
    if turn.failure is not None:
        failure = turn.failure
        more = [f"{failure.message!r}"] if failure.message is not None else []
        more += [f"retry_after={failure.retry_after!r}"] if failure.retry_after is not None else []
        yield f"error({', '.join([str(failure.status), *more])})"


def _pace(pace: Pace) -> str:
    names = [name for name in ("first", "between", "jitter", "seed") if getattr(pace, name)]
    return f"pace({', '.join(f'{name}={getattr(pace, name)!r}' for name in names)})"


def _part(part: Part) -> str:
    match part:
        case Text():
            more = [f"citations=[{', '.join(map(_citation, part.citations))}]"] if part.citations else []
            return f"text({', '.join([repr(part.text), *more, *_pieces(part.pieces)])})"
        case Reasoning():
            named = [
                f"{name}={value!r}" for name in ("signature", "redacted") if (value := getattr(part, name))
            ]
            shown = [repr(part.text)] if part.text else []
            return f"reasoning({', '.join([*shown, *named, *_pieces(part.pieces)])})"
        case Call():
            made = f"call({', '.join([repr(part.name), *_arguments(part.arguments)])})"
            return made if part.id is None else f"with_id({made}, {part.id!r})"
        case Refusal():
            return f"refusal({part.text!r})"
        case Image():
            media = "" if part.media_type == "image/png" else f", media_type={part.media_type!r}"
            return f"image({part.data!r}{media})"
        case Structured():
            return f"structured({part.value!r}{'' if part.valid else ', valid=False'})"


def _pieces(pieces: tuple[str, ...]) -> list[str]:
    return [f"chunks={list(pieces)!r}"] if pieces else []


def _citation(citation: Citation) -> str:
    values = [citation.url, citation.title, citation.quote]
    while len(values) > 1 and not values[-1]:
        values.pop()
    return f"citation({', '.join(map(repr, values))})"


def _arguments(arguments: str) -> list[str]:
    try:
        found = json.loads(arguments)
    except ValueError:
        return [repr(arguments)]
    written = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    if not isinstance(found, dict) or written != arguments:
        return [repr(arguments)]
    if all(name.isidentifier() and not iskeyword(name) for name in found):
        return [f"{name}={value!r}" for name, value in found.items()]
    return [repr(found)]
