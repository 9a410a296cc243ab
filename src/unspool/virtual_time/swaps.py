"""Functions of other modules that are replaced for a while, wherever they were imported to.

`from time import sleep` leaves a second reference behind. Like freezegun, we look for such references in the
modules that are loaded. Each one is put back, unless another tool has replaced it meanwhile, also in modules
that were imported in between.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import ModuleType
from typing import Any, Protocol

from unspool.virtual_time.bystanders import keeps_real_time

_INHERITED = object()


class Swap(Protocol):
    """Replaces an attribute by what `make` makes of it."""

    def __call__(self, owner: Any, name: str, make: Callable[[Any], Any], /) -> None: ...


def swap(stack: ExitStack, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace an attribute until the stack is closed."""
    original = getattr(owner, name)
    own = vars(owner).get(name, _INHERITED)
    ours = functools.wraps(original)(make(original))
    setattr(owner, name, ours)

    def undo() -> None:
        if vars(owner).get(name) is ours:
            if own is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

    stack.callback(undo)


class References:
    """The references to some functions in all modules.

    Args:
        replacements: each function and what stands in for it.
    """

    def __init__(self, replacements: dict[Callable[..., Any], Callable[..., Any]]) -> None:
        self._ours = {id(real): ours for real, ours in replacements.items()}
        self._real = {id(ours): real for real, ours in replacements.items()}
        self._known: dict[str, tuple[ModuleType, tuple[str, ...]]] = {}

    def replace(self) -> None:
        """Let every module refer to the replacements."""
        for module in self._modules():
            names = self._names(module, self._ours)
            self._known[module.__name__] = module, names
            _point(module, names, self._ours)

    def replace_in(self, module: ModuleType) -> None:
        """Once more in one module: freezegun puts the real functions there when it ends."""
        _point(module, self._known[module.__name__][1], self._ours)

    def restore(self) -> None:
        """Let every module refer to the real functions again."""
        for module in self._modules():
            _point(module, self._names(module, self._real), self._real)

    def _modules(self) -> list[ModuleType]:
        return [
            module
            for name, module in sys.modules.copy().items()
            if getattr(module, "__name__", None) == name and not keeps_real_time(name)
        ]

    def _names(self, module: ModuleType, wanted: dict[int, Any]) -> tuple[str, ...]:
        """Where in a module they are; what was found once isn't searched again."""
        known = self._known.get(module.__name__)
        if known is not None and known[0] is module:
            return known[1]
        return tuple(name for name, value in list(vars(module).items()) if id(value) in wanted)


def _point(module: ModuleType, names: tuple[str, ...], to: dict[int, Any]) -> None:
    for name in names:
        value = vars(module).get(name)
        if id(value) in to:
            setattr(module, name, to[id(value)])
