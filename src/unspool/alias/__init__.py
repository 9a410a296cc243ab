"""`import litellm` as Unspool, for an application that can't change its imports.

    with unspool.alias.litellm():
        import application  # and every `from litellm.types.utils import …` in it

While it's installed, `litellm` and its documented submodules resolve to Unspool's own objects, whether or
not LiteLLM is installed. Objects are pickled by Unspool's names, so a pickle outlives the alias.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

from unspool.errors import MockError

__all__ = ["litellm"]

_PACKAGES = ("", ".types", ".litellm_core_utils", ".integrations", ".llms")

# LiteLLM's modules, and those of Unspool that hold what is imported from there.
_MODULES: dict[str, tuple[str, ...]] = {
    ".exceptions": ("unspool.errors",),
    ".types.utils": ("unspool.models", "unspool.custom_llm"),
    ".utils": ("unspool", "unspool.models"),
    ".main": ("unspool",),
    ".constants": ("unspool",),
    ".litellm_core_utils.core_helpers": ("unspool.models",),
    ".litellm_core_utils.litellm_logging": ("unspool.call_log",),
    ".litellm_core_utils.streaming_handler": ("unspool", "unspool.models"),
    ".integrations.custom_logger": ("unspool.custom_logger",),
    ".llms.custom_llm": ("unspool.custom_llm", "unspool.models"),
}

# What LiteLLM calls otherwise.
_NAMES = {
    "CompletionTokensDetailsWrapper": "CompletionTokensDetails",
    "PromptTokensDetailsWrapper": "PromptTokensDetails",
}


class _Alias(ModuleType):
    """One of LiteLLM's modules: attributes are read from Unspool's, and set there."""

    _sources: tuple[str, ...]

    def __init__(self, name: str, sources: tuple[str, ...]) -> None:
        super().__init__(name, f"Unspool, under the name of {name}.")
        vars(self)["_sources"] = sources
        # A package: `from … import` asks the finder for a name that it lacks, which says what isn't covered.
        vars(self)["__path__"] = []

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            for source in self._sources:
                try:
                    return getattr(import_module(source), _NAMES.get(name, name))
                except AttributeError:
                    continue
        raise AttributeError(_not_covered(self.__name__, name), name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") or isinstance(value, _Alias) or not self._sources:
            super().__setattr__(name, value)
        else:
            setattr(import_module(self._sources[0]), name, value)

    def __delattr__(self, name: str) -> None:
        if name in vars(self) or not self._sources:
            super().__delattr__(name)
        else:
            delattr(import_module(self._sources[0]), name)

    def __dir__(self) -> list[str]:
        listed = (dir(import_module(source)) for source in self._sources)
        return sorted({*vars(self), *(name for names in listed for name in names)})


class _Finder:
    """Finds none of LiteLLM's modules, and says so: LiteLLM's own must not load beside the alias."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if not _is_litellms(fullname):
            return None
        parent, _, name = fullname.rpartition(".")
        raise ImportError(_not_covered(parent, name), name=fullname)


def _not_covered(module: str, name: str) -> str:
    return (
        f"{module}.{name} isn't covered by Unspool, which stands for LiteLLM's streaming: completion,"
        " streams, chunks, errors, callbacks, custom providers"
    )


@contextmanager
def litellm() -> Iterator[ModuleType]:
    """Make `litellm` and its documented submodules resolve to Unspool, until the block is left.

    Install it before the application is imported. Inside another one it changes nothing. At the end every
    `litellm…` entry of `sys.modules` is as it was before.

    Raises:
        MockError: LiteLLM is loaded already, or a module that holds one of its objects; it lists them.
    """
    installed = sys.modules.get("litellm")
    if isinstance(installed, _Alias):
        yield installed
        return
    _refuse_loaded()
    before = _entries()
    finder = _Finder()
    modules = _modules()
    sys.modules.update(modules)
    sys.meta_path.insert(0, finder)
    try:
        yield modules["litellm"]
    finally:
        sys.meta_path.remove(finder)
        for name in _entries():
            del sys.modules[name]
        sys.modules.update(before)


def _entries() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.copy().items() if name.startswith("litellm")}


def _modules() -> dict[str, ModuleType]:
    made: dict[str, ModuleType] = {
        f"litellm{name}": _Alias(f"litellm{name}", () if name else ("unspool",)) for name in _PACKAGES
    }
    for name, sources in _MODULES.items():
        made[f"litellm{name}"] = _Alias(f"litellm{name}", sources)
    for name, module in made.items():
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(made[parent], last, module)
    return made


def _refuse_loaded() -> None:
    loaded = [name for name in sys.modules if _is_litellms(name)]
    holders = [
        name
        for name, module in sys.modules.copy().items()
        if not _is_litellms(name) and _holds_litellms(module)
    ]
    if not loaded and not holders:
        return
    shown = [name for name in loaded if "." not in name] + sorted(holders) or loaded
    raise MockError(
        "install the alias before the application is imported: LiteLLM's own objects are loaded already, in"
        f" {', '.join(shown)}. Move unspool.alias.litellm() to the top of conftest.py, or set the ini key"
        " unspool_alias_litellm for the whole session"
    )


def _holds_litellms(module: ModuleType) -> bool:
    for value in list(getattr(module, "__dict__", {}).values()):  # None, or anything, may stand there
        kind = type(
            value
        )  # isinstance would ask `__class__`, for which a lazy object loads what it stands for
        if issubclass(kind, ModuleType):
            home: Any = value.__name__
        elif issubclass(kind, type | FunctionType):
            home = value.__module__
        else:
            continue
        if isinstance(home, str) and _is_litellms(home):
            return True
    return False


def _is_litellms(name: str) -> bool:
    return name == "litellm" or name.startswith("litellm.")
