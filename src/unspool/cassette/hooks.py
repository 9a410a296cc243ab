"""Hooks of vcrpy's kind: what a user makes of an interaction before it's matched, recorded and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from unspool.cassette.content_coding import decoded
from unspool.cassette.model import Interaction, Request, sizes_fit
from unspool.cassette.vcr_format import from_record, to_record
from unspool.cassette.vcr_matchers import from_vcr, to_vcr

Function = Callable[[Any], Any]
Hook = Function | Iterable[Function] | None
"""A function of vcrpy's request or response, or several of them, each given what the one before returns."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """A user's hooks.

    Attributes:
        requests: change a request, or return None to let it pass unrecorded.
        responses: change a response, or return None to drop the interaction.
        decodes: whether bodies are recorded and replayed without their content coding.
    """

    requests: tuple[Function, ...] = ()
    responses: tuple[Function, ...] = ()
    decodes: bool = False

    def seen(self, request: Request) -> Request | None:
        """The request to match and record; None to let it pass untouched."""
        if not self.requests:
            return request
        changed = _all(self.requests, to_vcr(request))
        return None if changed is None else from_vcr(changed)

    def kept(self, interaction: Interaction) -> Interaction | None:
        """The interaction to save; None to save nothing."""
        if self.decodes:
            interaction = replace(interaction, response=decoded(interaction.response))
        if not self.responses:
            return interaction
        record = to_record(interaction)
        record["response"]["body"]["string"] = interaction.response.body  # bytes, as vcrpy hands it over
        response = _all(self.responses, record["response"])
        return None if response is None else _resized(from_record({**record, "response": response}))

    def loaded(self, interaction: Interaction) -> Interaction | None:
        """The interaction to replay; None to play nothing. Vcrpy's hooks apply to what it loads, too."""
        request = self.seen(interaction.request)
        if request is None:
            return None
        if request is not interaction.request:
            interaction = replace(interaction, request=request)
        return self.kept(interaction)


def _resized(interaction: Interaction) -> Interaction:
    """Without the sizes of chunks, if the hook changed the body's size: the chunks are no longer known."""
    response = interaction.response
    if response.timeline is None or sizes_fit(response):
        return interaction
    return replace(interaction, response=replace(response, timeline=replace(response.timeline, chunks=())))


def functions_of(hook: Hook) -> tuple[Function, ...]:
    """A hook's functions."""
    if hook is None:
        return ()
    return (hook,) if callable(hook) else tuple(hook)


def _all(functions: tuple[Function, ...], value: Any) -> Any:
    return reduce(lambda value, function: None if value is None else function(value), functions, value)
