"""Convert recordings of other tools to interactions: HAR files, aimock's fixtures, plain dumps of a stream.

`convert` detects the format; `to_plain` is the reverse, to vcrpy's plain form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from unspool.cassette.model import Interaction
from unspool.convert.aimock import OPENAI_CHAT, from_aimock
from unspool.convert.har import from_har
from unspool.convert.plain import lost_in_plain, to_plain
from unspool.convert.sse_dump import from_sse, is_dump
from unspool.errors import CassetteFormatError

__all__ = ["convert", "from_aimock", "from_har", "from_sse", "lost_in_plain", "to_plain"]

_CASSETTE_KEYS = {"interactions", "http_interactions"}
_BOM = b"\xef\xbb\xbf"
_CASSETTE_LINE = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?(?:http_)?interactions[\"']?[ \t]*:", re.MULTILINE)

_TOML_LIST = re.compile(rb"^(?:\xef\xbb\xbf)?\[\[interactions\]\]", re.MULTILINE)
_UNREADABLE = {
    "this is a configuration of aimock's server, not recordings: name the file of fixtures that it loads, "
    "with `fixtures` at its top": {"llm", "mcp", "a2a", "agui", "vector", "services"},
    "this is a collection of Postman's requests, without their responses: export a HAR instead": {"item"},
}


def convert(
    data: bytes, *, name: str, method: str = "POST", uri: str | None = None
) -> tuple[list[Interaction], list[str]] | None:
    """Return the interactions of a foreign recording, and notes on data that couldn't be converted.

    Args:
        data: the whole file.
        name: its name in an error's message.
        method: the request's, for a dump, which doesn't contain it.
        uri: the request's, for a dump and for fixtures, which don't contain it.

    Returns:
        None if this is no foreign recording but a cassette, for `cassette.file_format` to read.

    Raises:
        CassetteFormatError: it's in no known format, or violates its own.
    """
    if _TOML_LIST.search(data):
        raise CassetteFormatError(
            f"{name}: this is a cassette of cassetter's in TOML: `cassetter convert` makes YAML of it, "
            "which Unspool reads"
        )
    if data.removeprefix(_BOM).lstrip()[:1] in {b"{", b"["}:
        return _convert_json(_parsed(data, name), name, uri)
    if is_dump(data):
        return _convert_dump(data, method, uri)
    if _CASSETTE_LINE.search(data):
        return None
    raise _unknown(name, f"{data[:60]!r}" if data else "an empty file")


def _parsed(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise CassetteFormatError(
            f"{name} begins like JSON, but it can't be read: {error}. Is the file whole?"
        ) from error


def _finite(number: str) -> float:
    """Return the number; reject infinity and NaN, which Python's JSON parser accepts."""
    value = float(number)
    if not isfinite(value):
        raise ValueError(f"{number} is no number")
    return value


def _convert_json(parsed: Any, name: str, uri: str | None) -> tuple[list[Interaction], list[str]] | None:
    fields = parsed.keys() if isinstance(parsed, Mapping) else set()
    if not fields.isdisjoint(_CASSETTE_KEYS):
        return None
    if "log" in fields:
        return from_har(parsed)
    if "fixtures" in fields or _is_list_of_fixtures(parsed):
        return from_aimock(parsed, uri=uri or OPENAI_CHAT)
    tool = next((name for name, keys in _UNREADABLE.items() if not fields.isdisjoint(keys)), None)
    if tool is not None:
        raise CassetteFormatError(f"{name}: {tool}")
    what = f"a JSON object with {', '.join(map(repr, fields))}" if fields else f"{parsed!r}"
    raise _unknown(name, what[:100])


def _is_list_of_fixtures(parsed: Any) -> bool:
    return (
        isinstance(parsed, list) and bool(parsed) and isinstance(parsed[0], Mapping) and "match" in parsed[0]
    )


def _convert_dump(data: bytes, method: str, uri: str | None) -> tuple[list[Interaction], list[str]]:
    interaction = from_sse(data, method=method, uri=uri)
    notes = ["a dump doesn't contain its request: replay it with match_on=['method', 'uri']"]
    if uri is None:
        notes.append(
            f"that it came from {interaction.request.uri} is a guess by its events: if not, say --uri"
        )
    return [interaction], notes


def _unknown(name: str, what: str) -> CassetteFormatError:
    return CassetteFormatError(
        f'{name}: expected a HAR ({{"log": …}}), aimock\'s fixtures ({{"fixtures": …}}), a cassette '
        f"(interactions: …) or a dump of server-sent events (data: …); got {what}"
    )
