"""The outcome of an exchange, and whether its recording is preserved, reported, or recorded again."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unspool.cassette.boundaries import says_goodbye
from unspool.cassette.content_coding import decoded
from unspool.cassette.journal_lines import KILLED
from unspool.cassette.match import Matching
from unspool.cassette.model import NO_RESPONSE, End, Failure, Interaction, Response, header
from unspool.errors import CassetteFormatError

INTERRUPTED = "Interrupted"
"""The failure type of a response that an interruption of the run ended: Ctrl-C, an exit, a test's timeout."""

_REFUSALS = {401, 403, 429}
_BROKEN = {End.RESET, End.READ_TIMEOUT, End.PROTOCOL_ERROR, End.FAILED}

MARK = "unspool"
"""The key with `Marks` in a cassette's file."""


def interrupted(error: str) -> Failure:
    """Make the failure of a response that an interruption of the run ended."""
    return Failure(INTERRUPTED, f"the run was interrupted before the response ended ({error})")


def is_unanswered(interaction: Interaction) -> bool:
    """Whether the request got no response at all: refused, blocked, cancelled or timed out before headers."""
    timeline = interaction.response.timeline
    if interaction.response.status != NO_RESPONSE or timeline is None:
        return False
    return timeline.headers_at is None


def is_refusal(interaction: Interaction) -> bool:
    """Whether the response's status is 401, 403, 429 or a server error."""
    status = interaction.response.status
    return not is_unanswered(interaction) and (status in _REFUSALS or 500 <= status < 600)


def is_interrupted(interaction: Interaction) -> bool:
    """Whether the response ended because its recorder was interrupted or killed."""
    timeline = interaction.response.timeline
    failure = None if timeline is None else timeline.failure
    return failure is not None and failure.type in {INTERRUPTED, KILLED.type}


def is_broken(interaction: Interaction) -> bool:
    """Whether the connection broke in the middle of the response."""
    timeline = interaction.response.timeline
    if timeline is None or is_unanswered(interaction) or is_interrupted(interaction):
        return False
    return timeline.end in _BROKEN


def is_left(interaction: Interaction) -> bool:
    """Whether the client disconnected before the end of the response."""
    timeline = interaction.response.timeline
    if timeline is None or is_unanswered(interaction) or timeline.end is not End.CLOSED:
        return False
    return not is_whole(interaction.response)


def is_whole(response: Response) -> bool:
    """Whether a body is whole: it has its content-length or ends with its format's end marker."""
    if header(response.headers, "content-length") == str(len(response.body)):
        return True
    return ends_with_its_mark(response)


def ends_with_its_mark(response: Response) -> bool:
    """Whether a body ends with its format's end marker, such as `data: [DONE]`."""
    try:
        return says_goodbye(decoded(response).body)
    except CassetteFormatError:  # cut in the middle of a compressed block
        return False


def is_final(interaction: Interaction, *, unfinished: bool) -> bool:
    """Whether a recording may be replayed while the cassette may still be extended.

    An interrupted response may not. In a cassette that only failing runs have written, a response that the
    client abandoned or the network broke may not, either: the failure may have been the reason.
    """
    if is_interrupted(interaction):
        return False
    return not unfinished or not (
        is_left(interaction) or is_broken(interaction) or is_unanswered(interaction)
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """The status marks in a cassette's file.

    Attributes:
        unfinished: the names of the runs that began the cassette and failed: it can still be extended.
        failures: whether requests without a response were recorded on purpose.
    """

    unfinished: tuple[str, ...] = ()
    failures: bool = False

    @classmethod
    def of(cls, extra: Mapping[str, Any]) -> Marks:
        """Return the marks in a file's extra keys."""
        held = extra.get(MARK)
        if not isinstance(held, Mapping):
            return cls()
        names = held.get("unfinished") or ()
        names = (names,) if isinstance(names, str) else names if isinstance(names, list | tuple) else ("?",)
        return cls(tuple(map(str, names)), bool(held.get("failures")))

    def put(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        """Return a file's extra keys with these marks."""
        held = extra.get(MARK)
        others = {key: value for key, value in extra.items() if key != MARK}
        kept = {}
        if isinstance(held, Mapping):
            kept = {key: value for key, value in held.items() if key not in _MARKS}
        if self.unfinished:
            kept["unfinished"] = list(self.unfinished)
        if self.failures:
            kept["failures"] = True
        return {**others, MARK: kept} if kept else others


_MARKS = {"unfinished", "failures"}


def with_user(marks: Marks, user: str) -> Marks:
    """Return the marks of a cassette that this user's failed run has begun."""
    return replace(marks, unfinished=tuple(dict.fromkeys([*marks.unfinished, user])))


def without_user(marks: Marks, user: str) -> Marks:
    """Return the marks after this user's run has passed."""
    if user not in marks.unfinished:
        return marks
    return replace(marks, unfinished=tuple(name for name in marks.unfinished if name != user))


# Whether a run may replace what an earlier one recorded


def spoiled_by(
    old: Sequence[Interaction], came: Iterable[Interaction], matching: Matching
) -> Interaction | None:
    """Return the exchange for which these recordings must not replace the old ones; None if there is none.

    It's the last attempt of a request that got no response while the old file has one, or that was refused
    with a status that the old file doesn't have.
    """
    statuses = {one.response.status for one in old if is_refusal(one)}
    answered = {matching.key(one.request) for one in old if not is_unanswered(one) and not is_refusal(one)}
    for key, one in _last_attempts(came, matching).items():
        if is_refusal(one) and one.response.status not in statuses:
            return one
        if is_unanswered(one) and _has_failed(one) and key in answered:
            return one
    return None


def _last_attempts(came: Iterable[Interaction], matching: Matching) -> Mapping[Hashable, Interaction]:
    return {matching.key(one.request): one for one in came}


def _has_failed(interaction: Interaction) -> bool:
    """Whether an error ended it, and not a cancellation by the client."""
    timeline = interaction.response.timeline
    return timeline is not None and timeline.failure is not None
