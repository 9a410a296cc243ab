"""A script as a server's source."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from unspool.cassette.conversation import Conversations
from unspool.cassette.model import Request
from unspool.errors import ScriptError, UnspoolError
from unspool.script.playing import broken_answer
from unspool.script.script import Script
from unspool.server.journal import Entry
from unspool.server.sources import Answer
from unspool.transports.breaker import Met


@dataclass(frozen=True, slots=True)
class _Asker:
    """The request as a script's asker: it ends with its response, read or not."""

    entry: Entry

    def is_gone(self) -> bool:
        return self.entry.is_over


@dataclass(frozen=True, slots=True)
class _Delivery:
    """How much of a response has been sent."""

    entry: Entry
    pieces: int

    def is_whole(self) -> bool:
        return self.entry.pieces >= self.pieces


class Scripted:
    """A source that answers from a script.

    Args:
        make: makes the script, at the beginning and at each reset.
        has_changed: whether a file that the script was read from has changed.
    """

    factor = 1.0

    def __init__(self, make: Callable[[], Script], has_changed: Callable[[], bool] = lambda: False) -> None:
        self._make = make
        self._has_changed = has_changed
        self.script = make()
        self.conversations = Conversations()

    def answer(self, request: Request, entry: Entry, /) -> Answer:
        """Choose the turn that answers a request.

        Raises:
            UnscriptedRequestError: no turn answers it.
        """
        chosen = self.script.answer(request, _Asker(entry))
        if chosen.given is None:
            return Answer(chosen.interaction, "the provider's side", _keep)
        timeline = chosen.interaction.response.timeline
        chosen.given.deliveries.append(_Delivery(entry, len(timeline.chunks) if timeline else 1))
        name = f"turn {chosen.given.slot.index}"
        broken = None if chosen.asked is None else broken_answer(chosen, request, Met(chosen.asked))
        return Answer(chosen.interaction, name, _keep, broken)

    def reset(self) -> None:
        """Play a new script.

        Raises:
            UnspoolError: the script can't be made again.
        """
        self.script = self._make()

    def has_changed(self) -> bool:
        """Whether a file that the script was read from has changed."""
        return self._has_changed()

    def problems(self) -> list[str]:
        """The turns that were left over, and the faults that broke nothing."""
        left = self.script.unplayed
        shown = [f"turn {one.index} was not asked for: {one.turn!r}" for one in left]
        return [*map(str, self.script.fault_errors()), *shown]


def _keep() -> None:
    """Do nothing: a retry gets the same turn anyway."""


def script_in(path: Path, name: str) -> Scripted:
    """Load a script by name from a Python file, which is read again when it changes.

    The name is that of a `Script`, of a list of turns, or of a function that returns one of them.

    Raises:
        ScriptError: there is no such file or name, or it's no script.
    """
    seen = _stamp(path)

    def make() -> Script:
        nonlocal seen
        seen = _stamp(path)
        return _script(_loaded(path), path, name)

    return Scripted(make, lambda: _stamp(path) != seen)


def only(script: Script) -> Scripted:
    """Serve a script that was made elsewhere; it can be played once."""
    made = [script]

    def make() -> Script:
        if not made:
            raise UnspoolError("this script can't be played again: serve it from a file, as FILE.py:NAME")
        return made.pop()

    return Scripted(make)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise ScriptError(f"there is no script {path}: {error.strerror}") from error
    return found.st_mtime_ns, found.st_size


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"unspool_script_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ScriptError(f"expected a Python file, got {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses need it there
    spec.loader.exec_module(module)
    return module


def _script(module: ModuleType, path: Path, name: str) -> Script:
    found = getattr(module, name, None)
    if found is None:
        names = ", ".join(one for one, value in vars(module).items() if isinstance(value, Script)) or "none"
        raise ScriptError(f"there is no {name} in {path}; its scripts are: {names}")
    if callable(found) and not isinstance(found, Script):
        found = found()
    if isinstance(found, Script):
        return found
    return Script(*found) if isinstance(found, list | tuple) else Script(found)
