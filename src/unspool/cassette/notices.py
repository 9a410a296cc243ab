"""Messages of a cassette that are no errors, as warnings at the user's own line."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from unspool.errors import CassetteWarning

_HERE = str(Path(__file__).parent.parent)


def warn(message: str) -> None:
    """Warn with a `CassetteWarning` that names the nearest caller outside of Unspool."""
    warnings.warn(message, CassetteWarning, stacklevel=_levels_to_the_user())


def _levels_to_the_user() -> int:
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    return level
