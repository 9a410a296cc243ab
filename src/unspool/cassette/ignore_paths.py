"""Fields of a request that don't matter, by path: `user`, `messages[*].id`, `**.cache_control`, `?alt`.

A path selects in the body, which may be JSON, a form or multipart:

- `metadata.trace_id`: a key of an object, and a key of that. A leading `$.` is ignored.
- `messages[0]`, `messages[-1]`: an item of a list, from the front or the back.
- `messages[*].id`, `metadata.*`: every item, every key.
- `**.cache_control`: that key at any depth.
- `["a.b"]`, `metadata["x y"]`: a key with odd characters, quoted as in JSON.

`?alt` is a parameter of the query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Wild(Enum):
    """A step that matches more than one place."""

    EVERY = "*"
    """All keys of an object, all items of a list."""

    ANY_DEPTH = "**"
    """The value itself, and all that is in it."""


Path = tuple[str | int | Wild, ...]
"""Steps from the outside in: keys, indexes and wild ones."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The parts to remove before two requests are compared.

    Attributes:
        paths: into the body.
        parameters: names in the query.
        rules: rewrite the JSON body, after that.
    """

    paths: tuple[Path, ...] = ()
    parameters: frozenset[str] = frozenset()
    rules: tuple[Callable[[Any], Any], ...] = ()


class Gone(Enum):
    """The placeholder of a removed item of a list, so that the others keep their indexes."""

    GONE = "gone"


_ROOT = re.compile(r"\$(?=[.\[])")
_STEP = re.compile(
    r"""
    \.(?P<wild>\*\*?(?=[.\[]|$))
    | \.(?P<key>[^\s.\[\]*?"']+)
    | \[(?P<every>\*)\]
    | \[(?P<index>-?\d{1,9})\]
    | \[(?P<quoted>"(?:[^"\\]|\\.)*")\]
    | \['(?P<single>[^']*)'\]
    """,
    re.VERBOSE,
)
_PLAIN_KEY = re.compile(r"[\w-]+")


def parse_ignore(texts: Iterable[str]) -> Ignored:
    """Parse the paths and parameters in `ignore`.

    Raises:
        ValueError: one of them is malformed.
    """
    texts = (texts,) if isinstance(texts, str) else tuple(texts)
    return Ignored(
        paths=tuple(parse_path(text) for text in texts if not text.startswith("?") or text == "?"),
        parameters=frozenset(text[1:] for text in texts if text.startswith("?")),
    )


def parse_path(text: str) -> Path:
    """Parse one path into a body.

    Raises:
        ValueError: it is malformed, or would remove the whole body.
    """
    rest = _ROOT.sub("", text, count=1) if text.startswith("$") else text
    rest = rest if rest.startswith(("[", ".")) else f".{rest}"
    steps: list[str | int | Wild] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise _malformed(text)
        steps.append(_step(match, text))
        rest = rest[match.end() :]
    if steps[-1] is Wild.ANY_DEPTH:
        raise _malformed(text)
    return tuple(steps)


def _step(match: re.Match[str], text: str) -> str | int | Wild:
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    if kind in ("wild", "every"):
        return Wild(value)
    if kind == "index":
        return int(value)
    if kind != "quoted":
        return value
    try:
        return str(json.loads(value))
    except ValueError as error:
        raise _malformed(text) from error


def _malformed(text: str) -> ValueError:
    return ValueError(
        f"expected a path into the body in ignore, such as 'user', 'metadata.trace_id', 'messages[*].id', "
        f"'**.cache_control' or '[\"a.b\"].c', or a parameter of the query such as '?alt'; got {text!r}"
    )


def format_step(step: str | int) -> str:
    """Format a step after others in a path: `.key`, `[0]` or `["odd key"]`."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def drop(document: Any, path: Path) -> None:
    """Remove the matches of a path from a document, in place."""
    step, rest = path[0], path[1:]
    if step is Wild.ANY_DEPTH:
        drop(document, rest)
        for child in _children(document):
            drop(child, path)
        return
    for place in _places(document, step):
        if rest:
            drop(document[place], rest)
        elif isinstance(document, dict):
            del document[place]
        else:
            document[place] = Gone.GONE


def _children(document: Any) -> list[Any]:
    """Return the objects and lists directly inside an object or a list."""
    return [
        document[place] for place in _places(document, Wild.EVERY) if isinstance(document[place], dict | list)
    ]


def _places(document: Any, step: str | int | Wild) -> list[Any]:
    """Return the keys or indexes in a document that a step matches."""
    if isinstance(document, dict):
        return list(document) if step is Wild.EVERY else [step] if step in document else []
    if not isinstance(document, list):
        return []
    if isinstance(step, int):
        return [step] if -len(document) <= step < len(document) else []
    return list(range(len(document))) if step is Wild.EVERY else []
