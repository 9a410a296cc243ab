"""The parts of a message's content as Converse's blocks: text, images, documents.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

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
    return blocks_from([{"type": "text", "text": content, **present(message, "cache_control")}])


def blocks_from(parts: Sequence[JSON | str]) -> list[JSON]:
    """The blocks that these parts are, without empty text; a mark to cache is a block of its own.

    Raises:
        BadRequestError: a part that isn't one, or a file that Converse can't take.
    """
    return [block for part in parts for block in _blocks_of(part)]


def cache_point(holder: JSON) -> list[JSON]:
    """The block that says: what came so far is to be cached. In OpenAI's shape it's a mark on its holder."""
    control = holder.get("cache_control")
    return [{"cachePoint": {"type": "default", **present(control, "ttl")}}] if control else []


def _blocks_of(part: JSON | str) -> list[JSON]:
    if isinstance(part, str):
        return _text_part({"text": part})
    if not isinstance(part, dict):
        raise _refused(f"a part of a message's content must be an object or text, not {part!r:.100}")
    blocks = _PARTS.get(part.get("type", ""), _as_it_is)(part)
    return [*blocks, *cache_point(part)] if blocks else []


def _as_it_is(part: JSON) -> list[JSON]:
    return [part]  # Converse's own: document, video, guardContent, cachePoint …


def _text_part(part: JSON) -> list[JSON]:
    text = part.get("text")
    # Refused if empty, which other providers don't mind.
    return [{"text": text}] if isinstance(text, str) and text.strip() else []


def _image_part(part: JSON) -> list[JSON]:
    image = part.get("image_url") or ""
    url, media_type = (image, None) if isinstance(image, str) else (image.get("url"), image.get("format"))
    return [_file(str(url), media_type)]


def _file_part(part: JSON) -> list[JSON]:
    file = part.get("file") or {}
    return [_file(str(file.get("file_data") or file.get("file_id")), file.get("format"))]


_PARTS: dict[str, Callable[[JSON], list[JSON]]] = {
    "file": _file_part,
    "image_url": _image_part,
    "text": _text_part,
}

_DATA_URL = re.compile(r"data:(?P<media_type>[^;,]*)(?:;[^;,]*)*?;base64,(?P<data>.*)", re.DOTALL)

# Converse's name of a format, where it isn't the second half of the media type.
_FORMATS = {
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpg": "jpeg",
    "text/markdown": "md",
    "text/plain": "txt",
}
# By the first half of the media type, what block a file is.
_KINDS = {"application": "document", "image": "image", "text": "document", "video": "video"}


def _file(url: str, media_type: str | None) -> JSON:
    """An image, a document or a video, in S3 or as it is in a `data:` URL."""
    inline = _DATA_URL.fullmatch(url)
    if inline is not None:
        media_type, source = media_type or inline["media_type"], {"bytes": inline["data"]}
    elif url.startswith("s3://") and media_type:
        source = {"s3Location": {"uri": url}}
    else:
        # LiteLLM fetches it and sends the bytes; here nothing is fetched.
        raise _refused(
            f"Converse takes a file as a data: URL with base64, or in S3 with its `format`, not {url[:100]!r}"
        )
    first, _, second = media_type.partition("/")
    if first not in _KINDS:
        raise _refused(f"Converse takes images, documents and videos, and no {media_type!r}")
    return {_KINDS[first]: {"format": _FORMATS.get(media_type, second), "source": source}}


def _refused(message: str) -> BadRequestError:
    return BadRequestError(message, llm_provider="bedrock", param="messages")
