"""The parts of a message's content as Anthropic's blocks: text, images, files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON, present


def said_in(message: JSON) -> list[JSON]:
    """A message's content, be it text or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return blocks_from(content)
    return _text_part({"text": content, **present(message, "cache_control")})


def blocks_from(parts: Sequence[JSON | str]) -> list[JSON]:
    """The blocks that these parts are, without empty text.

    Raises:
        BadRequestError: an invalid part, or an image that isn't data or a URL.
    """
    return [block for part in parts for block in _blocks_of(part)]


def _blocks_of(part: JSON | str) -> list[JSON]:
    if isinstance(part, str):
        return _text_part({"text": part})
    if not isinstance(part, dict):
        raise BadRequestError(
            f"a part of a message's content must be an object with a type, or text, not {part!r:.100}",
            llm_provider="anthropic",
            param="messages",
        )
    return _PARTS.get(part.get("type", ""), _as_it_is)(part)


def _as_it_is(part: JSON) -> list[JSON]:
    return [part]  # Anthropic's own: document, search_result, tool_use, tool_reference …


def _text_part(part: JSON) -> list[JSON]:
    text = part.get("text")
    # Refused if empty, which other providers don't mind.
    if not isinstance(text, str) or not text.strip():
        return []
    return [{"type": "text", "text": text, **present(part, "cache_control", "citations")}]


def _image_part(part: JSON) -> list[JSON]:
    image = part.get("image_url") or ""
    url, media_type = (image, None) if isinstance(image, str) else (image.get("url"), image.get("format"))
    return [{**_file(str(url), media_type), **present(part, "cache_control")}]


def _file_part(part: JSON) -> list[JSON]:
    file = part.get("file") or {}
    if file.get("file_id"):
        block: JSON = {"type": "document", "source": {"type": "file", "file_id": file["file_id"]}}
    else:
        block = _file(str(file.get("file_data")), file.get("format"))
    return [{**block, **present(part, "cache_control")}]


_PARTS: dict[str, Callable[[JSON], list[JSON]]] = {
    "file": _file_part,
    "image_url": _image_part,
    "text": _text_part,
}

_DATA_URL = re.compile(r"data:(?P<media_type>[^;,]*)(?:;[^;,]*)*?;base64,(?P<data>.*)", re.DOTALL)


def _file(url: str, media_type: str | None) -> JSON:
    """An image or a document, at an address or as it is in a `data:` URL."""
    inline = _DATA_URL.fullmatch(url)
    if inline is not None:
        kind = media_type or inline["media_type"]
        source = {"type": "base64", "media_type": kind, "data": inline["data"]}
        return {"type": "image" if kind.startswith("image/") else "document", "source": source}
    if url.startswith(("http://", "https://")):
        # LiteLLM fetches http:// and sends the bytes; here nothing is fetched.
        is_document = media_type is not None and not media_type.startswith("image/")
        return {"type": "document" if is_document else "image", "source": {"type": "url", "url": url}}
    raise BadRequestError(
        f"an image must be a data: URL with base64, or an http(s) address, not {url[:100]!r}",
        llm_provider="anthropic",
        param="messages",
    )
