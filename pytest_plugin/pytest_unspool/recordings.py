"""Where a test's recordings are: in its folder of cassettes, or among the package's samples."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from unspool import RecordedStream, recorded_stream, sample_names, sample_path
from unspool.cassette.store import cassette_path
from unspool.errors import CassetteNotFoundError


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded stream, its file, and the provider that its chunks name."""

    path: Path
    provider: str
    stream: RecordedStream


def recorded(cassette: str | os.PathLike[str], folder: Path, number: int | None) -> Recording:
    """Read a recorded stream.

    Args:
        cassette: a name in the folder, a path from there, or the name of a sample of the package. A file
            in the folder hides a sample of its name.
        folder: where the test's cassettes are.
        number: the interaction's, from 0; None if there is only one.

    Raises:
        CassetteNotFoundError: there is no such cassette.
        CassetteError: it contains no such interaction, or one that isn't a stream.
    """
    path, is_sample = located(cassette, folder)
    stream = recorded_stream(path, interaction=number)
    return Recording(path, path.parent.name if is_sample else stream.provider, stream)


def located(cassette: str | os.PathLike[str], folder: Path) -> tuple[Path, bool]:
    """Find a cassette's file; the flag is whether it's a sample of the package.

    Raises:
        CassetteNotFoundError: there is no such cassette.
    """
    path = folder / cassette if isinstance(cassette, os.PathLike) else cassette_path(folder, cassette)
    if path.exists():
        return path, False
    if cassette not in sample_names():
        raise CassetteNotFoundError(
            f"no cassette {str(cassette)!r}: there is no {path}, nor a sample of that name; the samples are"
            f" {', '.join(sample_names())}"
        )
    return sample_path(str(cassette)), True
