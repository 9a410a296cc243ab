"""Sign AWS requests again: their signature covers the host (Signature Version 4), which a proxy changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from unspool.cassette.model import Request
from unspool.headers import header, without
from unspool.server.sources import UpstreamError

_SIGNED = "AWS4-HMAC-SHA256"
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/([\w-]+)/([\w-]+)/aws4_request")
_OF_THE_SIGNATURE = frozenset({"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"})


def is_signed(request: Request) -> bool:
    """Whether a request carries a signature over its host."""
    return (header(request.headers, "authorization") or "").startswith(_SIGNED)


def resigned(request: Request, variables: Mapping[str, str]) -> Request:
    """Sign a request for its new URL.

    Args:
        request: with the client's signature, which names the region and the service.
        variables: the environment with the credentials.

    Raises:
        UpstreamError: there are no credentials, or botocore isn't installed.
    """
    scope = _SCOPE.search(header(request.headers, "authorization") or "")
    key, secret = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    if scope is None or not key or not secret:
        raise UpstreamError(
            "AWS requests sign the host that they go to, so the proxy has to sign this one again: expected"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of `unspool`, got none. A"
            " Bedrock API key (AWS_BEARER_TOKEN_BEDROCK) needs no signature"
        )
    region, service = scope.groups()
    headers = dict(without(request.headers, _OF_THE_SIGNATURE))
    signed = _signed(request, headers, (key, secret, variables.get("AWS_SESSION_TOKEN")), service, region)
    return Request(request.method, request.uri, tuple(signed.items()), request.body)


def _signed(
    request: Request,
    headers: Mapping[str, str],
    credentials: tuple[str, str, str | None],
    service: str,
    region: str,
) -> Mapping[str, str]:
    try:
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - an extra
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - as above
        from botocore.credentials import Credentials  # noqa: PLC0415 - as above
    except ImportError as error:
        raise UpstreamError(
            "AWS requests have to be signed again, which needs botocore: pip install 'unspool[bedrock]'"
        ) from error
    asked: Any = AWSRequest(request.method, request.uri, dict(headers), request.body)
    SigV4Auth(Credentials(*credentials), service, region).add_auth(asked)
    return dict(asked.headers.items())
