"""An interaction that answers a request, and how far its client has read."""

from __future__ import annotations

from dataclasses import dataclass

from unspool.cassette.model import Interaction


@dataclass(slots=True)
class Play:
    """One interaction, being played.

    Attributes:
        interaction: what was recorded.
        pieces: how many pieces of the body its client has been given so far.
    """

    interaction: Interaction
    pieces: int = 0
