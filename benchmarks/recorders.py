"""Who records and replays, each set up to do the same: what was sent must agree, JSON bodies included."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
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

_MODULES = {"unspool": "unspool", "vcrpy": "vcr", "cassetter": "cassetter"}
_OPTIONS = {"unspool": {}, "vcrpy": {"match_on": VCRPY_PARTS}, "cassetter": {"match_on": CASSETTER_PARTS}}


def recorders() -> list[str]:
    """Unspool, and the peers that are there."""
    return list(filter(is_installed, _MODULES))


def cassette(name: str, path: Path, mode: Mode) -> AbstractContextManager[Any]:
    """A recorder's cassette in use, as its users have it: `with … use_cassette(…)`."""
    if name == LIVE:
        return nullcontext()
    library: Any = import_module(_MODULES[name])
    used: AbstractContextManager[Any] = library.use_cassette(path, record_mode=mode, **_OPTIONS[name])
    return used
