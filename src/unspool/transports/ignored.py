"""Requests that concern no test: they aren't recorded or replayed.

They reach the network while recording, or if their host is allowed. Otherwise they fail with the connection
error of their own client, as on a machine without a network, and no test fails. Some of these requests are
ignored by default: downloads and reports of libraries, often in a separate thread, in the first test that
runs. A cassette with recordings of such a host answers them nevertheless.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import End, Failure
from unspool.transports import active
from unspool.transports.hosts import LOOPBACK, is_allowed
from unspool.transports.http_library import HttpxRequest, exception, family_of

HOUSEKEEPING = (
    ("raw.githubusercontent.com", "/BerriAI/litellm/"),  # litellm's list of prices, loaded when it's imported
    ("api.openai.com", "/v1/traces/ingest"),  # openai-agents' traces
    ("api.smith.langchain.com", "/runs"),  # LangSmith's traces
    ("cloud.langfuse.com", "/api/public/"),
    ("us.cloud.langfuse.com", "/api/public/"),
    ("huggingface.co", "/api/telemetry"),
    ("telemetry.crewai.com", "/"),
    ("app.posthog.com", "/"),  # PostHog: mem0, Chroma, Haystack and others
    ("us.i.posthog.com", "/"),
    ("eu.i.posthog.com", "/"),
    (".ingest.sentry.io", "/"),
    (".ingest.us.sentry.io", "/"),
    (".ingest.de.sentry.io", "/"),
    ("logfire-api.pydantic.dev", "/"),
    ("logfire-us.pydantic.dev", "/"),
    ("logfire-eu.pydantic.dev", "/"),
)
"""Hosts, of which those that begin with a dot stand for all that end so, and how their paths begin."""


def is_ignored(cassette: Cassette | None, uri: str) -> bool:
    """Whether a request is ignored, because a project configures it or because it's housekeeping."""
    if is_housekeeping(uri):
        host = urlsplit(uri).hostname or ""
        return cassette is None or not (cassette.answers_housekeeping or _holds(cassette, host))
    if cassette is None or not (cassette.ignore_hosts or cassette.ignore_localhost):
        return False
    return is_ignored_host(cassette, urlsplit(uri).hostname or "", _port(uri))


def is_housekeeping(uri: str) -> bool:
    """Whether a request is a library's own housekeeping."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    starts = _STARTS.get(host) or _starts_below(host)
    return bool(starts) and parts.path.startswith(starts)


def is_ignored_host(cassette: Cassette, host: str, port: object) -> bool:
    """Whether a project ignores a host's requests."""
    hosts = frozenset(cassette.ignore_hosts) | (LOOPBACK if cassette.ignore_localhost else frozenset())
    return bool(hosts) and is_allowed(host, port, hosts)


def may_pass(cassette: Cassette | None, uri: str) -> bool:
    """Whether an ignored request may reach the network from here."""
    if cassette is not None and cassette.is_recording:
        return True
    used = active.current()
    return used is not None and is_allowed(urlsplit(uri).hostname or "", _port(uri), used.allowed_hosts)


def check_passing(cassette: Cassette | None, request: HttpxRequest) -> None:
    """Let an ignored request pass, if the network may be reached.

    Raises:
        Exception: the client library's `ConnectError`, if it may not.
    """
    uri = str(request.url)
    if not may_pass(cassette, uri):
        failure = Failure("ConnectError", refusal(uri))
        raise exception(family_of(request), request, End.RESET, failure)


def refusal(uri: str) -> str:
    """Return the message of the connection error of an ignored request."""
    return f"{urlsplit(uri).hostname} is ignored, and the network is blocked here"


def _holds(cassette: Cassette, host: str) -> bool:
    return any(urlsplit(one.request.uri).hostname == host for one in cassette.interactions)


_STARTS = {
    host: tuple(start for known, start in HOUSEKEEPING if known == host)
    for host, _ in HOUSEKEEPING
    if not host.startswith(".")
}
"""By whole host, how the paths of its housekeeping begin: every request is looked up here."""

_DOMAINS = tuple(known for known, _ in HOUSEKEEPING if known.startswith("."))


def _starts_below(host: str) -> tuple[str, ...]:
    if not host.endswith(_DOMAINS):
        return ()
    return tuple(start for known, start in HOUSEKEEPING if known.startswith(".") and host.endswith(known))


def _port(uri: str) -> int | None:
    try:
        parts = urlsplit(uri)
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
