"""The parts of a message's content as Gemini's parts."""

from __future__ import annotations

from collections.abc import Callable

from unspool.errors import BadRequestError
from unspool.providers.gemini.media import detail_of_part, media_part
from unspool.providers.json_events import JSON, present


def parts_from(message: JSON, *, detailed: bool) -> list[JSON]:
    """A message's content, be it text or a list of parts.

    Args:
        detailed: the model takes a resolution for each part.

    Raises:
        BadRequestError: a part that isn't one.
    """
    content = message.get("content")
    if isinstance(content, list):
        return [made for part in content for made in _parts_of(part, detailed=detailed)]
    return [] if content is None else [{"text": content}]


def _parts_of(part: JSON | str, *, detailed: bool) -> list[JSON]:
    if isinstance(part, str):
        return [{"text": part}]
    if not isinstance(part, dict):
        raise BadRequestError(
            f"a part of a message's content must be an object with a type, or text, not {part!r:.100}",
            llm_provider="gemini",
            param="messages",
        )
    made = _PARTS.get(part.get("type", ""), _as_it_is)(part)
    return [{**each, **detail_of_part(detail_in(part))} for each in made] if detailed else made


def detail_in(part: JSON) -> object:
    """The resolution that a part asks for."""
    holder = part.get(part.get("type", ""))
    return holder.get("detail") if isinstance(holder, dict) else None


def _as_it_is(part: JSON) -> list[JSON]:
    return [part]  # Gemini's own


def _text(part: JSON) -> list[JSON]:
    return [{"text": part["text"]}] if part.get("text") else []


def _image(part: JSON) -> list[JSON]:
    image = part.get("image_url") or part.get("input_image") or ""
    holder = {"url": image} if isinstance(image, str) else image
    return [media_part(str(holder.get("url")), _mime_type(holder))]


def _sound(part: JSON) -> list[JSON]:
    sound = part.get("input_audio") or {}
    kind = str(sound.get("format") or "")
    mime_type = kind if kind.startswith("audio/") else f"audio/{kind}"
    return [{"inline_data": {"data": sound.get("data"), "mime_type": mime_type}}]


def _file(part: JSON) -> list[JSON]:
    file = part.get("file") or {}
    made = media_part(str(file.get("file_id") or file.get("file_data")), _mime_type(file))
    return [{**made, **present(file, "video_metadata")}]


def _mime_type(holder: JSON) -> str | None:
    return holder.get("format") or holder.get("mime_type") or holder.get("content_type")


_PARTS: dict[str, Callable[[JSON], list[JSON]]] = {
    "file": _file,
    "image_url": _image,
    "input_audio": _sound,
    "input_image": _image,
    "text": _text,
}
