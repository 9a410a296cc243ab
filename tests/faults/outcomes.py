"""What our own client makes of each scenario: the error's class, or the empty text where there is none."""

from __future__ import annotations

CONNECTION = "APIConnectionError"

ERRORS: dict[str, str] = {
    "loop-one-chunk": "RepetitionError",
    "refused": CONNECTION,
    "no-answer": CONNECTION,
    "reset-after-headers": CONNECTION,
    "reset-after-role": CONNECTION,
    "reset-in-mid-answer": CONNECTION,
    "closed-in-mid-answer": CONNECTION,
    "retry-after-partial-output": CONNECTION,
    "slow-first-token": "Timeout",
    "stall-and-resume": "Timeout",
    "stall-for-ever": "Timeout",
    "error-before-the-first-token": "InternalServerError",
    "rate-limit-in-mid-answer": "RateLimitError",
    "overloaded-in-mid-answer": "InternalServerError",
    "anthropic-error-event": "InternalServerError",
    "vllm-error-in-200": "InternalServerError",
    "vllm-error-chunk": "InternalServerError",
    "openrouter-error-chunk": "BadGatewayError",
    "groq-error-event": "BadRequestError",
    "error-on-a-bare-line": "InternalServerError",
    "rate-limited-once": "RateLimitError",
    "bad-key": "AuthenticationError",
    "overloaded-twice": "InternalServerError",
    "web-page-in-200": CONNECTION,
    "bad-gzip": CONNECTION,
    "malformed-event": CONNECTION,
    "cut-between-events": "IncompleteStreamError",
    "cut-in-an-event": "IncompleteStreamError",
    "cut-in-a-character": "IncompleteStreamError",
    "no-finish-reason": "IncompleteStreamError",
}
"""By scenario. The others end without an error."""

CUT = frozenset({"cut-between-events", "cut-in-an-event", "cut-in-a-character", "no-finish-reason"})
"""Those that end without an error if `strict` is False, as the whole answer would."""

CHANGED = frozenset(
    {
        "broken-arguments",
        "call-cut-by-max-tokens",
        "call-cut-that-looks-whole",
        "cumulative-arguments",
        "event-twice",
        "honest-repeats",
        "loop-of-two",
        "loop-without-a-period",
        "message-repeated-at-the-end",
        "null-choices",
        *CUT,
    }
)
"""Those that end without an error and don't say what the recording says."""
