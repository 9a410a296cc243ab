"""`unspool convert`: convert a recording of another tool to a cassette, or a cassette to vcrpy's plain
form.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unspool.cassette import store
from unspool.cassette.file_format import Document, dumps, loads
from unspool.cassette.model import Interaction
from unspool.cassette.redact import Redactor
from unspool.convert import convert, lost_in_plain, to_plain
from unspool.errors import CassetteError, CassetteFormatError, CassetteNotFoundError, CassetteWriteError

STDIO = "-"
"""The name of the standard input or output."""


def convert_file(
    source: str,
    target: str,
    *,
    method: str = "POST",
    uri: str | None = None,
    plain: bool = False,
    ascii: bool = False,  # noqa: A002 - as in repr
    force: bool = False,
    redact: bool = True,
    note: Callable[[str], None],
) -> None:
    """Read a recording and write it as a cassette.

    Args:
        source: a file of any kind that `unspool.convert` knows, or `-`.
        target: the cassette, in JSON if its name ends in `.json`; `-` for YAML on the standard output.
        method: the request's, if the recording doesn't contain it.
        uri: the request's, if the recording doesn't contain it.
        plain: write vcrpy's plain form.
        ascii: escape every character beyond ASCII.
        force: replace an existing target.
        redact: redact secrets.
        note: called with each line about data that couldn't be converted.

    Raises:
        CassetteError: the source can't be read or isn't understood; the target exists, or can't be written.
    """
    if not force and target != STDIO and Path(target).exists():
        raise CassetteWriteError(f"{target} is there already: name another file, or replace it by --force")
    document, notes = read_any(_read(source), name=source, method=method, uri=uri)
    interactions = document.interactions
    if plain:
        notes = [*notes, *_lost(interactions)]
        interactions = tuple(_plain(interactions))
    if redact:
        interactions = tuple(map(Redactor().interaction, interactions))
    _write(target, Document(interactions, document.extra), ascii=ascii)
    for line in notes:
        note(line)


def read_any(
    data: bytes, *, name: str, method: str = "POST", uri: str | None = None
) -> tuple[Document, list[str]]:
    """Return the document of a recording or a cassette, and notes on data that couldn't be converted.

    Raises:
        CassetteFormatError: it's in no known format, or broken.
    """
    converted = convert(data, name=name, method=method, uri=uri)
    if converted is None:
        return loads(data, name=name), []
    interactions, notes = converted
    return Document(tuple(interactions), {}), notes


def _read(source: str) -> bytes:
    if source == STDIO:
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except FileNotFoundError as error:
        raise CassetteNotFoundError(f"there is no file {source}") from error
    except OSError as error:
        raise CassetteError(f"can't read {source}: {error.strerror}") from error


def _plain(interactions: Sequence[Interaction]) -> Iterator[Interaction]:
    for index, interaction in enumerate(interactions):
        try:
            yield to_plain(interaction)
        except CassetteFormatError as error:
            raise CassetteFormatError(f"interactions[{index}]: {error}") from error


def _lost(interactions: Sequence[Interaction]) -> Iterator[str]:
    for index, interaction in enumerate(interactions):
        lost = lost_in_plain(interaction)
        if lost is not None:
            yield f"interactions[{index}]: {lost}"


def _write(target: str, document: Document, *, ascii: bool) -> None:  # noqa: A002 - as above
    if target == STDIO:
        sys.stdout.buffer.write(dumps(document, ascii=ascii))
        sys.stdout.buffer.flush()
    else:
        store.write(Path(target), document, ascii=ascii)
