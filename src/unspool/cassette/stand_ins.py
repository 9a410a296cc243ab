"""Stand-ins for secrets, with which the application that reads them still works."""

from __future__ import annotations

import json
import re
from base64 import b64decode, urlsafe_b64encode
from enum import Enum

REDACTED = "REDACTED"
"""The text in a secret's place; in responses it's cut, or filled up with `*`, to the secret's length."""


class Alphabet(Enum):
    """The characters that are allowed in place of a secret."""

    ANY = "any"
    BASE64 = "base64"
    HEX = "hex"
    NUMBER = "number"


_MARK = REDACTED.encode()
_JWT = re.compile(rb"(eyJ[\w-]+)\.([\w-]+)\.([\w-]*)")
_STANDS_IN = re.compile(rb"[\w.+/-]{0,24}?REDACTED(?:\*+|0+|_+)?")
_TIMES = ("exp", "iat", "nbf")  # an application may check whether its token has expired

_ATTRIBUTES = frozenset(
    {"path", "domain", "expires", "max-age", "secure", "httponly", "samesite", "priority", "partitioned"}
)


def same_length(secret: bytes, alphabet: Alphabet = Alphabet.ANY, *, keep: int = 0) -> bytes:
    """Return a text of the secret's length that an application can go on with.

    A JWT keeps its header, and its other two parts can be parsed; a number stays a number.

    Args:
        secret: the secret.
        alphabet: the allowed characters.
        keep: the bytes of its prefix that stay.
    """
    size = len(secret)
    if alphabet is Alphabet.HEX:
        return b"0" * size
    if alphabet is Alphabet.NUMBER:
        return b"9" * size
    if alphabet is Alphabet.BASE64:
        return padded(size, b"0")
    token = _JWT.fullmatch(secret)
    if token is not None and (stand_in := _token(token)) is not None:
        return stand_in
    return secret[:keep] + padded(size - keep)


def padded(size: int, fill: bytes = b"*") -> bytes:
    """`REDACTED` in that many bytes."""
    return _MARK.ljust(size, fill)[:size]


def is_stand_in(data: bytes) -> bool:
    """Whether a text is a stand-in already."""
    if data == padded(len(data)) or _STANDS_IN.fullmatch(data):
        return True
    token = _JWT.fullmatch(data)
    return token is not None and token[3] == padded(len(token[3]), b"_")


def _token(token: re.Match[bytes]) -> bytes | None:
    """A JWT with the same header, no claims but its times, and no signature; None if it can't be made."""
    payload = _payload(token[2])
    if payload is None:
        return None
    return b".".join((token[1], payload, padded(len(token[3]), b"_")))


def _payload(part: bytes) -> bytes | None:
    size = len(part) * 3 // 4
    if len(part) % 4 == 1 or size < 2:
        return None
    try:
        claims = json.loads(b64decode(part + b"=" * (-len(part) % 4), b"-_"))
    except ValueError:
        claims = None
    kept = {name: claims[name] for name in _TIMES if name in claims} if isinstance(claims, dict) else {}
    for candidate in ({**kept, "sub": REDACTED}, kept, {}):
        text = json.dumps(candidate, separators=(",", ":")).encode()
        if len(text) <= size:
            return urlsafe_b64encode(text.ljust(size)).rstrip(b"=")
    return None


def cookies(value: str) -> str:
    """Return a Cookie or Set-Cookie header with its names and attributes, without its values."""
    return ";".join(map(_pair, value.split(";"))) if "=" in value else REDACTED


def _pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if name.strip().lower() in _ATTRIBUTES:
        return pair
    return f"{name}={REDACTED}" if equals else REDACTED
