"""Hooks of vcrpy's kind: what a user makes of an interaction before it's matched and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from unspool.cassette.form import from_record, to_record
from unspool.cassette.model import Interaction, Request, sizes_fit
from unspool.cassette.vcr_matchers import from_vcr, to_vcr


@dataclass(frozen=True, slots=True)
class Hooks:
    """A user's two hooks; None where there is none."""

    before_record_request: Callable[[Any], Any] | None = None
    before_record_response: Callable[[Any], Any] | None = None

    def seen(self, request: Request) -> Request | None:
        """The request as it's matched and recorded; None if it's nobody's business."""
        if self.before_record_request is None:
            return request
        changed = self.before_record_request(to_vcr(request))
        return None if changed is None else from_vcr(changed)

    def kept(self, interaction: Interaction) -> Interaction | None:
        """The interaction as it's saved; None if it isn't."""
        if self.before_record_response is None:
            return interaction
        record = to_record(interaction)
        record["response"]["body"]["string"] = interaction.response.body  # bytes, as vcrpy hands it over
        response = self.before_record_response(record["response"])
        return None if response is None else _resized(from_record({**record, "response": response}))


def _resized(interaction: Interaction) -> Interaction:
    """Without the sizes of chunks, if the hook changed the body's size: the chunks are no longer known."""
    response = interaction.response
    if response.timeline is None or sizes_fit(response):
        return interaction
    return replace(interaction, response=replace(response, timeline=replace(response.timeline, chunks=())))
