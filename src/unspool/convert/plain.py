"""vcrpy's plain form, in which bodies stand decoded: what vcrpy alone could have written."""

from __future__ import annotations

from dataclasses import replace

from unspool.cassette.content_coding import decoded, sized
from unspool.cassette.model import NO_RESPONSE, End, Headers, Interaction

_SHORT = {
    End.CLOSED: "the client hung up before the end",
    End.LIMIT: "the recorder had been told to stop there",
}


def to_plain(interaction: Interaction) -> Interaction:
    """The interaction without its timeline and with its body decoded, which requests and aiohttp need too.

    Raises:
        CassetteFormatError: the body isn't in the encoding that its headers name.
    """
    return replace(interaction, response=replace(decoded(interaction.response), timeline=None))


def lost_in_plain(interaction: Interaction) -> str | None:
    """What vcrpy will replay otherwise than it was, in words; None if it's only the moments of its chunks."""
    timeline = interaction.response.timeline
    if timeline is None or timeline.end is End.COMPLETE:
        return None
    how = timeline.failure.type if timeline.failure else _SHORT.get(timeline.end, timeline.end)
    if interaction.response.status == NO_RESPONSE:
        return f"no answer came ({how}); vcrpy replays one with status {NO_RESPONSE}"
    return f"it broke off ({how}); vcrpy replays what had come as if it were all"


def decoded_headers(headers: Headers, body: bytes) -> Headers:
    """The headers without a content-encoding, and with the length that the body has now, if they tell one."""
    return sized(tuple(pair for pair in headers if pair[0].lower() != "content-encoding"), len(body))
