"""`unspool redact`: redact secrets in existing cassettes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from unspool.cassette import store
from unspool.cassette.content_coding import decoded
from unspool.cassette.difference import printable
from unspool.cassette.known_values import KnownValues, environment_values, sent_values
from unspool.cassette.lock import locked
from unspool.cassette.model import Interaction, Response
from unspool.cassette.redact import Redactor
from unspool.commands import terminal
from unspool.errors import CassetteFormatError
from unspool.headers import Headers, without

_FOLLOW_THE_BODY = {"content-encoding", "content-length"}


def redact_file(path: Path, *, check: bool = False, say: Callable[[str], None]) -> bool:
    """Redact the secrets in a cassette, and leave the rest unchanged.

    Args:
        path: the cassette. Without secrets, it isn't written.
        check: only report secrets.
        say: called with a line for each interaction that contains secrets: their kinds and places.

    Returns:
        Whether there were any.

    Raises:
        CassetteError: it can't be read or written, or isn't a cassette.
    """
    known = KnownValues()
    known.add(environment_values(os.environ))
    redactor = Redactor().knowing(known)
    with nullcontext() if check else locked(path):
        document = store.load(path)
        for interaction in document.interactions:
            known.add(sent_values(interaction.request, redactor.names))
        clean = tuple(map(redactor.interaction, document.interactions))
        if clean == document.interactions:
            return False
        if not check:
            store.write(path, replace(document, interactions=clean))
    for index, pair in enumerate(zip(document.interactions, clean, strict=True)):
        found = ", ".join(_places(*pair, redactor))
        if found:
            say(printable(f"{path}: interactions[{index}]: {found}"))
    return True


def _places(found: Interaction, clean: Interaction, redactor: Redactor) -> Iterator[str]:
    """Return where the two differ, and the kind of secret, but not the secret itself."""
    if found == clean:
        return
    places: list[tuple[str, str | bytes, str | bytes | None]] = [
        ("request URI", found.request.uri, clean.request.uri),
        *_headers("request", found.request.headers, clean.request.headers),
        ("request body", found.request.body, clean.request.body),
        *_headers("response", found.response.headers, clean.response.headers),
        ("response body", _body(found.response), _body(clean.response)),
    ]
    named = (_named(place, before, redactor) for place, before, after in places if before != after)
    yield from dict.fromkeys(named) or ["elsewhere"]


def _headers(side: str, found: Headers, clean: Headers) -> Iterator[tuple[str, str, str | None]]:
    kept = set(clean)
    for name, value in without(found, _FOLLOW_THE_BODY):
        if (name, value) not in kept:
            yield f"{side} header {name}", value, None


def _body(response: Response) -> bytes:
    try:
        return decoded(response).body
    except CassetteFormatError:
        return response.body


def _named(place: str, value: str | bytes, redactor: Redactor) -> str:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    kinds = dict.fromkeys(kind for kind, _ in redactor.secrets_in(data))
    return f"{place} ({', '.join(kinds)})" if kinds else place


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a cassette, or a folder of them")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if there are any")
    parser.add_argument("--dry-run", action="store_true", help="change nothing; say what would be redacted")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    files: list[dict[str, object]] = []

    def redact_one(path: Path) -> bool:
        found: list[str] = []
        keep = options.check or options.dry_run
        any_found = redact_file(path, check=keep, say=found.append if options.json else print)
        files.append({"file": str(path), "secrets": found, "changed": any_found and not keep})
        return not any_found or not options.check

    paths = terminal.cassettes_of(options.files)
    status = terminal.for_each(terminal.with_progress(paths), redact_one)
    if options.json:
        terminal.print_json({"files": files})
    return status
