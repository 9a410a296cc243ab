"""`unspool why`: explain why a request matches no recording, and what would make it match."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from unspool.cassette.difference import explain_miss, nearest
from unspool.cassette.match import Matching
from unspool.cassette.model import Interaction, Request
from unspool.cassette.redact import Redactor
from unspool.cassette.store import load
from unspool.commands import terminal
from unspool.commands.serve import add_matching
from unspool.errors import UnspoolError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Explain why a request matches no recording of a cassette, and which rules would make it match. Exits"
        " with 0 if one matches, with 1 if none does."
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a cassette")
    parser.add_argument(
        "request",
        metavar="REQUEST.json",
        help="the request: an object with url, and method, headers and body; or its body alone, for the"
        " first recording's URL; - for the standard input",
    )
    add_matching(parser)
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    interactions = load(options.file).interactions
    try:
        matching = Matching(ignore=tuple(options.ignore), match=tuple(options.match))
    except ValueError as error:
        raise UnspoolError(str(error)) from error
    request = Redactor().request(_request(options.request, interactions))
    index = _matching_index(request, interactions, matching)
    if options.json:
        terminal.print_json(_plain(request, interactions, matching, index))
    elif index is not None:
        print(f"{options.file}: interactions[{index}] answers {request.method} {request.uri}")
    else:
        unplayed = [0] * len(interactions)
        print(
            explain_miss(
                request, interactions, unplayed, matching, path=str(options.file), record_mode="none"
            )
        )
    return 0 if index is not None else 1


def _matching_index(request: Request, interactions: Sequence[Interaction], matching: Matching) -> int | None:
    key = matching.key(request)
    return next((index for index, one in enumerate(interactions) if matching.key(one.request) == key), None)


def _plain(
    request: Request, interactions: Sequence[Interaction], matching: Matching, index: int | None
) -> dict[str, Any]:
    found = None if index is not None else nearest(interactions, request, matching)
    near, places = (None, []) if found is None else (interactions.index(found[0]), found[1])
    return {
        "matches": index,
        "nearest": near,
        "differences": [{"where": one.where, "recorded": one.recorded, "came": one.came} for one in places],
    }


def _request(name: str, interactions: Sequence[Interaction]) -> Request:
    """Read the request from a file.

    Raises:
        UnspoolError: it isn't one.
    """
    try:
        data = sys.stdin.buffer.read() if name == terminal.STDIO else Path(name).read_bytes()
    except FileNotFoundError as error:
        raise UnspoolError(f"there is no file {name}") from error
    try:
        given = from_json(data)
    except ValueError as error:
        raise UnspoolError(f"{name}: expected a request as JSON, got something else: {error}") from error
    if not isinstance(given, dict):
        raise UnspoolError(f"{name}: expected a request as a JSON object, got {type(given).__name__}")
    url = given.get("url") or given.get("uri")
    if url is not None:
        body = given.get("body", b"")
        encoded = body.encode() if isinstance(body, str) else to_json(body) if body else b""
        headers = tuple((str(key), str(value)) for key, value in dict(given.get("headers") or {}).items())
        return Request(str(given.get("method", "POST")).upper(), str(url), headers, encoded)
    if not interactions:
        raise UnspoolError(f"{name}: expected an object with url, because the cassette is empty")
    first = interactions[0].request
    return Request(first.method, first.uri, (("content-type", "application/json"),), data)
