"""Old names of public modules. Importing one works for a release, with a DeprecationWarning.

A finder at the end of `sys.meta_path`, which Python asks only for modules that no other finder knows.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

MOVED = {
    "unspool.cassette.convert": "unspool.convert",
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
