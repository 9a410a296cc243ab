"""Cassettes on disk: read whole, written whole or not at all, and merged where several write one.

Whoever reads sees the old file or the new one, because the new one is written beside it and renamed. A
text that can't be put where it belongs is kept in the system's folder for temporary files, and the error
says where.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from unspool.cassette.atomic import reason, replace_file
from unspool.cassette.file_format import Document, dumps, loads
from unspool.cassette.lock import locked
from unspool.cassette.merging import merged
from unspool.cassette.model import Interaction
from unspool.cassette.names import cassette_path
from unspool.errors import CassetteError, CassetteNotFoundError, CassetteWriteError

__all__ = ["cassette_path", "load", "merge", "write"]

_NOTHING = Document((), {})


def load(path: Path) -> Document:
    """What the file at this path holds.

    Raises:
        CassetteNotFoundError: there is no such file.
        CassetteFormatError: it isn't a cassette, or a broken one.
        CassetteError: it can't be read.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CassetteNotFoundError(
            f"there is no cassette {path}{_nearest(path)}. Record it by running once with record_mode='once'"
            " and the network at hand."
        ) from error
    except IsADirectoryError as error:
        raise CassetteError(f"expected a cassette, got the folder {path}: name a file in it") from error
    except OSError as error:
        raise CassetteError(
            f"can't read the cassette {path}: {error.strerror}. Expected a file that this user can read."
        ) from error
    return loads(data, name=str(path))


def _nearest(path: Path) -> str:
    try:
        names = os.listdir(path.parent)
    except OSError:
        return f" (nor its folder {path.parent})"
    near = get_close_matches(path.name, [name for name in names if not name.startswith(".")], n=1)
    return f"; the nearest name beside it is {near[0]}" if near else ""


def write(path: Path, document: Document, *, ascii: bool = False) -> None:  # noqa: A002 - as in repr
    """Put a document in the place of what stands at this path, whole or not at all.

    It outlasts a crash of the machine. Missing folders are made, a link's target is replaced and not the
    link, and a file that was there passes on its mode bits. JSON if the name ends in `.json`, else YAML.

    Raises:
        CassetteWriteError: it can't be written. What stood there still does, and the message says where
            the document is kept instead.
    """
    try:
        replace_file(path, _text(path, document, ascii=ascii))
    except OSError as error:
        raise _not_written(path, document, reason(error)) from error


def _text(path: Path, document: Document, *, ascii: bool = False) -> bytes:  # noqa: A002 - as above
    return dumps(document, json=path.suffix.lower() == ".json", ascii=ascii)


def _not_written(path: Path, document: Document, why: str) -> CassetteWriteError:
    return CassetteWriteError(
        f"can't write the cassette {path}: {why} What stood there before still does. {_keep(path, document)}"
    )


def _keep(path: Path, document: Document) -> str:
    """Save a document that has no place from being lost, and say where it is."""
    kept = None
    try:
        descriptor, kept = tempfile.mkstemp(prefix=f"{path.stem[:40]}-", suffix=path.suffix[:5])
        with open(descriptor, "wb") as file:
            file.write(_text(path, document))
    except OSError as error:
        if kept is not None:
            Path(kept).unlink(missing_ok=True)
        return f"What was to be written couldn't be kept among the temporary files either: {error}."
    return f"What was to be written is kept in {kept}."


def _none(_interaction: Interaction) -> bool:
    return False


def merge(
    path: Path,
    *,
    base: Document | None,
    added: Sequence[Interaction],
    dropped: Callable[[Interaction], bool] = _none,
    extra: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> Document:
    """Bring one writer's changes into the file at this path, whatever others have written meanwhile.

    The file then holds what it held, without those of `base` that are dropped; after the last one of
    `base` come the new ones, those of others and `added`, in the order in which they were recorded, so
    far as each writer's own order allows. What another has added is never dropped. Where nothing changes,
    the file isn't touched.

    Args:
        path: the cassette.
        base: what it held when this writer read it; None if it wasn't there.
        added: what this writer has recorded, in the order in which it was issued.
        dropped: which interactions of `base` are to go.
        extra: makes the file's other keys from those that it has.

    Returns:
        What the file holds now.

    Raises:
        CassetteWriteError: it can't be written, or what is there can't be read. That still stands as it
            did, and the message says where the interactions are kept instead.
    """
    with _locked_document(path, added) as current:
        found = () if current is None else current.interactions
        known = () if base is None else base.interactions
        before = (current or base or _NOTHING).extra
        interactions = tuple(merged(found, base=known, added=added, dropped=dropped))
        document = Document(interactions, extra(before))
        if interactions != found or document.extra != before:
            write(path, document)
        return document


@contextmanager
def _locked_document(path: Path, added: Sequence[Interaction]) -> Iterator[Document | None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path))
            document = _load_if_there(path)
        except CassetteError as error:
            kept = _keep(path, Document(tuple(added), {}))
            raise CassetteWriteError(f"{error} Nothing was written there. {kept}") from error
        yield document


def _load_if_there(path: Path) -> Document | None:
    try:
        return load(path)
    except CassetteNotFoundError:
        return None
