"""Credentials that are known by their value: those that the client sent, and those of its environment.

Such a value is searched for in every form in which it may occur: raw, quoted for a URL, escaped for
JSON, in base64 at any alignment, in hexadecimal digits.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from itertools import product
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from unspool.cassette.model import Request
from unspool.cassette.secret_names import SecretNames, looks_like_words
from unspool.cassette.stand_ins import REDACTED, Alphabet

SHORTEST = 16
"""The minimum size of a value to search for, in bytes; a shorter one is redacted only in its own place."""

_AUTH_HEADERS = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "proxy-authorization",
        "x-amz-security-token",
        "x-api-key",
        "x-functions-key",
        "x-goog-api-key",
    }
)
# Headers of gateways and proxies: `helicone-auth`, `modal-key`, `cf-access-client-secret`.
_AUTH_HEADER = re.compile(
    r"(?:.*[-_])?(?:auth[nz]?|authentication|authorization|api-?key|key|token|secret|password|credentials?|jwt)"
    r"(?:[-_](?:id|value|v?[0-9]+))?"
)
_NO_AUTH_HEADER = re.compile(
    r".*(?:idempoten|cache|websocket|surrogate|partition|correlation|trace|dedup|public|csrf-param).*"
)
_SCHEMES = re.compile(r"(?i)\s*(?:bearer|basic|token|api-?key|key)\s+")
_BETWEEN_PARTS = re.compile(r"[\s,;\"']+")
_VARIABLE = re.compile(
    r"(?i)(?:.*_)?(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIALS?|DSN|DATABASE_URL"
    r"|CONNECTION_STRING|PAT)(?:_?[0-9]+)?"
)
_MODEL = re.compile(
    r"(?i)(?:[\w.-]+[/:])*(?:[a-z]{2}\.)?(?:anthropic|meta|amazon|cohere|mistral|ai21|openai|google)?\.?"
    r"(?:gpt|chatgpt|o[1-9]|claude|gemini|gemma|llama|codellama|mistral|mixtral|codestral|magistral|ministral|command"
    r"|qwen|qwq|deepseek|grok|phi|nova|titan|sonar|jamba|jurassic|text-embedding|embed|whisper|dall-e|tts|kimi"
    r"|glm|yi|granite|nemotron|hermes|dbrx|solar|pixtral)[-_.:\w]*"
)
# A key named like a model (`deepseek-…`) still has a long opaque part.
_OPAQUE_PART = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}")
_MOST_VALUES = 500
_SHORTEST_BEGINNING = 3


def counts(value: str) -> bool:
    """Whether a value is long and random enough to search for it everywhere."""
    if len(value) < SHORTEST or not (any(map(str.isdigit, value)) and any(map(str.isalpha, value))):
        return False
    if "://" in value or value.startswith(("/", "./", "~")) or re.match(r"[A-Za-z]:[\\/]", value):
        return False
    if (
        REDACTED in value
        or looks_like_words(value.encode("utf-8", "replace"))
        or value.lower().startswith("test")
    ):
        return False
    return _MODEL.fullmatch(value) is None or _OPAQUE_PART.search(value) is not None


def sent_values(request: Request, names: SecretNames) -> Iterator[str]:
    """Return the credentials in a request's headers, query and userinfo that count as known values."""
    yield from filter(counts, _sent(request, names))


def _sent(request: Request, names: SecretNames) -> Iterator[str]:
    for name, value in request.headers:
        if _is_for_auth(name.lower()) or names.is_secret(name, value):
            yield from _in_header(name.lower(), value)
    yield from _in_url(request.uri, names)


def _is_for_auth(name: str) -> bool:
    if name in _AUTH_HEADERS:
        return True
    return _AUTH_HEADER.fullmatch(name) is not None and _NO_AUTH_HEADER.fullmatch(name) is None


def _in_header(name: str, value: str) -> Iterator[str]:
    if name == "cookie":
        for pair in value.split(";"):
            yield pair.partition("=")[2].strip().strip('"')
        return
    scheme = _SCHEMES.match(value)
    bare = value[scheme.end() if scheme else 0 :].strip()
    if "Signature=" in bare:  # a signature is new for every request
        yield from re.findall(r"(?:Signature|Credential)=([^,\s/]+)", bare)
        return
    yield bare
    # `Key ID:SECRET`, `DeepL-Auth-Key SECRET:fx`, `Snowflake Token="SECRET"`, and other schemes.
    for part in _BETWEEN_PARTS.split(bare):
        yield part
        yield part.partition("=")[2]
        yield from part.split(":")
    if value[:6].lower() == "basic ":
        yield from _user_and_password(bare)


def _user_and_password(encoded: str) -> Iterator[str]:
    try:
        text = b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return
    user, _, password = text.partition(":")
    yield from (text, user, password)


def _in_url(url: str, names: SecretNames) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        userinfo = (parts.username or "", parts.password or "")
    except ValueError:
        return
    for value in userinfo:
        yield unquote(value)
    for name, value in parse_qsl(parts.query):
        if names.is_secret(name, value, in_query=True):
            yield value
        elif "://" in value:  # a return address, with its own token
            yield from _in_url(value, names)


def environment_values(environment: Mapping[str, str]) -> Iterator[str]:
    """Return the values of variables with secret names, as far as they count as known values."""
    for name, value in environment.items():
        if _VARIABLE.fullmatch(name) and len(value) < 20_000:
            yield from filter(counts, _in_variable(value))


def _in_variable(value: str) -> Iterator[str]:
    if "://" in value:
        yield from _in_url(value, _NO_NAMES)
    elif value.lstrip().startswith(("{", "-----")):  # a document: its fields are known by their names
        return
    else:
        yield value.strip()
        yield from re.split(r"[\s,;]+", value)


_NO_NAMES = SecretNames(frozenset(), frozenset())

Form = tuple[bytes, Alphabet]
"""One spelling of a value, and the alphabet of its stand-in."""


class KnownValues:
    """A growing set of values to find in bytes."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: dict[bytes, Alphabet] = {}
        self._beginnings: set[bytes] = set()
        self._longest = 0

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: Iterable[str]) -> None:
        """Add values to search for."""
        for value in values:
            if value not in self._values and len(self._values) < _MOST_VALUES:
                self._values.add(value)
                new = dict(forms(value))
                self._beginnings |= {
                    form[:end] for form in new for end in range(_SHORTEST_BEGINNING, len(form))
                }
                self._longest = max(self._longest, *map(len, new))
                self._forms = {**self._forms, **new}  # another thread may be iterating over the old ones

    def spans(self, data: bytes) -> Iterator[tuple[int, int, Alphabet]]:
        """Yield the places of any form of a value."""
        forms = self._forms
        for form, alphabet in forms.items():
            start = data.find(form)
            while start >= 0:
                yield start, start + len(form), alphabet
                start = data.find(form, start + len(form))

    def begins_at(self, data: bytes, *, most: int = 1_000_000) -> int:
        """Return the start of a form that the end of the data cuts; the data's length if there is none.

        Args:
            data: a text so far.
            most: the number of bytes at its end to search.
        """
        for size in range(min(self._longest, len(data), most), _SHORTEST_BEGINNING - 1, -1):
            if data[-size:] in self._beginnings:
                return len(data) - size
        return len(data)


@lru_cache(maxsize=1000)
def forms(value: str) -> tuple[Form, ...]:
    """Return every form in which a value may occur, the raw one first."""
    data = value.encode("utf-8", "surrogatepass")
    any_form = [data, *(text.encode() for text in _quoted(value))]
    base64 = [form for encode in (b64encode, urlsafe_b64encode) for form in _in_base64(data, encode)]
    any_form += [quote(form, safe="").encode() for form in base64]
    any_form += [form.replace(b"/", b"\\/") for form in base64]
    any_form = [form for form in dict.fromkeys(any_form) if form not in base64]
    hexes = [data.hex().encode(), data.hex().upper().encode()]
    alphabets = ((any_form, Alphabet.ANY), (base64, Alphabet.BASE64), (hexes, Alphabet.HEX))
    return tuple({form: alphabet for found, alphabet in alphabets for form in found}.items())


def _quoted(value: str) -> Iterator[str]:
    once = {quote(value, safe=safe) for safe in _LEFT_UNQUOTED} | {quote_plus(value)}
    yield from once
    yield "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
    yield from _in_html(value)
    yield from (re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), text) for text in once)
    yield from (quote(text, safe=safe) for text in once for safe in ("", "/"))
    for ascii_only in (True, False):
        escaped = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield from (escaped, escaped.replace("/", "\\/"), json.dumps(escaped)[1:-1])
        for signs, form in product(_ESCAPED_SIGNS, ("04x", "04X")):
            yield re.sub(signs, lambda found: f"\\u{ord(found[0]):{form}}", escaped)  # noqa: B023 - used at once


# Characters that encoders of JSON write as `\\uXXXX`: Go's, .NET's, Python's and Ruby's for pages, strict
# ones.
_ESCAPED_SIGNS = ("[&<>]", "[&<>'+`]", "[&<>'=+]", "[^A-Za-z0-9]")


# Characters that encoders of URLs leave unchanged: Python's, JavaScript's two, RFC 3986's paths and queries.
_LEFT_UNQUOTED = (
    "",
    "/",
    "!*'()",
    ";,/?:@&=+$!*'()#",
    ":@!$&'()*+,;=",
    "/:@!$&'()*+,;=",
    "/?:@!$'()*,;",
    "=",
)


def _in_html(value: str) -> Iterator[str]:
    """Escape as in HTML or XML: by name, or by number."""
    yield escape(value)
    yield escape(value, quote=False)
    for form in ("#{}", "#{:03}", "#x{:x}", "#x{:X}"):
        yield re.sub("[^A-Za-z0-9]", lambda found: f"&{form.format(ord(found[0]))};", value)  # noqa: B023 - as above
        yield re.sub("[&<>\"'/+=`]", lambda found: f"&{form.format(ord(found[0]))};", value)  # noqa: B023 - as above


def _in_base64(data: bytes, encode: object) -> Iterator[bytes]:
    """Return these bytes in base64 at each alignment, without the digits that their neighbours share."""
    for before in range(3):
        encoded = encode(bytes(before) + data)  # type: ignore[operator]
        start = (before * 8 + 5) // 6
        end = (before + len(data)) * 8 // 6
        yield encoded[start:end]
