"""Nothing that a stream says is dropped in silence: each path of its JSON lands in the chunks, or there is a
reason why not. The tables are in `tests/conformance/paths`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.corpus import WIRE_FORMATS, RecordedStream, read_corpus, read_samples
from tests.conformance.json_paths import leaves, table_of, values_at
from tests.conformance.reading import settle_reason
from tests.conformance.runs import Run, read_raw, run_normalizer, run_wrapper

FORMATS = sorted(set(WIRE_FORMATS.values()))

EMPTY: tuple[Any, ...] = (None, "", [], {})

WITHHELD = {
    "choices[].delta.role": "each choice says it once",
    "choices[].delta.token_id": "a finish chunk has an empty delta",
    "choices[].finish_reason": "each choice finishes once",
    "choices[].native_finish_reason": "it goes with the finish reason that isn't repeated",
    "created": "it is the time of the wrapper's first chunk",
    "id": "it is the first one throughout",
    "model": "it is the one that was asked for; the provider's is in the hidden params",
    "obfuscation": "random text that hides a chunk's length; it goes with a chunk that says nothing",
    "object": "it is OpenAI's word, whatever a server calls it",
    "p": "random text that hides a chunk's length; it goes with a chunk that says nothing",
    "system_fingerprint": "it goes with a chunk that says nothing, and the next one repeats it",
    "timings": "the last report is shown",
    "usage": "the last report is shown",
}
"""What the wrapper changes or holds back of what the normalizer gives, and why it may."""


@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_format_that_is_read_has_a_table(wire_format: str) -> None:
    assert table_of(wire_format).entries


def test_every_path_lands_or_is_left_out(stream: RecordedStream) -> None:
    table = table_of(stream.wire_format)
    counts = {key: len(table.find(key)) for key, _, _ in said_in(stream)}
    assert [key for key, count in counts.items() if count == 0] == [], "in neither table"
    assert [key for key, count in counts.items() if count > 1] == [], "in more than one line"


def test_what_is_said_to_be_always_empty_is(stream: RecordedStream) -> None:
    table = table_of(stream.wire_format)
    full = [
        (key, value)
        for key, _, value in said_in(stream)
        for entry, _ in table.find(key)
        if entry.reason.startswith("always empty") and value not in EMPTY
    ]
    assert full == []


def test_what_lands_is_where_the_table_says(stream: RecordedStream) -> None:
    missing = list(missing_from(stream, run_normalizer(stream)))
    assert missing == []


def test_the_wrapper_drops_nothing_of_it_either(stream: RecordedStream) -> None:
    missing = missing_from(stream, run_wrapper(stream))
    dropped = [(key, where, value) for key, where, value in missing if not any(map(is_withheld, where))]
    assert dropped == []


@pytest.mark.parametrize("wire_format", FORMATS)
def test_no_line_of_a_table_is_idle(streams: Path, wire_format: str) -> None:
    table = table_of(wire_format)
    known = [*read_corpus(streams), *read_samples()]
    of_format = (stream for stream in known if stream.wire_format == wire_format)
    keys = {key for stream in of_format for key, _, _ in said_in(stream)}
    used = {entry.key for key in keys for entry, _ in table.find(key)}
    assert {entry.key for entry in table.entries} - used == set()


@lru_cache(maxsize=8)
def said_in(stream: RecordedStream) -> list[tuple[str, str, Any]]:
    """What a stream says, each thing once: the table's key, the path, the value."""
    table = table_of(stream.wire_format)
    said: dict[tuple[str, str], tuple[str, str, Any]] = {}
    for event in read_raw(stream).objects:
        for path, value in leaves(event):
            key = table.key(event, path)
            said.setdefault((key, repr(value)), (key, path, value))
    return list(said.values())


def missing_from(stream: RecordedStream, run: Run) -> Iterator[tuple[str, list[str], Any]]:
    """What should land in a run's chunks and isn't there: the table's key, the landings, the value."""
    table = table_of(stream.wire_format)
    landed = Landed(run)
    for key, path, value in said_in(stream):
        for entry, below in table.find(key):
            if entry.landing is None or landed.has(f"raised.{path}", value):
                continue
            where = entry.landings(path, below)
            if not any(landed.has(each, value) for each in where):
                yield key, where, value


def is_withheld(landing: str) -> bool:
    return landing in WITHHELD or landing.partition(".")[0] in WITHHELD


class Landed:
    """What the chunks of a run hold, and its error, by path."""

    def __init__(self, run: Run) -> None:
        raised = {"raised": getattr(run.error, "body", None)}
        self._holders = [*(chunk.model_dump() for chunk in run.chunks), raised]
        self._found: dict[str, tuple[list[Any], str]] = {}

    def has(self, path: str, value: Any) -> bool:
        """Whether a value is at a path: itself, as a part of the text there, or in OpenAI's words."""
        if says_nothing(value, path):
            return True
        values, text = self._at(path)
        return value in values or any(word in text for word in spellings(value))

    def _at(self, path: str) -> tuple[list[Any], str]:
        """All that is at a path, and the same as one text."""
        if path not in self._found:
            values = values_at(self._holders, path)
            self._found[path] = values, "".join(map(as_text, values))
        return self._found[path]


def says_nothing(value: Any, path: str) -> bool:
    """Whether a value is as good as none: something empty, or a count of 0."""
    return value in EMPTY or (value == 0 and path.startswith("usage"))


def spellings(value: Any) -> tuple[str, ...]:
    """How a value may be written in a text: as it is, inside of JSON, as JSON with other spaces."""
    if not isinstance(value, str):
        return (json.dumps(value),)
    quoted = (json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    return value, *quoted, respaced(value), settle_reason(value)


def respaced(value: str) -> str:
    try:
        return json.dumps(json.loads(value), ensure_ascii=False)
    except ValueError:
        return value


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
