"""A recorded request as it can be sent again: to the same address, with a key from the environment."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from unspool.cassette.model import Request
from unspool.cassette.redact import REDACTED
from unspool.client.aws import Credentials, signature
from unspool.drift.environments import DriftError
from unspool.drift.recordings import Recorded
from unspool.headers import Headers, header, without
from unspool.providers.detect import provider_at
from unspool.providers.registry import PROVIDERS
from unspool.server.upstreams import Upstreams

_NOT_SENT = frozenset(
    {"authorization", "api-key", "connection", "content-length", "host", "transfer-encoding", "x-amz-date"}
    | {"x-api-key", "x-goog-api-key", "accept-encoding", "cookie"}
)
"""Headers that hold a key, or that the client makes itself."""

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_KEY_HEADERS = {"anthropic": "x-api-key", "azure": "api-key", "gemini": "x-goog-api-key"}
_CODINGS = "gzip, deflate"


class NotAskedError(DriftError):
    """A recorded request can't be sent again; says why."""


def sendable(one: Recorded, upstreams: Mapping[str, str], variables: Mapping[str, str]) -> Request:
    """Return the request to send.

    A provider's key goes to that provider's own host, or to one that the user names: a cassette, which
    someone else may have written, can't send a key elsewhere. A server that is no provider's gets no key.

    Args:
        one: the recording.
        upstreams: base URLs by provider; that of the name "" is for all requests.
        variables: the environment.

    Raises:
        NotAskedError: the request is redacted, isn't a call to a model, or there is no key for it.
        UpstreamError: there is no such upstream.
    """
    recorded = one.interaction.request
    if one.wire_format is None:
        raise NotAskedError("it isn't a call to a model in a known format")
    if REDACTED.encode() in recorded.body:
        raise NotAskedError("its body has a redacted value, without which it would be another request")
    provider = provider_at(recorded.uri)
    uri = _without_redacted(_address(recorded.uri, provider, upstreams))
    headers = tuple(
        (name, value) for name, value in without(recorded.headers, _NOT_SENT) if REDACTED not in value
    )
    sent = Request(recorded.method, uri, (*headers, ("accept-encoding", _CODINGS)), recorded.body)
    if provider is not None and not _is_named(provider, upstreams):
        _check_host(uri, provider, variables)
    return replace(sent, headers=(*sent.headers, *_own_headers(sent, provider, one.wire_format, variables)))


_BEDROCK = re.compile(r"bedrock(-agent)?-runtime(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")


def _check_host(uri: str, provider: str, variables: Mapping[str, str]) -> None:
    """Refuse a host that might be someone else's: any customer has one below `openai.azure.com`.

    Raises:
        NotAskedError: it is neither the provider's only one nor the one that the environment names.
    """
    parts, known = urlsplit(uri), PROVIDERS[provider]
    named = (known.base_url, *(variables.get(name) for name in known.base_url_variables))
    own = {_origin(url) for url in named if url} | {("https", one) for one in known.hosts if "*" not in one}
    scheme, host = _origin(uri)
    is_bedrock = provider == "bedrock" and scheme == "https" and _BEDROCK.fullmatch(host) is not None
    is_below = any(
        scheme == its and host.endswith(f".{one}") for its, one in own
    )  # such as eu.api.openai.com
    if is_bedrock or is_below or (scheme, host) in own:
        return
    variable = f", or set {known.base_url_variables[0]}" if known.base_url_variables else ""
    raise NotAskedError(
        f"its key would go to {host}, which may not be yours: allow it with --upstream {provider}="
        f"{parts.scheme}://{parts.netloc}{variable}"
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or ""


def _is_named(provider: str | None, upstreams: Mapping[str, str]) -> bool:
    """Whether the user names the server that a provider's requests go to."""
    return bool(upstreams.get(provider or "") or upstreams.get(""))


def _address(uri: str, provider: str | None, upstreams: Mapping[str, str]) -> str:
    if not _is_named(provider, upstreams):
        return uri
    parts = urlsplit(uri)
    tag = f"/@{provider}" if provider else ""
    asked = urlunsplit(("http", "localhost", f"{tag}{parts.path}", parts.query, ""))
    return Upstreams(upstreams, {}).url_for(Request("POST", asked))


def _without_redacted(uri: str) -> str:
    parts = urlsplit(uri)
    if REDACTED not in parts.query:
        return uri
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if REDACTED not in value
    ]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _own_headers(
    sent: Request, provider: str | None, wire_format: str, variables: Mapping[str, str]
) -> Headers:
    added: list[tuple[str, str]] = []
    if header(sent.headers, "content-type") is None:
        added.append(("content-type", "application/json"))
    if wire_format == "anthropic-messages" and header(sent.headers, "anthropic-version") is None:
        added.append(("anthropic-version", "2023-06-01"))
    if provider is None:
        return tuple(added)
    names = PROVIDERS[provider].key_variables
    key = next((variables[name] for name in names if variables.get(name)), None)
    if key is None and provider == "bedrock":
        return (*added, *_signed(sent, variables))
    if key is None and names:
        raise NotAskedError(f"there is no key for {provider} in the environment: set {' or '.join(names)}")
    return (*added, *(() if key is None else (_key_header(provider, key),)))


def _key_header(provider: str, key: str) -> tuple[str, str]:
    name = _KEY_HEADERS.get(provider.partition("_")[0])
    return (name, key) if name and provider != "vertex_ai" else ("authorization", f"Bearer {key}")


def _signed(sent: Request, variables: Mapping[str, str]) -> Headers:
    access, secret = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    region = _REGION.search(urlsplit(sent.uri).hostname or "")
    if not access or not secret or region is None:
        raise NotAskedError(
            "there is no key for bedrock in the environment: set AWS_BEARER_TOKEN_BEDROCK, or"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    headers = {"content-type": header(sent.headers, "content-type") or "application/json"}
    credentials = Credentials(access, secret, variables.get("AWS_SESSION_TOKEN"))
    signed = signature(
        sent.method, sent.uri, headers, sent.body, credentials=credentials, region=region[0], at=time.time()
    )
    return tuple(signed.items())
