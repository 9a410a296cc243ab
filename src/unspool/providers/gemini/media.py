"""Images, sounds and files as parts of a Gemini message: the data itself, or an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON

_DATA_URL = re.compile(r"data:(?P<mime_type>[^;,]*)(?:;[^;,]*)*?;base64,(?P<data>.*)", re.DOTALL)
# Where Google's Files API keeps what was uploaded; it knows the type.
_FILES_API = "https://generativelanguage.googleapis.com/v1beta/files/"
_LEVELS = {name: f"MEDIA_RESOLUTION_{name.upper()}" for name in ("low", "medium", "high", "ultra_high")}
_MIME_TYPES = {
    "avi": "video/avi",
    "flac": "audio/flac",
    "flv": "video/flv",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "mov": "video/mov",
    "mp3": "audio/mp3",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "wmv": "video/wmv",
}


def media_part(url: str, mime_type: str | None) -> JSON:
    """What stands in a `data:` URL, or at an `https:` or `gs:` address that Google fetches itself.

    Raises:
        BadRequestError: it's invalid, or its type is unknown.
    """
    inline = _DATA_URL.fullmatch(url)
    if inline is not None:
        return {"inline_data": {"data": inline["data"], "mime_type": mime_type or inline["mime_type"]}}
    if not url.startswith(("https://", "http://", "gs://")):
        raise _unusable(f"an image must be a data: URL with base64, or an address, not {url[:100]!r}")
    known = mime_type or _MIME_TYPES.get(urlsplit(url).path.rpartition(".")[2].lower())
    if known is None and not url.startswith(_FILES_API):
        raise _unusable(f"nothing tells the type of {url[:100]!r}: pass it as 'format', such as image/png")
    # LiteLLM fetches an https: address for Google AI, which today does so itself.
    return {"file_data": {"file_uri": url, **({"mime_type": known} if known else {})}}


def highest_detail(details: Iterable[object]) -> JSON:
    """The resolution for a whole request; models before Gemini 3 know none for each part."""
    known = [name for name in _LEVELS if name in details]
    return {"mediaResolution": _LEVELS[known[-1]]} if known else {}


def detail_of_part(detail: object) -> JSON:
    """The resolution for one part."""
    level = _LEVELS.get(str(detail))
    return {"media_resolution": {"level": level}} if level else {}


def _unusable(message: str) -> BadRequestError:
    return BadRequestError(message, llm_provider="gemini", param="messages")
