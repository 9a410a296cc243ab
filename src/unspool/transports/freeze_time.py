"""Stop time at the recorded time, so that signatures, expiry checks and `created` match it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import ModuleType

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction, header


@contextmanager
def frozen_at(cassette: Cassette, *, wanted: bool) -> Iterator[Frozen]:
    """Stop time at the start of the cassette; it advances with the playback, and never goes back.

    While a response is read, the time is that of its recorded request; afterwards it is that of the next one,
    so that the application writes the same date into it as in the recording. Without recorded times, and
    while recording, time runs.

    Raises:
        ImportError: freezegun isn't installed; it comes with `unspool[pytest]`.
    """
    read = () if not wanted or cassette.is_recording else map(moment_of, cassette.interactions)
    moments = [moment for moment in read if moment is not None]
    if not moments:
        yield Frozen(cassette, None)
        return
    from freezegun import freeze_time  # noqa: PLC0415 - an extra

    _load_lazy_modules()
    freezer = freeze_time(min(moments), real_asyncio=True)
    try:
        frozen = freezer.start()
        _let_trio_go_on()
        yield Frozen(cassette, frozen.move_to)
    finally:  # also where starting it fails, which would leave time frozen for every later test
        freezer.stop()


class Frozen:
    """Stopped time, which advances with the playback; without `move_to` it runs by itself."""

    def __init__(self, cassette: Cassette, move_to: Callable[[datetime], None] | None) -> None:
        self._cassette = cassette
        self._move_to = move_to

    def played(self, interaction: Interaction) -> None:
        """Move to the recorded time of the request that is being answered."""
        if self._move_to is not None:
            self._move(moment_of(interaction), self._move_to)

    def ended(self) -> None:
        """Move to the recorded time of the next request: a response has been read, or closed."""
        if self._move_to is not None:
            moments = map(moment_of, self._cassette.unused)
            later = (one for one in moments if one is not None and one > datetime.now(UTC))
            self._move(next(later, None), self._move_to)

    def _move(self, moment: datetime | None, move_to: Callable[[datetime], None]) -> None:
        if moment is not None and moment > datetime.now(UTC):
            move_to(moment)


def _load_lazy_modules() -> None:
    """Load what modules such as pydantic's and cohere's load at the first touch, while datetimes are real.

    freezegun touches every attribute of every module after it has replaced datetimes. What is loaded then
    keeps the replacements forever, or fails: pydantic can't make a model of them.

    freezegun's `ignore=["pydantic"]` won't do: a `default_factory=time.time`, which pydantic calls, would get
    the real time.
    """
    touched: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated in them
        while left := set(sys.modules) - touched:
            touched |= left
            for module in filter(_is_lazy, map(sys.modules.get, left)):
                _touch(module)


def _is_lazy(module: object) -> bool:
    return isinstance(module, ModuleType) and (
        "__getattr__" in vars(module) or hasattr(type(module), "__getattr__")
    )


def _touch(module: object) -> None:
    for name in dir(module):
        with suppress(AttributeError, ImportError, TypeError):  # as freezegun does: an extra isn't installed
            getattr(module, name)


def _let_trio_go_on() -> None:
    """Give trio's event loop the real time back, as `real_asyncio` gives it to asyncio's: its timeouts would
    never come. By name, because freezegun's own list of exceptions would exempt all that runs on that loop.
    """
    from freezegun.api import real_perf_counter  # noqa: PLC0415 - an extra

    loop = sys.modules.get("trio._core._run")
    if loop is not None:
        loop.__dict__["perf_counter"] = real_perf_counter


def moment_of(interaction: Interaction) -> datetime | None:
    """Return when a request was sent; in a cassette by vcrpy, the `date` header of its response."""
    if interaction.recorded_at is not None:
        return datetime.fromtimestamp(interaction.recorded_at, UTC)
    date = header(interaction.response.headers, "date")
    try:
        return None if date is None else parsedate_to_datetime(date)
    except ValueError:
        return None
