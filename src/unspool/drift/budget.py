"""A budget of requests and tokens that is never passed: each request reserves the most that it can cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LIMITS = (
    ("max_tokens",),
    ("max_completion_tokens",),
    ("max_output_tokens",),
    ("max_tokens_to_sample",),
    ("generationConfig", "maxOutputTokens"),
    ("generation_config", "max_output_tokens"),
    ("inferenceConfig", "maxTokens"),
    ("options", "num_predict"),
)
"""Where requests limit their output, in each of the formats."""

_COUNTS = (("n",), ("best_of",), ("generationConfig", "candidateCount"))
"""Where requests ask for several outputs."""

_UNBOUNDED_FIELDS = frozenset(
    {"previous_response_id", "conversation", "cachedContent", "file_id", "fileData", "file_data", "file_url"}
    | {"image", "image_url", "document", "video", "inlineData", "inline_data", "input_audio", "file_uri"}
    | {"web_search_options", "search_parameters", "mcp_servers", "plugins"}
)
_UNBOUNDED_PARTS = frozenset({"image", "document", "input_image", "input_file", "input_audio", "file"})
"""Fields, and types of parts, whose tokens aren't bounded by the request's bytes: references to input
elsewhere, searches, and media, of which a few bytes can be thousands of tokens."""

_OVERHEAD = 1024
"""Tokens that a provider may add to a request itself: its template, the instructions for tools."""


@dataclass
class Budget:
    """What may be spent, and what has been.

    Attributes:
        requests: how many may be sent; None for any number.
        tokens: how many may be used, input and output; None for any number.
        sent: how many requests have been sent.
        used: how many tokens they have used, or may have used where the response doesn't say.
    """

    requests: int | None = None
    tokens: int | None = None
    sent: int = 0
    used: int = 0

    def refusal(self, most: int | None) -> str | None:
        """Return why a request mustn't be sent; None if it fits into the rest of the budget.

        Args:
            most: the tokens that it can cost at most; None if it may cost any number.
        """
        if self.requests is not None and self.sent >= self.requests:
            return f"the budget of {self.requests} requests is spent"
        if self.tokens is None:
            return None
        if most is None:
            return (
                "with a budget of tokens only requests are sent whose cost has a limit: this one has none for"
                " its output, such as max_tokens, or refers to input outside of it"
            )
        if self.used + most > self.tokens:
            return f"it may cost {most:,} tokens, and {self.tokens - self.used:,} are left of the budget"
        return None

    def spend(self, most: int | None, used: int | None) -> None:
        """Note a request that was sent.

        Args:
            most: the tokens that it could cost at most.
            used: those that the response reports; None if it doesn't, and the most counts.
        """
        self.sent += 1
        self.used += (most or 0) if used is None else used


def most_tokens(document: Any, body: bytes) -> int | None:
    """Return the most tokens that a request can cost; None if it has no bound.

    A token is at least a byte of text, so that the input has at most as many tokens as the request has bytes.

    Args:
        document: the request's JSON.
        body: the request.
    """
    if not isinstance(document, Mapping) or any(_unbounded(document)):
        return None
    limits = [value for path in _LIMITS if (value := _at(document, path)) is not None and value > 0]
    if not limits:
        return None
    times = max(1, *(_at(document, path) or 1 for path in _COUNTS))
    return len(body) + _OVERHEAD + max(limits) * times


def _at(document: Any, path: tuple[str, ...]) -> int | None:
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document if isinstance(document, int) and not isinstance(document, bool) else None


def _unbounded(value: Any) -> Iterator[str]:
    """Yield what may make the input larger than the request."""
    if isinstance(value, Mapping):
        yield from (key for key in value if key in _UNBOUNDED_FIELDS and value[key])
        yield from _UNBOUNDED_PARTS & {str(value.get("type"))}
        tools = value.get("tools")
        yield from (str(tool) for tool in tools if _runs_there(tool)) if isinstance(tools, list) else ()
        for name, one in value.items():
            yield from () if name in _SCHEMAS else _unbounded(one)
    elif isinstance(value, list):
        for one in value:
            yield from _unbounded(one)


_SCHEMAS = frozenset({"arguments", "args", "input_schema", "inputSchema", "parameters", "schema"})
"""Objects whose keys are the user's names, which may be those of any field."""

_TOOLS = frozenset({"function", "custom"})


def _runs_there(tool: Any) -> bool:
    """Whether the provider runs a tool itself: web search, code, MCP."""
    if not isinstance(tool, Mapping):
        return True
    kind = tool.get("type")
    if isinstance(kind, str):
        return kind not in _TOOLS
    return not {"name", "function", "functionDeclarations", "function_declarations", "toolSpec"} & set(tool)
