"""Record modes: what may be replayed, and what may be recorded. The words and their meaning are vcrpy's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RecordMode(StrEnum):
    """When to replay, and when to record."""

    NONE = "none"
    """Replay only; a request without a recording is an error."""

    ONCE = "once"
    """Record all if there is no cassette yet, else as NONE."""

    NEW_EPISODES = "new_episodes"
    """Replay what is recorded, and record what isn't."""

    ALL = "all"
    """Replay nothing and record all; a new recording takes the place of the old one of the same request."""

    REWRITE = "rewrite"
    """Replay nothing and record all; what isn't recorded anew is gone."""


def parse_record_mode(mode: str | None, environ: Mapping[str, str]) -> RecordMode:
    """A record mode by its name; by default NONE where `CI` is set, else ONCE.

    Raises:
        ValueError: there is no such mode.
    """
    if mode is None:
        return RecordMode.NONE if environ.get("CI") else RecordMode.ONCE
    try:
        return RecordMode(getattr(mode, "value", mode))  # vcrpy's are members of an enumeration, too
    except ValueError:
        known = ", ".join(repr(str(known)) for known in RecordMode)
        raise ValueError(f"expected a record mode, one of {known}; got {mode!r}") from None
