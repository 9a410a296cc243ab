"""What one wouldn't have thought. Each stands on the page only as long as the run shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Surprise:
    """A sentence, and what it rests on.

    Attributes:
        rows: whom it's about.
        shown_by: scenarios, each with the findings and the exceptions that there must be.
    """

    text: str
    rows: tuple[str, ...]
    shown_by: tuple[tuple[str, tuple[str, ...]], ...]


_ALL_BUT_LITELLM = (
    "openai-2",
    "openai-3",
    "anthropic-2",
    "google-genai",
    "mistralai",
    "langchain-openai",
    "pydantic-ai",
)
_OPENAI = ("openai-2", "openai-3")

SURPRISES: tuple[Surprise, ...] = (
    Surprise(
        "All SDKs but LiteLLM accept a stream that is cut off between two events as a complete response. An"
        " application that uses them must check the finish reason.",
        _ALL_BUT_LITELLM,
        (("cut-between-events", ("accepted-truncated",)), ("no-finish-reason", ("accepted-truncated",))),
    ),
    Surprise(
        "A status 200 whose body is an error in JSON is an empty answer to OpenAI's SDK and to LiteLLM on top"
        " of it.",
        (*_OPENAI, "litellm-openai"),
        (("vllm-error-in-200", ("swallowed-error",)),),
    ),
    Surprise(
        "LangChain hands OpenAI's SDK a timeout of None, which is no timeout: its sync stream hangs for as"
        " long as the server does. Its async stream has a timer of its own, of two minutes.",
        ("langchain-openai",),
        (("stall-for-ever", ("no-read-timeout", "langchain_openai.StreamChunkTimeoutError")),),
    ),
    Surprise(
        "Google's SDK has no read timeout either, and fails on a comment line, which SSE has for keeping a"
        " connection alive.",
        ("google-genai",),
        (("stall-for-ever", ("no-read-timeout",)), ("comments", ("needless-failure",))),
    ),
    Surprise(
        "Anthropic's stream helper raises a bare AssertionError where the stream isn't one, as with a web"
        " page, or starts with a byte order mark.",
        ("anthropic-2",),
        (
            ("web-page-in-200", ("builtins.AssertionError",)),
            ("byte-order-mark", ("builtins.AssertionError",)),
        ),
    ),
    Surprise(
        "LiteLLM's guard stops a loop of one chunk and is blind to a loop of two.",
        ("litellm-openai", "litellm-anthropic"),
        (
            ("loop-one-chunk", ("litellm.MidStreamFallbackError",)),
            ("loop-of-two", ("no-loop-guard",)),
        ),
    ),
    Surprise(
        "LiteLLM's own Anthropic client loses the text that comes after the finish reason, and reports no"
        " error where the finish reason is missing.",
        ("litellm-anthropic",),
        (("text-after-finish", ("lost-text",)), ("no-finish-reason", ("left-early",))),
    ),
    Surprise(
        "Nearly every SDK reports a failure when the connection breaks after the finish reason, though"
        " nothing of the answer is missing. LiteLLM's Anthropic client doesn't.",
        _ALL_BUT_LITELLM,
        (("reset-after-finish", ("needless-failure",)),),
    ),
    Surprise(
        "To Mistral's SDK every error in a stream is an answer that it can't validate, and an error beside"
        " `choices` is no error at all.",
        ("mistralai",),
        (
            ("rate-limit-in-mid-answer", ("mistralai.ResponseValidationError",)),
            ("openrouter-error-chunk", ("swallowed-error",)),
        ),
    ),
)
