"""Parse faults from a command line: the output of `repr`, and nothing else."""

from __future__ import annotations

import ast
import difflib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from unspool import faults
from unspool.errors import FaultError
from unspool.faults.catalogue import CATALOGUE, scenario
from unspool.faults.fault import Fault

_METHODS = frozenset({"on", "where"})


def parse_fault(text: str, *, seed: int | None = None) -> Fault:
    """Read a fault as Python would: `Stall(after=2) | Rechunk(7)`, or the name of a scenario.

    Only faults, scenarios, literals, `|` and `.on(…)` are understood; nothing of the text is executed.

    Args:
        text: such as `Break(after=2).on(1)`, `scenario('shredded')` or `shredded`.
        seed: the seed of each random fault without one; None for the fault's default.

    Raises:
        FaultError: it isn't a fault.
    """
    if text.strip() in {one.name for one in CATALOGUE}:
        return scenario(text.strip())
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise FaultError(_unknown(text)) from error
    found = _Reader(text, seed).value(tree.body)
    if not isinstance(found, Fault):
        raise FaultError(_unknown(text))
    return found


@dataclass(frozen=True)
class _Reader:
    text: str
    seed: int | None

    def value(self, node: ast.expr) -> Any:
        """Evaluate an expression of a fault's `repr`."""
        match node:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                first, second = self.value(left), self.value(right)
                if isinstance(first, Fault) and isinstance(second, Fault):
                    return first | second
            case ast.Call(func=ast.Name(id=name)):
                return self._made(_faults().get(name), node)
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _METHODS:
                return self._made(getattr(self.value(value), name, None), node)
            case _:
                with suppress(ValueError):
                    return ast.literal_eval(node)
        raise FaultError(_unknown(self.text))

    def _made(self, function: Any, call: ast.Call) -> Any:
        if function is None or any(keyword.arg is None for keyword in call.keywords):
            raise FaultError(_unknown(self.text))
        args = [self.value(arg) for arg in call.args]
        kwargs = {str(keyword.arg): self.value(keyword.value) for keyword in call.keywords}
        if self.seed is not None and "seed" in getattr(function, "__dataclass_fields__", {}):
            kwargs.setdefault("seed", self.seed)
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise FaultError(f"can't make a fault of {ast.unparse(call)!r}: {error}") from error


def _faults() -> dict[str, Any]:
    names = [name for name in faults.__all__ if isinstance(getattr(faults, name), type)]
    return {"scenario": scenario, **{name: getattr(faults, name) for name in names}}


def _unknown(text: str) -> str:
    known = [*(one.name for one in CATALOGUE), *(name for name in _faults() if name != "scenario")]
    near = difflib.get_close_matches(text.partition("(")[0].strip(), known, n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return (
        f"expected a fault such as `Break(after=2)` or `Stall(after=1) | Rechunk(7)`, or a scenario's name;"
        f" got {text!r}.{hint}"
    )
