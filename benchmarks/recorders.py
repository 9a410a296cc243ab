"""Who records and replays, each set up to do the same: what was sent must agree, JSON bodies included."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

from benchmarks.peers import is_installed

Mode = Literal["none", "all"]
"""To replay, or to record whatever is there already. All of them have these names for it."""

LIVE = "live"
"""The side that records nothing: the same request to the same server."""

VCRPY_PARTS = ["method", "scheme", "host", "port", "path", "query", "body"]
CASSETTER_PARTS = ["method", "uri", "json_body"]
"""What has to agree; Unspool's default is the same."""


def recorders() -> list[str]:
    """Unspool, and the peers that are there."""
    return ["unspool", *filter(is_installed, ("vcrpy", "cassetter"))]


def cassette(name: str, path: Path, mode: Mode) -> AbstractContextManager[Any]:
    """A recorder's cassette in use, as its users have it: `with … use_cassette(…)`."""
    return _CASSETTES[name](path, mode)


def _unspool(path: Path, mode: Mode) -> AbstractContextManager[Any]:
    from unspool import use_cassette

    return use_cassette(path, record_mode=mode)


def _vcrpy(path: Path, mode: Mode) -> AbstractContextManager[Any]:
    import vcr

    used: AbstractContextManager[Any] = vcr.use_cassette(path, record_mode=mode, match_on=VCRPY_PARTS)
    return used


def _cassetter(path: Path, mode: Mode) -> AbstractContextManager[Any]:
    from cassetter import use_cassette

    used: AbstractContextManager[Any] = use_cassette(path, record_mode=mode, match_on=CASSETTER_PARTS)
    return used


def _live(_path: Path, _mode: Mode) -> AbstractContextManager[Any]:
    return nullcontext()


_CASSETTES: dict[str, Callable[[Path, Mode], AbstractContextManager[Any]]] = {
    "unspool": _unspool,
    "vcrpy": _vcrpy,
    "cassetter": _cassetter,
    LIVE: _live,
}
