"""The cassettes included in the package: real-shaped streams for tests, docs and `unspool demo`.

Each contains one interaction, and is named `<provider>/<scenario>`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from unspool.cassette.store import load

# A wheel has them inside the package; an editable install uses the folder in the repository.
_FOLDERS = (Path(__file__).parent / "_cassettes", Path(__file__).parents[2] / "cassettes")


def sample_names() -> list[str]:
    """Return the names of all samples, such as `openai/parallel-tools`."""
    folder = _folder()
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))


def sample_path(name: str) -> Path:
    """Return the path of a sample's cassette.

    Raises:
        FileNotFoundError: there is no sample of that name.
    """
    path = _folder() / f"{name}.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"no sample {name!r}; there are {', '.join(sample_names())}")
    return path


@cache
def sample_body(name: str) -> bytes:
    """Return the response body of a sample: the bytes of its stream.

    Raises:
        FileNotFoundError: there is no sample of that name.
    """
    return load(sample_path(name)).interactions[0].response.body


def _folder() -> Path:
    for folder in _FOLDERS:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the sample cassettes are missing: neither {_FOLDERS[0]} nor {_FOLDERS[1]} exists"
    )
