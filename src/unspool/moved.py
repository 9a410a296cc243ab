"""Old names of public modules, names and keywords. Each works for a release, with a DeprecationWarning.

Modules are found by a finder at the end of `sys.meta_path`, which Python asks only for modules that no other
finder knows.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_R = TypeVar("_R")

MOVED = {
    "unspool.cassette.convert": "unspool.convert",
    "unspool.faults.script": "unspool.faults.items",
    "unspool.providers.asking": "unspool.providers.request",
    "unspool.providers.directory": "unspool.providers.registry",
    "unspool.providers.exchange": "unspool.providers.detect",
    "unspool.providers.openai_chat": "unspool.providers.openai.chat",
    "unspool.transports.cassette_transport": "unspool.transports.transport",
    "unspool.transports.in_use": "unspool.transports.transport",
    "unspool.transports.fault": "unspool.transports.transport",
    "unspool.transports.fault_transport": "unspool.transports.transport",
}
"""From the old name to the new one."""


class _Finder:
    """Finds a module by its old name."""

    @staticmethod
    def find_spec(name: str, *_where: object) -> ModuleSpec | None:
        return ModuleSpec(name, cast("Any", _Loader())) if name in MOVED else None


class _Loader:
    """Loads a module of the old name with the new module's contents, which itself keeps its name.

    It doesn't derive from `importlib.abc.Loader`, whose import would take longer than all of this file.
    """

    @staticmethod
    def create_module(_spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        old, new = module.__name__, MOVED[module.__name__]
        warnings.warn(
            f"{old} is now {new}; the old name goes with the next release", DeprecationWarning, stacklevel=2
        )
        for name, value in vars(import_module(new)).items():
            vars(module).setdefault(name, value)


def install() -> None:
    """Let old names be imported. Idempotent."""
    if _Finder not in sys.meta_path:
        sys.meta_path.append(_Finder)


def attribute(module: str, name: str, renamed: Mapping[str, str]) -> Any:
    """Return a module's attribute by its old name: for the module's `__getattr__`.

    Raises:
        AttributeError: the module has no such attribute, and never had one.
    """
    if name not in renamed:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    _warn(f"{module}.{name} is now {renamed[name]}; the old name goes with the next release", above=1)
    return getattr(import_module(module), renamed[name])


def keywords(**renamed: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Let a function take keywords by their old names: `@keywords(old="new")`.

    Raises (for a call):
        TypeError: both names were given.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(function)
        def call(*args: _P.args, **options: _P.kwargs) -> _R:
            __tracebackhide__ = True
            for old in renamed.keys() & options.keys():
                new = renamed[old]
                if new in options:
                    raise TypeError(f"expected {new}=, got {new}= and its old name {old}=")
                _warn(f"{old}= is now {new}=; the old keyword goes with the next release")
                options[new] = options.pop(old)
            return function(*args, **options)

        return call

    return decorate


def _warn(message: str, *, above: int = 0) -> None:
    """Warn at the caller's line, with so many more frames between."""
    warnings.warn(message, DeprecationWarning, stacklevel=3 + above)
