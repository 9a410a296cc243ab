"""Amazon's servers: their addresses, and the signature of requests to them (extra `bedrock`).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. The signature contains the time and a
hash of the body, so a request is signed as built by the HTTP library, just before it's sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from unspool.client.call import Options
from unspool.errors import AuthenticationError
from unspool.providers.registry import PROVIDERS

Sign = Callable[[Any], dict[str, str]]
"""Additional headers for an httpx or httpx2 request."""

DEFAULT_REGION = "us-west-2"
"""LiteLLM's default region."""

_SERVICE = "bedrock"  # in a signature; the host's name is another
_SCHEME = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """AWS credentials: a pair of keys, and the session token of temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def region_of(options: Options, environ: Mapping[str, str]) -> str:
    """Return the call's region, else the environment's, else LiteLLM's default."""
    named = (options.aws_region_name, environ.get("AWS_REGION_NAME"), environ.get("AWS_REGION"))
    return next(filter(None, (*named, environ.get("AWS_DEFAULT_REGION"))), DEFAULT_REGION)


def bedrock_url(options: Options, environ: Mapping[str, str]) -> str:
    """Return the default base URL of Bedrock's models."""
    named = map(environ.get, PROVIDERS["bedrock"].base_url_variables)
    own = f"https://bedrock-runtime.{region_of(options, environ)}.amazonaws.com"
    return options.aws_bedrock_runtime_endpoint or next(filter(None, named), own)


def signer_of(options: Options, environ: Mapping[str, str], *, url: str) -> Sign | None:
    """Return the signer of requests to Bedrock; None for a server that isn't Amazon's.

    Args:
        url: the server of the request.

    Raises:
        AuthenticationError: the server is Amazon's, and there are no credentials.
    """
    credentials = _credentials(options, environ)
    if credentials is None and (options.transport or options.http_client or ".amazonaws.com" not in url):
        return None
    if credentials is None:
        raise AuthenticationError(
            "no AWS credentials: pass aws_access_key_id=… and aws_secret_access_key=…, or set"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or a Bedrock API key as api_key=… or"
            " AWS_BEARER_TOKEN_BEDROCK",
            llm_provider="bedrock",
        )
    region = region_of(options, environ)

    def sign(request: Any) -> dict[str, str]:
        headers = {"content-type": request.headers["content-type"]}
        return signature(
            request.method,
            str(request.url),
            headers,
            request.content,
            credentials=credentials,
            region=region,
            at=options.clock.now(),
        )

    return sign


def _credentials(options: Options, environ: Mapping[str, str]) -> Credentials | None:
    if options.aws_access_key_id and options.aws_secret_access_key:
        return Credentials(
            options.aws_access_key_id, options.aws_secret_access_key, options.aws_session_token
        )
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        return Credentials(access_key, secret_key, environ.get("AWS_SESSION_TOKEN"))
    return None


def signature(
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes,
    *,
    credentials: Credentials,
    region: str,
    at: float,
) -> dict[str, str]:
    """Return the headers that sign a request: its method, URL and body, and these of its headers.

    Args:
        at: when it's sent, in seconds since 1970. Amazon rejects it five minutes later.

    Raises:
        ImportError: botocore isn't installed.
    """
    try:
        auth, requests = import_module("botocore.auth"), import_module("botocore.awsrequest")
    except ImportError as error:
        raise ImportError(
            "Bedrock's requests are signed by botocore: pip install 'unspool[bedrock]'"
        ) from error
    when = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": when}
    if credentials.token:
        added["x-amz-security-token"] = credentials.token
    request = requests.AWSRequest(method=method, url=url, headers={**headers, **added}, data=data)
    request.context["timestamp"] = when
    # Step by step, because `add_auth` would read the clock.
    signer = auth.SigV4Auth(credentials, _SERVICE, region)
    names = signer.signed_headers(signer.headers_to_sign(request))
    signed = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    proof = f"Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signed}"
    return {**added, "authorization": f"{_SCHEME} {proof}"}
