"""`unspool convert`: convert a recording of another tool to a cassette, or a cassette to vcrpy's plain
form.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unspool.cassette import store
from unspool.cassette.file_format import Document, dumps, loads
from unspool.cassette.model import Interaction
from unspool.cassette.names import SUFFIXES
from unspool.cassette.redact import Redactor
from unspool.commands import terminal
from unspool.commands.terminal import STDIO
from unspool.convert import convert, lost_in_plain, to_plain
from unspool.errors import CassetteError, CassetteFormatError, CassetteNotFoundError, CassetteWriteError


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
    dry_run: bool = False,
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
        dry_run: convert, but write nothing.
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
    if not dry_run:
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


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make a cassette of a HAR file, of aimock's fixtures, of a dump by `curl -N -i`, or of another"
        " cassette. Of a folder, each file is converted into a file of the folder OUT. Secrets are redacted."
    )
    parser.add_argument("source", metavar="IN", help="the file or folder to read; - for the standard input")
    parser.add_argument(
        "target",
        metavar="OUT",
        help="the cassette to write, in JSON if its name ends in .json; - for YAML on the standard output",
    )
    parser.add_argument("--plain", action="store_true", help="bodies decoded and no times: vcrpy's own form")
    parser.add_argument(
        "--ascii",
        action="store_true",
        help="escape every character beyond ASCII, for a vcrpy under a locale that isn't UTF-8",
    )
    parser.add_argument("--uri", help="the request's URL: for dumps and fixtures, which don't contain it")
    parser.add_argument("--method", default="POST", help="the request's method: for dumps (default: POST)")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--keep-secrets", action="store_true", help="redact no secrets")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; say what would be written")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    pairs = list(_pairs(options.source, options.target))
    done: list[dict[str, object]] = []

    def convert_one(source: Path) -> bool:
        target = dict(pairs)[str(source)]
        done.append(_converted(str(source), target, options))
        return True

    if pairs == [(options.source, options.target)]:
        done.append(_converted(options.source, options.target, options))
        status = 0
    else:
        files = [Path(source) for source, _ in pairs]
        status = terminal.for_each(terminal.with_progress(files), convert_one)
    if options.json:
        terminal.print_json({"files": done})
    return status


def _pairs(source: str, target: str) -> Iterator[tuple[str, str]]:
    """Yield what is read and what is written for it; a folder's files keep their places and names."""
    folder = Path(source)
    if source == STDIO or not folder.is_dir():
        yield source, target
        return
    if target == STDIO or (Path(target).exists() and not Path(target).is_dir()):
        raise CassetteWriteError(f"expected a folder to write the files of {source} to, got {target}")
    files = sorted(one for one in folder.rglob("*") if one.is_file() and not one.name.startswith("."))
    if not files:
        raise CassetteNotFoundError(f"there is no file in the folder {source}")
    for file in files:
        into = Path(target, file.relative_to(folder))
        yield str(file), str(into if into.suffix.lower() in SUFFIXES else into.with_suffix(".yaml"))


def _converted(source: str, target: str, options: argparse.Namespace) -> dict[str, object]:
    notes: list[str] = []
    if target != STDIO and not options.dry_run:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
    convert_file(
        source,
        target,
        method=options.method,
        uri=options.uri,
        plain=options.plain,
        ascii=options.ascii,
        force=options.force,
        redact=not options.keep_secrets,
        dry_run=options.dry_run,
        note=notes.append,
    )
    if not options.json:
        for note in notes:
            terminal.complain(note)
    if options.dry_run and not options.json:
        print(f"{source}: would be written to {target}")
    return {"source": source, "target": target, "written": not options.dry_run, "notes": notes}
