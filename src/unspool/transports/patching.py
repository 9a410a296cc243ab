"""Replace attributes of foreign classes and modules by ours.

Methods are swapped when the first block needs them and stay swapped until the process ends: ours let
everything pass if no cassette is in use. Swapping them for every test would take longer than most replays,
and
CPython stops caching look-ups on a class that changes all the time. Each block that opens checks that ours
are still there, because undoing a monkeypatch takes them away without a word. A module that is first imported
inside a block gets ours as soon as it's loaded.

Where another tool has put its own replacement, such as a mock, ours goes on top of it only until the last
block ends. Left longer, it would call that replacement when the tool has long removed it.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import BuiltinFunctionType, MethodDescriptorType, ModuleType, WrapperDescriptorType
from typing import Any

_INHERITED = object()
_NATIVE = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)


@dataclass(eq=False, slots=True)
class Swap:
    """An attribute to swap.

    Attributes:
        owner: the class or module.
        name: the attribute.
        make: makes ours from the current value.
        original: the owner's original value; None until ours has been made.
        ours: the replacement from then on.
        over: ours over another tool's replacement; None if there is none.
    """

    owner: Any
    name: str
    make: Callable[[Any], Any]
    original: Any = field(default=None, init=False)
    ours: Any = field(default=None, init=False)
    over: Any = field(default=None, init=False)

    def put(self, stack: ExitStack) -> None:
        """Put ours in place; over another tool's replacement, until the stack is closed."""
        found = getattr(self.owner, self.name)
        if found is self.over or _reaches(found, self.ours):
            return
        if self.original is None and _is_original(self.owner, self.name, found):
            self.original, self.ours = found, _ours(found, self.make)
        if found is self.original:
            setattr(self.owner, self.name, self.ours)
        else:
            self.over = swap(stack, self.owner, self.name, self.make)
            stack.callback(setattr, self, "over", None)


Swaps = Mapping[str, Callable[[Any], Iterable[Swap]]]
"""By module name, the attributes to swap once that module is loaded."""


class Installation:
    """Attributes that are swapped while at least one block needs them, in any thread.

    Args:
        swaps: what stays in place, looked up at every entry, and when a module is loaded inside a block.
        install: puts in place what is taken away with the last block, and tells the stack how.
        forget: is called when the last block has ended.
    """

    def __init__(
        self,
        swaps: Swaps,
        *,
        install: Callable[[ExitStack], None] | None = None,
        forget: Callable[[], None] | None = None,
    ) -> None:
        self._finders = list(swaps.items())
        self._install, self._forget = install, forget
        self._lock = threading.RLock()  # what is swapped may import what is swapped too
        self._users = 0
        self._watch = _Watch({name for name, _ in self._finders}, self._loaded)
        self._undo = ExitStack()
        self._seen: dict[str, ModuleType] = {}
        self._swaps: dict[tuple[Any, str], Swap] = {}

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep them in place to the end of the block."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def enter(self) -> None:
        """Install all that are missing."""
        with self._lock:
            try:
                self._put()
            except BaseException:
                if not self._users:
                    self._undo.close()
                raise
            if not self._users:
                self._watch.start()
            self._users += 1

    def _loaded(self) -> None:
        with self._lock:
            if self._users:
                self._put()

    def _put(self) -> None:
        for name, find in self._finders:
            module = sys.modules.get(name)
            if module is not None and module is not self._seen.get(name):
                self._seen[name] = module
                for swap_ in find(module):
                    self._swaps.setdefault((swap_.owner, swap_.name), swap_)
        for swap_ in list(self._swaps.values()):
            if getattr(swap_.owner, swap_.name, None) is not swap_.ours:
                swap_.put(self._undo)
        if self._install is not None and not self._users:
            self._install(self._undo)

    def leave(self) -> None:
        """Remove those over other tools' replacements, if this was the last block."""
        with self._lock:
            self._users -= 1
            if not self._users:
                self._watch.stop()
                self._undo.close()
                if self._forget is not None:
                    self._forget()


class _Watch(MetaPathFinder):
    """Finds modules as the other finders do, and reports some when they are loaded.

    Args:
        names: the modules to report; those that are written in Python.
        loaded: is called when one has been loaded.
    """

    def __init__(self, names: Container[str], loaded: Callable[[], None]) -> None:
        self._names = names
        self._loaded = loaded

    def start(self) -> None:
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module to report; leave all others to the other finders."""
        if fullname not in self._names:
            return None
        found = (
            one.find_spec(fullname, path, target) for one in sys.meta_path if not isinstance(one, _Watch)
        )
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            reporting = self._reporting(spec.loader.exec_module)
            setattr(spec.loader, "exec_module", reporting)  # noqa: B010 - mypy takes no assignment
        return spec

    def _reporting(self, execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._loaded()

        return exec_module


def swap(stack: ExitStack, owner: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """Replace an attribute by the result of `make`, until the stack is closed; return the result.

    A tool that has put its own over ours by then keeps it: ours, underneath, must let everything pass when
    no cassette is in use.
    """
    own = vars(owner).get(name, _INHERITED)
    ours = _ours(getattr(owner, name), make)
    setattr(owner, name, ours)

    def undo() -> None:
        if vars(owner).get(name) is not ours:
            return
        if own is _INHERITED:
            delattr(owner, name)
        else:
            setattr(owner, name, own)

    stack.callback(undo)
    return ours


def _ours(original: Any, make: Callable[[Any], Any]) -> Any:
    made = make(original)
    return made if isinstance(made, type) else functools.wraps(original)(made)


def _reaches(found: Any, ours: Any) -> bool:
    """Whether it's another wrapper of Unspool, such as virtual time's, that calls ours."""
    while ours is not None and getattr(found, "__globals__", {}).get("__name__", "").startswith("unspool."):
        found = getattr(found, "__wrapped__", None)
        if found is ours:
            return True
    return False


def _is_original(owner: Any, name: str, found: Any) -> bool:
    """Whether the owner was made with it, or its base class was: no mock, monkeypatch or wrapper."""
    if isinstance(found, type):
        return True
    if hasattr(found, "__wrapped__"):
        return False
    if isinstance(owner, type) and name not in vars(owner):
        return True
    expected = f"{owner.__qualname__}.{name}" if isinstance(owner, type) else name
    if getattr(found, "__qualname__", None) != expected:
        return False
    return isinstance(found, _NATIVE) or _package(found.__module__) == _package(_home(owner))


def _home(owner: Any) -> str:
    home: str = owner.__module__ if isinstance(owner, type) else owner.__name__
    return home


def _package(module: str) -> str:
    return module.partition(".")[0]
