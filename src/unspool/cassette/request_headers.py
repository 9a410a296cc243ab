"""The headers of a request that a cassette contains: those that describe the request, and no others.

The others describe the client (its version, its platform, its retries) and change when it is updated, or
identify the user.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from unspool.cassette.match import Matching
from unspool.cassette.model import Request
from unspool.headers import only

HEADERS = frozenset(
    name
    for names in (
        "accept accept-language content-encoding content-language content-type range",
        "if-match if-modified-since if-none-match if-unmodified-since",
        "prefer x-http-method-override",
        "anthropic-beta anthropic-version openai-beta",  # which of its APIs a provider is asked for
        "mcp-protocol-version x-amz-target",
        "x-amzn-bedrock-accept x-amzn-bedrock-guardrailidentifier x-amzn-bedrock-guardrailversion",
        "x-amzn-bedrock-performanceconfig-latency",
    )
    for name in names.split()
)
"""The names that are always written, in lower case."""

_CREDENTIALS = {"api-key", "authorization", "cookie", "proxy-authorization", "x-amz-security-token"}
_CREDENTIALS |= {"x-api-key", "x-goog-api-key"}


def written_names(matching: Matching, allow_headers: Sequence[str] | None) -> Collection[str] | None:
    """The names of the headers to write, in lower case; None for all of them.

    Args:
        matching: the parts that must match. A header that it names is written; all are if it names `headers`,
            or has
            functions, which may look at any header, and nothing else is said.
        allow_headers: further names, in any case; None if nothing is said.
    """
    if "headers" in matching.names or (matching.others and allow_headers is None):
        return None
    return HEADERS | named_headers(matching, allow_headers, secret=True)


def named_headers(
    matching: Matching, allow_headers: Sequence[str] | None, *, secret: bool = False
) -> frozenset[str]:
    """The headers that a user names, in lower case; those with credentials only if `secret` is true."""
    matched = {name.removeprefix("headers.") for name in matching.names if name.startswith("headers.")}
    named = frozenset(matched | {name.lower() for name in allow_headers or ()})
    return named if secret else named - _CREDENTIALS


def with_headers(request: Request, names: Collection[str] | None) -> Request:
    """Return the request with these headers only; the same request if it has no others."""
    if names is None:
        return request
    kept = only(request.headers, names)
    return request if len(kept) == len(request.headers) else replace(request, headers=kept)
