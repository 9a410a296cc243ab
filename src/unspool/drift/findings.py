"""Findings: what has drifted, how bad it is, and where. Each has a rule, and each rule a tier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """How bad a finding is."""

    INFO = "info"
    """Worth knowing; the recordings still hold."""

    WARNING = "warning"
    """A client may notice."""

    ERROR = "error"
    """A client loses content, or fails."""


PROVIDER = "provider"
"""The subject of findings about what a provider answers today."""

RECORDING = "recording"
"""The subject of findings about a recording itself."""

RULES: dict[str, tuple[Tier, str]] = {
    # What an SDK reads of a recording
    "sdk-raises": (Tier.ERROR, "the SDK raises where the stream has no error"),
    "sdk-helper-raises": (Tier.WARNING, "the SDK's events are whole, but its accumulator raises"),
    "sdk-misses-error": (Tier.WARNING, "the stream reports an error that the SDK doesn't raise"),
    "result-differs": (Tier.ERROR, "the SDK's events add up to another result than the bytes"),
    "helper-differs": (Tier.ERROR, "the SDK's accumulator comes to another result than the bytes"),
    "event-dropped": (Tier.WARNING, "the SDK has no item for an event"),
    "event-unknown": (Tier.WARNING, "the SDK declares no such type of event or part"),
    "field-dropped": (Tier.WARNING, "a value in the stream is missing from the SDK's objects"),
    "value-changed": (Tier.INFO, "the SDK's objects contain another value than the stream"),
    "field-unmodelled": (Tier.INFO, "the SDK passes a field on that its models don't declare"),
    "value-unknown": (Tier.INFO, "a value isn't among those that the SDK declares"),
    "not-read": (Tier.INFO, "no installed SDK reads the stream"),
    # What a provider answers today
    "status": (Tier.ERROR, "the status changed"),
    "wire-format": (Tier.ERROR, "the media type changed, or the stream can't be read any more"),
    "stream-error": (Tier.ERROR, "the stream now ends in an error, or no longer does"),
    "stream-broken": (Tier.ERROR, "the connection ended before the response did"),
    "event-gone": (Tier.ERROR, "a type of event is no longer sent"),
    "event-new": (Tier.WARNING, "a new type of event is sent"),
    "event-order": (Tier.WARNING, "types of events arrive in another order"),
    "field-gone": (Tier.WARNING, "a field is no longer sent"),
    "field-new": (Tier.INFO, "a new field is sent"),
    "field-type": (Tier.ERROR, "a field's values have another JSON type"),
    "content-gone": (Tier.ERROR, "the response has no output any more"),
    "content-kind": (Tier.WARNING, "the output is of another kind, so that its events can't be compared"),
    "usage-gone": (Tier.ERROR, "the token counts are no longer sent"),
    "usage-moved": (Tier.WARNING, "the token counts are in another place"),
    "finish-gone": (Tier.ERROR, "the reason why the response ended is no longer sent"),
    "finish-moved": (Tier.WARNING, "the reason why the response ended is in another place"),
    "finish-reason": (Tier.WARNING, "the response ended for another reason"),
    "end-mark": (Tier.ERROR, "the stream's end marker is gone, or new"),
    "model": (Tier.WARNING, "another model answers"),
    "model-date": (Tier.INFO, "another dated version of the model answers"),
    "chunk-sizes": (Tier.INFO, "the network's chunks are of another size"),
    "times": (Tier.INFO, "the response takes another time"),
    "nothing-asked": (Tier.ERROR, "recordings were chosen, and none of their requests could be sent"),
    "not-asked": (Tier.INFO, "the request wasn't sent"),
    # Of a recording itself
    "age": (Tier.WARNING, "the recording is older than --max-age"),
    "unreadable": (Tier.ERROR, "the file is no cassette, or a damaged one"),
    # What an application sends today
    "request-field-new": (Tier.WARNING, "requests have a field that the recordings lack"),
    "request-field-gone": (Tier.WARNING, "requests lack a field that the recordings have"),
    "request-field-changed": (Tier.WARNING, "requests have another value than the recordings"),
    "request-unrecorded": (Tier.WARNING, "requests go to an address without any recording"),
    # Of the baseline
    "baseline-stale": (Tier.INFO, "the baseline has a finding that no longer occurs"),
}
"""The tier and the meaning of each rule."""

_STATUS = {Tier.INFO: 0, Tier.WARNING: 1, Tier.ERROR: 2}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that has drifted.

    Attributes:
        subject: which SDK, as in `openai 3.57.0`, or `provider`, `recording`, `requests`, `baseline`.
        rule: a key of `RULES`.
        where: a field, an event, an aspect of the result; empty if the whole response is meant.
        file: the cassette, as given or below the folder that was.
        number: the interaction in it, counted from 0.
        detail: what was recorded, and what came instead.
        wire_format: the stream's; empty if unknown.
    """

    subject: str
    rule: str
    where: str = ""
    file: str = ""
    number: int = 0
    detail: str = ""
    wire_format: str = ""

    @property
    def tier(self) -> Tier:
        """How bad it is."""
        return RULES[self.rule][0]

    @property
    def meaning(self) -> str:
        """What its rule means."""
        return RULES[self.rule][1]

    @property
    def name(self) -> str:
        """The subject without a release: `openai` for `openai 3.57.0`."""
        return self.subject.partition(" ")[0]


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 2 if one of them is an error, 1 if one is a warning, else 0."""
    return max((_STATUS[finding.tier] for finding in findings), default=0)
