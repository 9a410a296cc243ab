"""The judge: a pure function from what happened to what was wrong with it.

One question is judged, which the client may have asked several times: each of its requests is an attempt,
and the last one is the one whose answer it took.
"""

from __future__ import annotations

from unspool.verdict import holding, retries, taken
from unspool.verdict.case import Case, Limits, Look
from unspool.verdict.log import Log
from unspool.verdict.reading import read
from unspool.verdict.verdict import Finding, Verdict

_LOOKS: dict[str, Look] = {
    "accepted-truncated": taken.accepted_truncated,
    "left-early": taken.left_early,
    "swallowed-error": taken.swallowed_error,
    "concatenated-retry": taken.concatenated,
    "lost-character": taken.lost_character,
    "lost-text": taken.lost_text,
    "invented-text": taken.invented_text,
    "needless-failure": taken.needless_failure,
    "retried-refusal": retries.retried_refusal,
    "ignored-retry-after": retries.ignored_retry_after,
    "no-back-off": retries.no_back_off,
    "retry-storm": retries.retry_storm,
    "no-read-timeout": holding.no_read_timeout,
    "no-loop-guard": holding.no_loop_guard,
    "left-open": holding.left_open,
}

FINDINGS: dict[str, str] = {
    "accepted-truncated": "took a stream that was cut off for a complete answer",
    "left-early": "left before the answer was over, and raised nothing",
    "swallowed-error": "raised nothing when the provider, or the way to it, reported an error",
    "concatenated-retry": "asked again after some text had come, and glued the two answers together",
    "lost-character": "lost or damaged a character that isn't ASCII",
    "lost-text": "lost text that had come, or skipped what it couldn't read",
    "invented-text": "has text that the model never sent",
    "needless-failure": "raised though all that had come is well to read",
    "retried-refusal": "asked again what will be refused again",
    "ignored-retry-after": "asked again before the provider's Retry-After was over",
    "no-back-off": "asked again at once",
    "retry-storm": "asked more often than a question is worth",
    "no-read-timeout": "waited for the next byte beyond all patience",
    "no-loop-guard": "went on reading a stream that repeats itself",
    "left-open": "left an unfinished answer open after an error",
}
"""What can be found, and what it means."""

_LIMITS = Limits()


def judge(log: Log, limits: Limits = _LIMITS) -> Verdict:
    """What was wrong with what a client did."""
    readings = [read(attempt, log.wire_format) for attempt in log.attempts]
    whole = None if log.whole is None else read(log.whole, log.wire_format)
    case = Case(log, readings, whole, limits)
    found = (Finding(kind, evidence) for kind, look in _LOOKS.items() for evidence in look(case))
    return Verdict(log, tuple(found))
