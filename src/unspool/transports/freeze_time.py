"""Time stops at the recorded moment, so that signatures, expiry checks and `created` agree with it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction, header


@contextmanager
def frozen_at(cassette: Cassette, *, wanted: bool) -> Iterator[Callable[[Interaction], None]]:
    """Stop time where the cassette begins; call what this yields with each interaction that is played.

    Time stands where the last request that was played was recorded; it never goes back. Where nothing
    tells when a recording was made, and while recording, it goes on.

    Raises:
        ImportError: freezegun isn't installed; it comes with `unspool[pytest]`.
    """
    moments = [moment for moment in map(moment_of, cassette.interactions) if moment is not None]
    if not wanted or cassette.is_recording or not moments:
        yield lambda _played: None
        return
    from freezegun import freeze_time  # noqa: PLC0415 - an extra

    _load_pydantic()
    with freeze_time(min(moments), real_asyncio=True) as frozen:
        _let_trio_go_on()

        def move(played: Interaction) -> None:
            moment = moment_of(played)
            if moment is not None and moment > datetime.now(UTC):
                frozen.move_to(moment)

        yield move


def _load_pydantic() -> None:
    """Have pydantic load all its parts while datetimes are real: freezegun looks at every attribute of every
    module when it has put its own in place, and pydantic would learn of these only, for good.
    """
    import pydantic  # noqa: PLC0415 - half of it isn't needed otherwise

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated in it
        for name in pydantic.__all__:
            getattr(pydantic, name)


def _let_trio_go_on() -> None:
    """Give trio's event loop the real time back, as `real_asyncio` gives it to asyncio's: its timeouts would
    never come. By name, because freezegun's own list of exceptions would exempt all that runs on that loop.
    """
    from freezegun.api import real_perf_counter  # noqa: PLC0415 - an extra

    loop = sys.modules.get("trio._core._run")
    if loop is not None:
        loop.__dict__["perf_counter"] = real_perf_counter


def moment_of(interaction: Interaction) -> datetime | None:
    """When a request was issued; in a cassette of vcrpy's, what its answer's `date` header says."""
    if interaction.recorded_at is not None:
        return datetime.fromtimestamp(interaction.recorded_at, UTC)
    date = header(interaction.response.headers, "date")
    try:
        return None if date is None else parsedate_to_datetime(date)
    except ValueError:
        return None
