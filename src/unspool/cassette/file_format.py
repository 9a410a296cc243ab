"""The text of a cassette's file: read from YAML or JSON of many recorders, written in Unspool's form.

A body that no longer has its recorded size, because the file was edited, gets a warning with the cause.
"""

from __future__ import annotations

import json as json_text
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from warnings import warn

from pydantic_core import from_json

from unspool.cassette.model import Interaction, Response, header, sizes_fit
from unspool.cassette.other_recorders import to_standard
from unspool.cassette.vcr_format import from_record, to_record
from unspool.cassette.yaml_emit import ESCAPED, yaml_pieces
from unspool.cassette.yaml_reader import DoubtError, read
from unspool.counts import counted
from unspool.errors import CassetteFormatError, CassetteWarning

_VERSION = 1
_RUBY = "http_interactions"
_LISTS = ("interactions", _RUBY)  # the second is the name in Ruby's VCR, betamax and R's vcr
_FIRST_CHARACTER = re.compile(r"\S")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) .*", re.MULTILINE)
_MOST_CHUNKS = 10_000_000


@dataclass(frozen=True)
class Document:
    """The contents of a cassette's file.

    Attributes:
        interactions: in the order of their requests.
        extra: the other keys of the file, such as `metadata`; preserved on writing.
    """

    interactions: tuple[Interaction, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def loads(data: bytes, *, name: str) -> Document:
    """Parse a file's bytes; a blank file is an empty document.

    Args:
        data: JSON if it begins with a brace, else YAML; UTF-8 in either case.
        name: its name in an error's message.

    Raises:
        CassetteFormatError: it isn't a cassette, or is broken or hostile.

    Warns:
        CassetteWarning: a body no longer has its recorded size; the warning names the likely cause.
    """
    try:
        document = _document(_parsed(_without_conflicts(_text(data))))
    except CassetteFormatError as error:
        raise CassetteFormatError(f"{name}: {error}") from error
    for index, interaction in enumerate(document.interactions):
        change = explain_change(interaction.response)
        if change is not None:
            warn(f"{name}: interactions[{index}]: {change}", CassetteWarning, stacklevel=3)
    return document


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CassetteFormatError(
            f"expected UTF-8, got the byte {data[error.start]:#04x} at {error.start:,}: "
            "restore the file from version control, or save it as UTF-8"
        ) from error


def _without_conflicts(text: str) -> str:
    """Check that the text contains no conflict markers: inside quotes YAML would read them as part of a
    body.
    """
    marker = _CONFLICT.search(text) if "<<<<<<< " in text or ">>>>>>> " in text else None
    if marker is None:
        return text
    line = text.count("\n", 0, marker.start()) + 1
    raise CassetteFormatError(
        f"line {line}: a merge left the conflict marker {marker[0][:40]!r} here. Take one side "
        "(git checkout --ours FILE, or --theirs) or resolve the conflict by hand, or record it again"
    )


def _yaml(text: str) -> Any:
    with suppress(DoubtError):
        return read(text)
    from unspool.cassette.yaml_text import parse_yaml  # noqa: PLC0415 - PyYAML is slow to import

    return parse_yaml(text)


def _parsed(text: str) -> Any:
    first = _FIRST_CHARACTER.search(text)
    if first is None or first[0] != "{":
        return _yaml(text)
    try:
        return from_json(text)
    except ValueError as error:
        raise CassetteFormatError(
            f"expected JSON, since it begins with a brace, got an error: {error}; "
            "if the file was cut off or edited by hand, restore it from version control or record it again"
        ) from error


def _document(data: Any) -> Document:
    if data is None:
        return Document()
    if not isinstance(data, Mapping):
        raise CassetteFormatError(f"expected a mapping with the key interactions, got {_shown(data)}")
    name = next((name for name in _LISTS if name in data), None)
    if name is None:
        raise CassetteFormatError(f"expected a mapping with the key interactions, got {_shown(data)}")
    if name == _RUBY and "recorded_with" not in data:
        raise CassetteFormatError(
            f"expected {_RUBY} with recorded_with after it, the last line that Ruby's VCR writes; got none: "
            "was the file cut off? Restore it from version control, or record it again"
        )
    items = data[name] or []
    if not isinstance(items, list):
        raise CassetteFormatError(f"{name}: expected a list, got {_shown(items)}")
    extra = {key: value for key, value in data.items() if key not in {"version", *_LISTS}}
    return Document(tuple(_interactions(items, name)), extra)


def _shown(data: Any) -> str:
    if isinstance(data, list):
        return (
            "a list, as vcrpy wrote before 1.0: run `python -m vcr.migration` on a copy, or record it again"
        )
    if not isinstance(data, Mapping):
        return f"{type(data).__name__}: is this the right file?"
    keys = ", ".join(str(key)[:40] for key in list(data)[:5])
    if "log" in data or "fixtures" in data:
        return f"one with {keys}: make a cassette of it with `unspool convert`"
    return f"one with {keys or 'none'}: is this the right file?"


def _interactions(items: list[Any], name: str) -> Iterator[Interaction]:
    chunks = 0
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise CassetteFormatError(f"{name}[{index}]: expected a mapping, got {type(item).__name__}")
        try:
            interaction = from_record(to_standard(item))
        except CassetteFormatError as error:
            raise CassetteFormatError(f"{name}[{index}].{error}") from error
        timeline = interaction.response.timeline
        chunks += len(timeline.chunks) if timeline else 0
        if chunks > _MOST_CHUNKS:  # a hostile file, whose few bytes would become gigabytes
            raise CassetteFormatError(f"expected at most {_MOST_CHUNKS:,} chunks in all, got more")
        yield interaction


def dumps(document: Document, *, json: bool = False, ascii: bool = False) -> bytes:  # noqa: A002 - as in repr
    """Serialize a document as UTF-8: YAML, or JSON.

    JSON has no bytes: there a body that isn't UTF-8 is `{"base64_string": …}`, which vcrpy can't replay.

    Args:
        document: what the file is to contain.
        json: write JSON.
        ascii: escape every character beyond ASCII, for readers that open files under another locale.

    Raises:
        CassetteFormatError: `extra` contains a value that the format can't.
    """
    return b"".join(pieces(document, json=json, ascii=ascii))


def pieces(document: Document, *, json: bool = False, ascii: bool = False) -> Iterator[bytes]:  # noqa: A002 - as in repr
    """Yield the result of `dumps` piece by piece, so that a large file need not be in memory whole."""
    records = [to_record(interaction) for interaction in document.interactions]
    data = {"version": _VERSION, "interactions": records, **document.extra}
    if json:
        yield _json(data, ascii=ascii)
    else:
        for piece in yaml_pieces(data, ascii=ascii):
            yield piece.encode()


def _json(data: Mapping[str, Any], *, ascii: bool) -> bytes:  # noqa: A002 - as above
    for record in data["interactions"]:
        body = record["response"]["body"]["string"]
        if isinstance(body, bytes):
            record["response"]["body"] = body
    try:
        text = json_text.dumps(data, indent=2, default=_base64, ensure_ascii=ascii)
    except (TypeError, ValueError) as error:
        raise CassetteFormatError(f"expected what JSON can contain: {error}") from error
    return re.sub(ESCAPED, lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


def _base64(value: Any) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} isn't JSON")
    return {"base64_string": b64encode(value).decode("ascii")}


_BLANK_LINE = re.compile(rb"\n\r?\n")
_ADVICE = (
    "Restore the file from version control and keep such tools off cassettes (.gitattributes: "
    "`*.yaml -text`); if the change is meant, delete the line `chunks` beside the body"
)


def explain_change(response: Response) -> str | None:
    """Explain that a body doesn't have its recorded size; None if it has, or if no size was recorded."""
    timeline = response.timeline
    if timeline is None or not timeline.chunks or sizes_fit(response):
        return None
    recorded = sum(chunk.size for chunk in timeline.chunks)
    return (
        f"the response's body has {counted(len(response.body), 'byte', ',')}, {recorded:,} were recorded: "
        f"{_likely_cause(response, recorded)}. {_ADVICE}"
    )


def _likely_cause(response: Response, recorded: int) -> str:
    body, lost = response.body, recorded - len(response.body)
    lines = body.count(b"\n")
    if lost > 0 and _is_stream(response) and not _BLANK_LINE.search(body):
        return "a tool has probably removed its blank lines, which separate the events of a stream"
    if lines and lost == lines and b"\r" not in body:
        return "a tool has probably converted its line endings from CRLF to LF"
    if lines and -lost == body.count(b"\r\n"):
        return "a tool has probably converted its line endings from LF to CRLF"
    if 0 < lost <= max(lines, 1):
        return "a tool has probably collapsed its blank lines or trimmed its end"
    return "someone has edited it, or a tool has"


def _is_stream(response: Response) -> bool:
    return (header(response.headers, "content-type") or "").lower().startswith("text/event-stream")
