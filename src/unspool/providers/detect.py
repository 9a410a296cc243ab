"""Whose an HTTP exchange is, and in which wire format, by nothing but its URL and its content type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, parse_qs, urlsplit

from unspool.providers import FORMATS
from unspool.providers.registry import PROVIDERS, Provider

_EVENTS = "text/event-stream"


def format_of_exchange(url: str, content_type: str | None = None) -> str | None:
    """Return the wire format of a URL's responses; None if no known provider has a chat there.

    A server on an address of its own is known by its path. The name may be of a format that is not, or
    not yet, in `FORMATS`.

    Args:
        url: the request's, whole or only its path.
        content_type: the response's; without one Google is asked for events by `alt=sse`.
    """
    parts = _split(url)
    path = parts.path.rstrip("/") or ("/" if parts.netloc else "")
    provider = _at(parts)
    found = (_ending(PROVIDERS[provider].paths, path) if provider else None) or _format_at(path)
    known = FORMATS.get(found) if found else None
    if known is None:
        return found
    if _is_events(parts, content_type):
        return known.as_events or found
    return None if known.only_events else found


def provider_at(url: str) -> str | None:
    """The provider whose server this is, by LiteLLM's name; None if it isn't one of `PROVIDERS`."""
    return _at(_split(url))


def _at(parts: SplitResult) -> str | None:
    return next((name for name, provider in PROVIDERS.items() if _lives_at(provider, parts)), None)


def _lives_at(provider: Provider, parts: SplitResult) -> bool:
    host, own = parts.hostname or "", urlsplit(provider.base_url or "")
    if host and host == own.hostname:
        return _port(parts) == _port(own)
    return any(fnmatchcase(host, pattern) for pattern in provider.hosts)


def _port(parts: SplitResult) -> int | None:
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _format_at(path: str) -> str | None:
    return next((name for name, known in FORMATS.items() if _ends_in(path, known.paths)), None)


def _ends_in(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(path, f"*{pattern}") for pattern in patterns)


def _ending(paths: Mapping[str, str], path: str) -> str | None:
    return next((paths[pattern] for pattern in paths if _ends_in(path, (pattern,))), None)


def _is_events(parts: SplitResult, content_type: str | None) -> bool:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return media_type == _EVENTS or (not media_type and parse_qs(parts.query).get("alt") == ["sse"])


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # which is read, and found wanting, only now
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts
