"""Whether a test expects an error of a cassette's: only then it isn't raised once more at the end.

A miss is raised again at the end of the block, since a client may have swallowed it. A test that says
`pytest.raises(UnrecordedRequestError)`, or catches that class by name, has seen it. So this module reads the
source around the line that the error reached: a `with` that calls something named `raises`, or an `except`,
that names one of Unspool's own classes. `pytest.raises(Exception)` does not count: it takes any
error.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from functools import cache
from types import FrameType
from typing import Any

from unspool.errors import UnspoolError


def was_expected(error: BaseException) -> bool:
    """Whether the code that an error reached has asked for it, going by its traceback."""
    traceback = error.__traceback__
    return traceback is not None and _expects(traceback.tb_frame, traceback.tb_lineno, error)


def is_expected_here(error: BaseException) -> bool:
    """Whether one of the callers of this function asks for such an error."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _expects(frame, frame.f_lineno, error):
            return True
        frame = frame.f_back
    return False


def _expects(frame: FrameType, line: int, error: BaseException) -> bool:
    return any(
        _is_ours(_value(frame, name), error) for name in _expected_at(frame.f_code.co_filename).get(line, ())
    )


def _is_ours(kind: Any, error: BaseException) -> bool:
    if isinstance(kind, tuple):
        return any(_is_ours(one, error) for one in kind)
    return isinstance(kind, type) and issubclass(kind, UnspoolError) and isinstance(error, kind)


def _value(frame: FrameType, name: str) -> Any:
    first, *rest = name.split(".")
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for attribute in rest:
        value = getattr(value, attribute, None)
    return value


@cache
def _expected_at(filename: str) -> dict[int, tuple[str, ...]]:
    """The names of the classes that each line of a file is expected to raise."""
    source = "".join(linecache.getlines(filename))
    if "raises" not in source.lower() and "except" not in source:
        return {}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for node in ast.walk(tree):
        names = tuple(_names_in(node))
        if names:
            for line in _lines_of(node):
                found[line] = (*found.get(line, ()), *names)
    return found


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if (
                isinstance(item.context_expr, ast.Call)
                and "raises" in _dotted(item.context_expr.func).lower()
            ):
                yield from _classes(item.context_expr.args)
    elif isinstance(node, ast.Try | ast.TryStar):
        yield from _classes([handler.type for handler in node.handlers if handler.type is not None])


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
    """The lines inside a `with` or a `try`."""
    body: list[ast.stmt] = getattr(node, "body", [])
    first, last = body[0], body[-1]
    start = node.lineno if isinstance(node, ast.With | ast.AsyncWith) else first.lineno
    return range(start, (last.end_lineno or last.lineno) + 1)
