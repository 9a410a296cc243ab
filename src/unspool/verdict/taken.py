"""What a client took for an answer, and what it took for a failure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from unspool.cassette.boundaries import says_goodbye
from unspool.cassette.model import header
from unspool.providers import decoder_for
from unspool.verdict.case import Case, amount, came, short
from unspool.verdict.log import Attempt
from unspool.verdict.reading import Reading
from unspool.wire.sse import SSEDecoder


def accepted_truncated(case: Case) -> Iterator[str]:
    if case.taken is None:
        return
    number, attempt, reading = case.taken
    if not came(attempt) or not _has_ended(attempt) or reading.finished:
        return
    if not (reading.is_sound or reading.is_nothing):
        return
    how = f"then {attempt.failure}" if attempt.failure else "then the end"
    yield f"request {number}: {amount(attempt)}, {how}, no finish reason; nothing was raised"


def _has_ended(attempt: Attempt) -> bool:
    """Whether the client has seen the end, or the mark for it, after which some read no further."""
    return attempt.ended_at is not None or says_goodbye(b"".join(pull.data for pull in attempt.pulls))


def left_early(case: Case) -> Iterator[str]:
    if case.taken is None:
        return
    number, attempt, reading = case.taken
    if came(attempt) and reading.is_sound and not reading.finished and not _has_ended(attempt):
        how = "then the client left"
        yield f"request {number}: {amount(attempt)}, {how}, no finish reason; nothing was raised"


def swallowed_error(case: Case) -> Iterator[str]:
    if case.taken is None:
        return
    number, attempt, reading = case.taken
    if reading.error is not None:
        yield f"request {number}: the stream said {reading.error!r}; nothing was raised"
    elif not came(attempt):
        what = f"status {attempt.status}" if attempt.failure is None else attempt.failure
        yield f"request {number}: {what}; nothing was raised"


def concatenated(case: Case) -> Iterator[str]:
    said = [(number, reading.text) for number, _, reading in case.attempts if reading.text]
    for (first, before), (then, after) in pairwise(said):
        if before + after in (case.log.outcome.text or ""):
            yield f"{short(before)} of request {first} stands before what request {then} answered"


def invented_text(case: Case) -> Iterator[str]:
    got = case.log.outcome.text
    if case.taken is None or got is None or any(concatenated(case)):
        return
    _, attempt, reading = case.taken
    answer = case.whole if reading.finished and case.whole is not None else reading
    if not came(attempt) or not reading.is_sound or answer.has_more_than_text:
        return
    texts = (answer.text, reading.text, answer.text_without_unended)
    served = next((text.strip() for text in texts if text.strip() and text.strip() in got), "")
    before, _, after = got.partition(served) if served else ("", "", "" if any(texts) else got)
    for invented in (before, after):
        if invented.strip() and not (invented is before and _is_label(before)):
            yield f"{short(invented.strip())} is in the client's text, and in none of what it was served"


def _is_label(text: str) -> bool:
    """Whether text before the answer only says whose it is, as in `Assistant: `."""
    return text.rstrip().endswith(":") and "\n" not in text.strip()


def lost_character(case: Case) -> Iterator[str]:
    lost = _difference(case)
    if lost is not None and _is_of_characters(*lost):
        got, served = lost
        yield f"expected {short(served)}, got {short(got)}"


def lost_text(case: Case) -> Iterator[str]:
    lost = _difference(case)
    if lost is not None and not _is_of_characters(*lost):
        got, served = lost
        yield f"expected {short(served)}, got {short(got)}"
    if case.taken is not None and case.taken[2].broken is not None and not case.taken[2].is_nothing:
        yield f"request {case.taken[0]}: an event can't be read ({case.taken[2].broken}); nothing was raised"


def _difference(case: Case) -> tuple[str, str] | None:
    """The text that the client got, and the text that it should have got, if they differ."""
    got = case.log.outcome.text
    if case.taken is None or got is None or any(concatenated(case)):
        return None
    _, _, reading = case.taken
    served = reading.text
    if reading.finished and case.whole is not None:
        served = case.whole.text  # some leave at the finish reason, before the last words
    is_discarded = reading.unended and reading.text_without_unended.strip() in got
    if not reading.is_sound or served.strip() in got or is_discarded:
        return None
    return got, served


def _is_of_characters(got: str, served: str) -> bool:
    """Whether it's but characters outside ASCII that are lost or damaged."""
    return got.count("\ufffd") > served.count("\ufffd") or _ascii(served).strip() in _ascii(got)


def _ascii(text: str) -> str:
    return "".join(char for char in text if char.isascii())


def _is_well(reading: Reading, whole: Reading | None) -> bool:
    """Whether what came is a good stream, or, where no event has come yet, would have become one."""
    will_be = whole is not None and whole.is_sound and whole.finished
    return reading.is_sound and (bool(reading.events) or will_be)


def needless_failure(case: Case) -> Iterator[str]:
    outcome = case.log.outcome
    if outcome.error is None or not case.attempts:
        return
    number, attempt, reading = case.attempts[-1]
    has_reason = attempt.gave_up_after is not None or reading.repetition()[0] > 2
    is_short = _has_ended(attempt) and not reading.finished_without_unended
    is_expected = not (has_reason or is_short or _is_of_another_type(attempt, case.log.wire_format))
    if came(attempt) and _is_well(reading, case.whole) and is_expected:
        yield f"request {number}: {amount(attempt)}, all well to read; raised {short(outcome.error)}"


def _is_of_another_type(attempt: Attempt, wire_format: str) -> bool:
    """Whether the answer says that it's no event stream, though its format is one: to be rejected.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
    """
    content_type = (header(attempt.headers, "content-type") or "").partition(";")[0].strip().lower()
    is_event_stream = isinstance(decoder_for(wire_format), SSEDecoder)
    return is_event_stream and content_type not in ("", "text/event-stream")
