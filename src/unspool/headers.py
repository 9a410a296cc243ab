"""HTTP header lines: pairs of name and value, in the order in which they were sent.

A name may be in any case and may occur several times. The functions here take names in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

Headers = tuple[tuple[str, str], ...]
"""Names as they were sent, in order; a name may come twice."""


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the first value of a header; None if there is no such header."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def values_of(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    """Return the values of all lines of one name."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


def tokens_of(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    """Return the comma-separated words of all lines of one name, in lower case: `Connection: close, TE`."""
    words = ",".join(values_of(headers, name)).lower().split(",")
    return [token for word in words if (token := word.strip())]


def media_type(headers: Iterable[tuple[str, str]]) -> str:
    """Return the content type without its parameters, in lower case; empty if there is none."""
    return (header(headers, "content-type") or "").partition(";")[0].strip().lower()


def only(headers: Iterable[tuple[str, str]], names: Collection[str]) -> Headers:
    """Keep the lines of these names, which are in lower case."""
    return tuple([pair for pair in headers if pair[0].lower() in names])


def without(headers: Iterable[tuple[str, str]], names: str | Collection[str]) -> Headers:
    """Leave out the lines of one name, or of several, which are in lower case."""
    left_out = {names.lower()} if isinstance(names, str) else names
    return tuple([pair for pair in headers if pair[0].lower() not in left_out])


def grouped(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values by name, as vcrpy writes responses: `Vary` and `vary` stay two names."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return one value for each name, spelled as in its first line; commas stand between several."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return {name: ", ".join(several) for name, several in values.items()}
