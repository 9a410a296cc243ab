"""Convert any name, such as a test's id, to a file name that every system accepts."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from unspool.errors import CassetteError

SUFFIXES = (".yaml", ".yml", ".json")

# Files beside a cassette have its name and some more, and 255 bytes are the most that a file system takes.
_MOST_BYTES = 200
_DIGEST_DIGITS = 16

_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_FORBIDDEN = re.compile(r"""[<>?%*:|"'\\\x00-\x1f\x7f-\x9f]""")
_DROPPED_BY_WINDOWS = re.compile(r"[. ]+\Z")
_DEVICE_OF_WINDOWS = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE
)


def cassette_path(folder: Path, name: str) -> Path:
    """Return the path of a cassette by its name: always inside the folder.

    Each slash separates folders, except after the `::` of a test's id. Characters that some system forbids
    become `-`, and `.yaml` is added to a name without `.yaml`, `.yml` or `.json`.

    Raises:
        CassetteError: the name is empty or absolute, or has a `..` in it.
    """
    if _ABSOLUTE.match(name):
        raise CassetteError(f"expected a cassette's name inside {folder}, got the absolute {name!r}")
    module, mark, test = name.encode("utf-8", "replace").decode("utf-8").partition("::")
    parts = [part for part in (module + mark + test.replace("/", "-")).split("/") if part not in {"", "."}]
    if ".." in parts:
        raise CassetteError(f"expected a cassette's name inside {folder}, got {name!r}, whose '..' leads out")
    if not parts:
        raise CassetteError(f"expected a cassette's name, got {name!r}")
    if not parts[-1].lower().endswith(SUFFIXES):
        parts[-1] += SUFFIXES[0]
    return folder.joinpath(*map(_safe, parts))


def _safe(part: str) -> str:
    part = _FORBIDDEN.sub("-", part)
    part = _DROPPED_BY_WINDOWS.sub("-", part)
    return shortened(f"_{part}" if _DEVICE_OF_WINDOWS.match(part) else part)


def shortened(name: str) -> str:
    """Shorten a file's name: keep its end, and replace the excess by a digest."""
    data = os.fsencode(name)
    if len(data) <= _MOST_BYTES:
        return name
    stem, suffix = os.path.splitext(name)
    suffix = suffix if suffix.lower() in SUFFIXES else ""
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_DIGITS]
    room = _MOST_BYTES - len(digest) - len(suffix) - 1
    return f"{os.fsencode(stem)[:room].decode('utf-8', 'ignore')}-{digest}{suffix}"


def side_file(path: Path, suffix: str) -> Path:
    """Return a unique hidden file beside a cassette: `.{name}.{process}-{random}{suffix}`."""
    return path.with_name(f".{shortened(path.name)}.{os.getpid()}-{secrets.token_hex(4)}{suffix}")


def side_file_pattern(path: Path, suffix: str) -> re.Pattern[str]:
    """Return the pattern of the names of a cassette's side files."""
    return re.compile(rf"\.{re.escape(shortened(path.name))}\.\d+-[0-9a-f]+{re.escape(suffix)}")


_SIDE_FILE = re.compile(r"\.(.+)\.\d+-[0-9a-f]+\.\w+")


def owner_of(side: Path) -> Path | None:
    """Return the cassette whose side file this is; None if the name isn't one's."""
    found = _SIDE_FILE.fullmatch(side.name)
    return None if found is None else side.with_name(found[1])
