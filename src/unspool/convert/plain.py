"""vcrpy's plain form, with decoded bodies: a cassette that vcrpy itself could have written."""

from __future__ import annotations

from dataclasses import replace

from unspool.cassette.content_coding import decoded, sized
from unspool.cassette.model import NO_RESPONSE, End, Interaction
from unspool.headers import Headers, without

_SHORT = {
    End.CLOSED: "the client disconnected before the end",
    End.LIMIT: "the recorder stopped there",
}


def to_plain(interaction: Interaction) -> Interaction:
    """Return the interaction without its timeline and with its body decoded, as requests and aiohttp need it.

    Raises:
        CassetteFormatError: the body isn't in the encoding that its headers name.
    """
    return replace(interaction, response=replace(decoded(interaction.response), timeline=None))


def lost_in_plain(interaction: Interaction) -> str | None:
    """Describe what vcrpy replays differently; None if only the times of the chunks differ."""
    timeline = interaction.response.timeline
    if timeline is None or timeline.end is End.COMPLETE:
        return None
    how = timeline.failure.type if timeline.failure else _SHORT.get(timeline.end, timeline.end)
    if interaction.response.status == NO_RESPONSE:
        return f"no response arrived ({how}); vcrpy replays one with status {NO_RESPONSE}"
    return f"it broke off ({how}); vcrpy replays the part before as if it were whole"


def decoded_headers(headers: Headers, body: bytes) -> Headers:
    """Return the headers without content-encoding, and with the body's new length, if they have one."""
    return sized(without(headers, "content-encoding"), len(body))
