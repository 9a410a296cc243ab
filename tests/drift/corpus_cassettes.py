"""Cassettes made of a folder of recorded streams, whose form `tests/conformance/conftest.py` describes."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.corpus import RecordedStream, read_corpus

from unspool.cassette.file_format import Document
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.store import write


def write_cassettes(streams: Path, folder: Path) -> dict[str, RecordedStream]:
    """Write a cassette for each stream; return the streams by their cassettes' names."""
    written = {}
    for number, stream in enumerate(read_corpus(streams)):
        path = folder / f"{number:04}.json"
        write(path, Document((_interaction(stream),), {}))
        written[path.name] = stream
    return written


def _interaction(stream: RecordedStream) -> Interaction:
    known = stream.saved("meta.json")
    asked = known.get("request") or {}
    request = Request(asked.get("method") or "POST", asked.get("uri") or "")
    headers = (("content-type", known.get("content_type") or "text/event-stream"),)
    return Interaction(request, Response(known.get("status") or 200, headers=headers, body=stream.body))
