"""The servers that a recording proxy forwards to: one upstream for each provider, never a host from the
client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from unspool.cassette.model import Headers, Request, header
from unspool.providers.detect import format_of_exchange
from unspool.providers.registry import PROVIDERS
from unspool.server.addresses import split_tag
from unspool.server.sources import UpstreamError

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_SIGNED_REGION = re.compile(r"Credential=[^/,\s]+/\d{8}/([a-z0-9-]+)/")
_LOCATION = re.compile(r"/locations/([a-z0-9-]+)/")
_AZURE = re.compile(r"/openai/(?:deployments/|v1/|responses)")

_BY_FORMAT = {
    "anthropic": "anthropic",
    "bedrock": "bedrock",
    "cohere": "cohere",
    "gemini": "gemini",
    "ollama": "ollama",
    "openai": "openai",
}
"""The provider by the prefix of its wire format's name, for requests at a path of its own."""

_BY_PATH = (
    ("/v1beta", "gemini"),
    ("/v1alpha", "gemini"),
    ("/model", "bedrock"),
    ("/api/", "ollama"),
    ("/v2/", "cohere"),
)

_SDK_VARIABLES = {
    "azure": ("AZURE_OPENAI_ENDPOINT",),
    "cohere": ("CO_API_URL",),
    "gemini": ("GOOGLE_GEMINI_BASE_URL",),
    "groq": ("GROQ_BASE_URL",),
    "mistral": ("MISTRAL_BASE_URL",),
    "ollama": ("OLLAMA_HOST",),
}
"""Variables from which SDKs read a base URL, beside those of the registry."""


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The address of each provider's API.

    Attributes:
        given: base URLs by provider; that of the name "" takes all requests.
        variables: the environment that the command was started in. Where it has a provider's base URL, such
            as `OPENAI_BASE_URL`, that is the upstream.
    """

    given: Mapping[str, str]
    variables: Mapping[str, str]

    def url_for(self, request: Request) -> str:
        """Return the address that a request to the proxy is forwarded to.

        A path such as `/@mistral/v1/chat/completions` names its provider. Without such a tag the path
        decides: `/v1/messages` is Anthropic's, `/v1/chat/completions` OpenAI's.

        Raises:
            UpstreamError: the path belongs to no provider, or the provider has no fixed address.
        """
        parts = urlsplit(request.uri)
        path, query = parts.path or "/", f"?{parts.query}" if parts.query else ""
        tag, path = split_tag(path)
        name = _provider(path, request.headers) if tag is None else tag
        return self._joined(name, path, request.headers) + query

    def _joined(self, name: str, path: str, headers: Headers) -> str:
        given = self._given(name)
        usual = _usual_base(name, path, headers)
        base = given or usual
        if base is None:
            raise UpstreamError(_no_base(name, path))
        own = urlsplit(base)
        if not given or not own.path.strip("/"):
            return f"{own.scheme}://{own.netloc}{path}"
        before = urlsplit(usual or "").path.rstrip("/")
        rest = path.removeprefix(before) if path.startswith(before + "/") else path
        return f"{own.scheme}://{own.netloc}{own.path.rstrip('/')}{rest}"

    def _given(self, name: str) -> str | None:
        found = self.given.get(name) or self.given.get("")
        if found:
            return _checked(found)
        provider = PROVIDERS.get(name)
        variables = (*_SDK_VARIABLES.get(name, ()), *(provider.base_url_variables if provider else ()))
        set_here = [self.variables[variable] for variable in variables if self.variables.get(variable)]
        return (
            _checked(set_here[0] if "://" in set_here[0] else f"http://{set_here[0]}") if set_here else None
        )


def parse_upstream(text: str) -> tuple[str, str]:
    """Read `https://…`, for all requests, or `PROVIDER=https://…`: a provider's name, and its base URL.

    Raises:
        UpstreamError: it has another form.
    """
    name, mark, url = text.partition("=")
    if not mark or "://" in name:
        return "", _checked(text)
    if name not in PROVIDERS:
        raise UpstreamError(f"there is no provider {name!r}: expected one of {', '.join(sorted(PROVIDERS))}")
    return name, _checked(url)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UpstreamError(f"expected a base URL such as https://api.openai.com/v1, got {url!r}")
    return url


def _provider(path: str, headers: Headers) -> str:
    """Return the provider whose path this is, or "" if unknown."""
    if header(headers, "anthropic-version") is not None and "/publishers/" not in path:
        return "anthropic"
    if _LOCATION.search(path):
        return "vertex_ai"
    if _AZURE.match(path):
        return "azure"
    wire_format = format_of_exchange(path) or ""
    found = _BY_FORMAT.get(re.split(r"[-_]", wire_format)[0])
    by_path = next((name for begin, name in _BY_PATH if path.startswith(begin)), None)
    return found or by_path or ("openai" if path.startswith("/v1/") else "")


def _usual_base(name: str, path: str, headers: Headers) -> str | None:
    """Return a provider's own base URL, which for the large clouds depends on the region."""
    if name == "bedrock":
        found = _SIGNED_REGION.search(header(headers, "authorization") or "")
        return (
            f"https://bedrock-runtime.{found[1]}.amazonaws.com"
            if found and _REGION.fullmatch(found[1])
            else None
        )
    if name == "vertex_ai":
        location = _LOCATION.search(path)
        place = location[1] if location else "global"
        return (
            "https://aiplatform.googleapis.com"
            if place == "global"
            else f"https://{place}-aiplatform.googleapis.com"
        )
    provider = PROVIDERS.get(name)
    return None if provider is None else provider.base_url


def _no_base(name: str, path: str) -> str:
    if name in PROVIDERS:
        return f"{name} has no address that is the same for all: give it with --upstream {name}=https://…"
    if name:
        return f"there is no provider {name!r}: expected one of {', '.join(sorted(PROVIDERS))} after /@"
    return (
        f"{path} is no provider's path: give its address with --upstream https://…, or name the provider in"
        " the base URL, as in http://127.0.0.1:4010/@mistral/v1"
    )
