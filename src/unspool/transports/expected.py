"""Whether a test expects a cassette's error: only then it isn't raised again at the end.

A miss is raised again at the end of the block, since a client may have swallowed it. A test that says
`pytest.raises(UnrecordedRequestError)` has seen it. So this module reads the source around the line that the
error reached: a `with` that calls something named `raises` with `CassetteError` or a class of it.
`pytest.raises(Exception)` and `pytest.raises(UnspoolError)` don't count: they would accept a miss as any
other error. A test with its expectation elsewhere uses `Cassette.expect_misses`.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakSet

from unspool.errors import CassetteError

_HERE = str(Path(__file__).parent.parent)


Place = tuple[str, int]
"""A file and a line of it."""


def place_of_caller() -> Place:
    """Return the place of the caller outside Unspool and contextlib."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_between(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _is_between(filename: str) -> bool:
    return filename.startswith(_HERE) or os.path.basename(filename) == "contextlib.py"


def was_expected(error: BaseException, *, inside: Place | None = None) -> bool:
    """Whether the code that an error reached expects it, by its traceback.

    Args:
        error: the error.
        inside: the start of the cassette's block; code around it expects the block's own error.
    """
    traceback = error.__traceback__
    if traceback is None:  # unittest's assertRaises drops it
        return error in _expected_when_raised
    return _expects(traceback.tb_frame, traceback.tb_lineno, error, inside)


_expected_when_raised: WeakSet[BaseException] = WeakSet()


def note_expected(error: BaseException) -> None:
    """Note whether one of the callers expects an error that is about to be raised."""
    if is_expected_here(error):
        _expected_when_raised.add(error)


def is_expected_here(error: BaseException) -> bool:
    """Whether one of the callers of this function expects such an error."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _expects(frame, frame.f_lineno, error):
            return True
        frame = frame.f_back
    return False


def _expects(frame: FrameType, line: int, error: BaseException, inside: Place | None = None) -> bool:
    filename = frame.f_code.co_filename
    begin = inside[1] if inside is not None and inside[0] == filename else 0
    return any(
        line in lines and begin not in lines and _is_ours(_value(frame, name), error)
        for lines, name in _expected_at(filename)
    )


def _is_ours(kind: Any, error: BaseException) -> bool:
    if isinstance(kind, tuple):
        return any(_is_ours(one, error) for one in kind)
    return isinstance(kind, type) and issubclass(kind, CassetteError) and isinstance(error, kind)


def _value(frame: FrameType, name: str) -> Any:
    first, *rest = name.split(".")
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for attribute in rest:
        value = getattr(value, attribute, None)
    return value


@cache
def _expected_at(filename: str) -> tuple[tuple[range, str], ...]:
    """Return the lines of a file that are expected to raise, with the name of the exception."""
    source = "".join(linecache.getlines(filename))
    if "raises" not in source.lower():
        return ()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    return tuple((_lines_of(node), name) for node in ast.walk(tree) for name in _names_in(node))


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if (
                isinstance(item.context_expr, ast.Call)
                and "raises" in _dotted(item.context_expr.func).lower()
            ):
                yield from _classes(item.context_expr.args)


def _classes(expressions: list[Any]) -> Iterator[str]:
    for expression in expressions:
        if isinstance(expression, ast.Tuple):
            yield from _classes(expression.elts)
        elif name := _dotted(expression):
            yield name


def _dotted(expression: ast.AST) -> str:
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute):
        owner = _dotted(expression.value)
        return f"{owner}.{expression.attr}" if owner else ""
    return ""


def _lines_of(node: ast.AST) -> range:
    """Return the lines of a `with` statement."""
    assert isinstance(node, ast.With | ast.AsyncWith)  # noqa: S101 - no other has names
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
