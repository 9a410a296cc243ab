"""What the encoders share: they refuse what their format couldn't give back."""

from __future__ import annotations

from unspool.errors import WireError
from unspool.wire.event import WireEvent

_PLAIN = WireEvent()


def refuse_fields(event: WireEvent, framing: str, *fields: str) -> None:
    """Raise WireError if one of these fields of the event says more than nothing."""
    for field in fields:
        value = getattr(event, field)
        if value != getattr(_PLAIN, field):
            raise WireError(f"{framing} has no place for an event's {field}, here {value!r}")


def refuse_characters(text: str, framing: str, field: str, characters: str) -> None:
    """Raise WireError if the text holds one of these characters."""
    for character in characters:
        if character in text:
            raise WireError(f"{framing} can't carry {character!r} in an event's {field}", data=text)


def to_utf8(text: str) -> bytes:
    """The text as UTF-8; WireError if it holds half a surrogate pair, which UTF-8 can't write."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise WireError(
            f"UTF-8 can't write the character at {error.start}: {error.reason}", data=text
        ) from error
