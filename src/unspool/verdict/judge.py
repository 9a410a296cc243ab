"""The judge: a pure function from a log to findings.

It judges one question, which the client may have retried: each request is an attempt, and the client's text
is the response to the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from unspool.cassette.boundaries import says_goodbye
from unspool.counts import counted
from unspool.headers import header, media_type
from unspool.providers import decoder_for
from unspool.verdict.log import Attempt, Log
from unspool.verdict.reading import Reading, read
from unspool.verdict.verdict import Finding, Verdict
from unspool.wire.sse import SSEDecoder


@dataclass(frozen=True)
class Limits:
    """The tolerances of the judge, and the limits at which a client is stopped.

    Attributes:
        attempts: how many requests a question may take.
        back_off: the minimum wait before a retry, in seconds.
        silence: how many seconds without a byte a client may wait; OpenAI's and Anthropic's SDKs time out
            after 600.
        repeats: how many chunks of a loop a client may pull; LiteLLM's guard lets 100 pass.
        most_attempts: a client that makes more is stopped.
        most_chunks: a client that pulls more from one answer is stopped.
    """

    attempts: int = 5
    back_off: float = 0.1
    silence: float = 900.0
    repeats: int = 128
    most_attempts: int = 20
    most_chunks: int = 10_000


@dataclass(frozen=True)
class Case:
    """A log, and the correct reading of its responses; `whole` as there."""

    log: Log
    readings: list[Reading]
    whole: Reading | None
    limits: Limits

    @property
    def attempts(self) -> list[tuple[int, Attempt, Reading]]:
        """The attempts with their numbers, from 1."""
        return [
            (number, attempt, reading)
            for number, (attempt, reading) in enumerate(
                zip(self.log.attempts, self.readings, strict=True), start=1
            )
        ]

    @property
    def accepted(self) -> tuple[int, Attempt, Reading] | None:
        """The attempt whose response the client accepted; None if it raised, was stopped or asked nothing."""
        outcome = self.log.outcome
        is_accepted = outcome.error is None and outcome.halted is None
        return self.attempts[-1] if is_accepted and self.log.attempts else None


Look = Callable[[Case], Iterator[str]]
"""A rule: yields the evidence of each finding."""


def came(attempt: Attempt) -> bool:
    """Whether a response arrived, with a status of success."""
    return attempt.status is not None and attempt.status < 300


def amount(attempt: Attempt) -> str:
    return f"{counted(len(attempt.pulls), 'chunk')}, {counted(attempt.size, 'byte')}"


def short(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}")


FINDINGS: dict[str, str] = {
    "accepted-truncated": "accepted a stream that was cut off as a complete response",
    "left-early": "disconnected before the end of the response, and raised nothing",
    "swallowed-error": "raised nothing when the provider or the connection failed",
    "concatenated-retry": "retried after some text had arrived, and joined the two responses",
    "lost-character": "lost or damaged a character that isn't ASCII",
    "lost-text": "lost text that had arrived, or skipped an unreadable event",
    "invented-text": "returned text that the model never sent",
    "needless-failure": "raised although everything received is readable",
    "retried-refusal": "retried a request that will be rejected again",
    "ignored-retry-after": "retried before the provider's Retry-After had passed",
    "no-back-off": "retried at once",
    "retry-storm": "made too many attempts",
    "no-read-timeout": "waited for the next byte without a reasonable timeout",
    "no-loop-guard": "continued to read a stream that repeats itself",
    "left-open": "left an unfinished response open after an error",
}
"""The findings, with their meaning."""

_LIMITS = Limits()


def judge(log: Log, limits: Limits = _LIMITS) -> Verdict:
    """Yield the findings about a client."""
    readings = [read(attempt, log.wire_format) for attempt in log.attempts]
    whole = None if log.whole is None else read(log.whole, log.wire_format)
    case = Case(log, readings, whole, limits)
    found = (Finding(kind, evidence) for kind, look in _LOOKS.items() for evidence in look(case))
    return Verdict(log, tuple(found))


def accepted_truncated(case: Case) -> Iterator[str]:
    if case.accepted is None:
        return
    number, attempt, reading = case.accepted
    if not came(attempt) or not _has_ended(attempt) or reading.finished:
        return
    if not (reading.is_sound or reading.is_nothing):
        return
    how = f"then {attempt.failure}" if attempt.failure else "then the end"
    yield f"request {number}: {amount(attempt)}, {how}, no finish reason; nothing was raised"


def _has_ended(attempt: Attempt) -> bool:
    """Whether the client has read the end, or the end marker, where some stop reading."""
    return attempt.ended_at is not None or says_goodbye(b"".join(pull.data for pull in attempt.pulls))


def left_early(case: Case) -> Iterator[str]:
    if case.accepted is None:
        return
    number, attempt, reading = case.accepted
    if came(attempt) and reading.is_sound and not reading.finished and not _has_ended(attempt):
        how = "then the client left"
        yield f"request {number}: {amount(attempt)}, {how}, no finish reason; nothing was raised"


def swallowed_error(case: Case) -> Iterator[str]:
    if case.accepted is None:
        return
    number, attempt, reading = case.accepted
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
    if case.accepted is None or got is None or any(concatenated(case)):
        return
    _, attempt, reading = case.accepted
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
    """Whether text before the response only names its author, as in `Assistant: `."""
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
    if case.accepted is not None:
        number, _, reading = case.accepted
        if reading.broken is not None and not reading.is_nothing:
            yield f"request {number}: an event can't be read ({reading.broken}); nothing was raised"


def _difference(case: Case) -> tuple[str, str] | None:
    """Return the text that the client got, and the expected text, if they differ."""
    got = case.log.outcome.text
    if case.accepted is None or got is None or any(concatenated(case)):
        return None
    _, _, reading = case.accepted
    served = reading.text
    if reading.finished and case.whole is not None:
        served = case.whole.text  # some disconnect at the finish reason, before the last words
    is_discarded = reading.unended and reading.text_without_unended.strip() in got
    if not reading.is_sound or served.strip() in got or is_discarded:
        return None
    return got, served


def _is_of_characters(got: str, served: str) -> bool:
    """Whether only characters outside ASCII are lost or damaged."""
    return got.count("\ufffd") > served.count("\ufffd") or _ascii(served).strip() in _ascii(got)


def _ascii(text: str) -> str:
    return "".join(char for char in text if char.isascii())


def _is_well(reading: Reading, whole: Reading | None) -> bool:
    """Whether the received part is a valid stream, or, before its first event, could become one."""
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
    """Whether the content type isn't that of an event stream, though the format is one: to be rejected.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
    """
    content_type = media_type(attempt.headers)
    is_event_stream = isinstance(decoder_for(wire_format), SSEDecoder)
    return is_event_stream and content_type not in ("", "text/event-stream")


REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422})
"""Find retries that can't succeed: the request or the key is at fault."""


def retried_refusal(case: Case) -> Iterator[str]:
    for (number, attempt, _), _next in pairwise(case.attempts):
        if attempt.status in REFUSALS:
            yield f"request {number}: status {attempt.status}, and asked again"


def ignored_retry_after(case: Case) -> Iterator[str]:
    for (number, attempt, _), (_, then, _) in pairwise(case.attempts):
        wanted, waited = retry_after(attempt), then.started - attempt.over_at
        if wanted is not None and waited < wanted * 0.99:
            yield f"request {number}: Retry-After of {wanted:g} s, asked again after {waited:.3g} s"


def no_back_off(case: Case) -> Iterator[str]:
    for (number, attempt, reading), (_, then, _) in pairwise(case.attempts):
        waited = then.started - attempt.over_at
        is_told = retry_after(attempt) is not None
        if _is_mended_by_time(attempt, reading) and not is_told and waited < case.limits.back_off:
            what = attempt.failure or (reading.error and "an error event") or f"status {attempt.status}"
            yield f"request {number}: {what}, asked again after {waited:.3g} s"


def _is_mended_by_time(attempt: Attempt, reading: Reading) -> bool:
    failed = attempt.failure is not None or reading.error is not None
    return failed or (attempt.status is not None and attempt.status >= 400 and attempt.status not in REFUSALS)


def retry_storm(case: Case) -> Iterator[str]:
    count = len(case.log.attempts)
    if count > case.limits.attempts:
        seconds = case.log.attempts[-1].started - case.log.attempts[0].started
        stopped = f", and was stopped {case.log.outcome.halted}" if case.log.outcome.halted else ""
        yield f"asked {counted(count, 'time')} within {seconds:.3g} s{stopped}"


def retry_after(attempt: Attempt) -> float | None:
    """Return how many seconds the provider asks to wait, by `retry-after` or OpenAI's `retry-after-ms`.

    The other form of that header, a date, isn't read.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = header(attempt.headers, name)
        if value is not None and value.replace(".", "", 1).isdigit():
            return float(value) * unit
    return None


def no_read_timeout(case: Case) -> Iterator[str]:
    for number, attempt, _ in case.attempts:
        waits = (attempt.waited, attempt.gave_up_after or 0.0, *(pull.waited for pull in attempt.pulls))
        waited = max(waits)
        if waited > case.limits.silence:
            yield f"request {number}: waited {waited:g} s without a byte"


def no_loop_guard(case: Case) -> Iterator[str]:
    for number, attempt, reading in case.attempts:
        repeats, first = reading.repetition()
        if repeats > case.limits.repeats:
            after = attempt.pulls[first:]
            size = sum(len(pull.data) for pull in after)
            stopped = f"; stopped {case.log.outcome.halted}" if case.log.outcome.halted else ""
            yield (
                f"request {number}: pulled {counted(len(after), 'chunk')}, {counted(size, 'byte')},"
                " from the first repetition on"
                f"{stopped}"
            )


def left_open(case: Case) -> Iterator[str]:
    if case.log.outcome.error is None:
        return
    for number, attempt, _ in case.attempts:
        if attempt.status is not None and attempt.ended_at is None and attempt.closed_at is None:
            yield f"request {number}: {amount(attempt)}, neither read to its end nor closed"


_LOOKS: dict[str, Look] = {
    "accepted-truncated": accepted_truncated,
    "left-early": left_early,
    "swallowed-error": swallowed_error,
    "concatenated-retry": concatenated,
    "lost-character": lost_character,
    "lost-text": lost_text,
    "invented-text": invented_text,
    "needless-failure": needless_failure,
    "retried-refusal": retried_refusal,
    "ignored-retry-after": ignored_retry_after,
    "no-back-off": no_back_off,
    "retry-storm": retry_storm,
    "no-read-timeout": no_read_timeout,
    "no-loop-guard": no_loop_guard,
    "left-open": left_open,
}
