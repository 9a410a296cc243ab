"""Attributes of other people's classes and modules that are ours for a while, and theirs again afterwards."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

_INHERITED = object()


class Installation:
    """What is put in place for the first who needs it, and taken away with the last, in any thread.

    Args:
        install: puts it in place, and tells the stack how it's taken away.
    """

    def __init__(self, install: Callable[[ExitStack], None]) -> None:
        self._install = install
        self._lock = threading.Lock()
        self._users = 0
        self._installed = ExitStack()

    @property
    def is_in_place(self) -> bool:
        return self._users > 0

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """It's in place to the end of the block."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if not self._users:
                with ExitStack() as stack:  # half an installation is undone
                    self._install(stack)
                    self._installed = stack.pop_all()
            self._users += 1

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._installed.close()


def swap(stack: ExitStack, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put in an attribute's place what `make` makes of it, until the stack is closed.

    Who has put something of his own over ours by then keeps it: ours, underneath, must let all pass when
    no cassette is in use.
    """
    original = getattr(owner, name)
    own = vars(owner).get(name, _INHERITED)
    ours = make(original)
    if not isinstance(ours, type):
        ours = functools.wraps(original)(ours)
    setattr(owner, name, ours)

    def undo() -> None:
        if vars(owner).get(name) is not ours:
            return
        if own is _INHERITED:
            delattr(owner, name)
        else:
            setattr(owner, name, own)

    stack.callback(undo)
