"""Requests to AWS, signed for another host."""

from __future__ import annotations

import re

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from freezegun import freeze_time

from unspool.cassette.model import Request, header
from unspool.server.resigning import is_signed, resigned
from unspool.server.sources import UpstreamError

URL = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream"
BODY = b'{"messages": []}'
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_SESSION_TOKEN": "session"}


def signed(url: str, key: str, secret: str, token: str | None = None) -> Request:
    asked = AWSRequest("POST", url, {"Content-Type": "application/json"}, BODY)
    SigV4Auth(Credentials(key, secret, token), "bedrock", "eu-west-1").add_auth(asked)
    return Request("POST", url, tuple(asked.headers.items()), BODY)


def test_a_request_is_signed_for_its_upstream() -> None:
    sent = signed("http://127.0.0.1:4010/model/m/converse-stream", "AKIACLIENT", "client")
    again = resigned(Request("POST", URL, sent.headers, BODY), KEYS)
    found = header(again.headers, "authorization") or ""
    assert re.match(r"AWS4-HMAC-SHA256 Credential=AKIAREAL/\d{8}/eu-west-1/bedrock/aws4_request", found)
    assert header(again.headers, "x-amz-security-token") == "session"
    assert "AKIACLIENT" not in str(again.headers)


def test_the_signature_is_aws_s_own() -> None:
    with freeze_time("2026-12-01"):
        sent = signed("http://127.0.0.1:4010/model/m/converse-stream", "AKIACLIENT", "client")
        again = resigned(Request("POST", URL, sent.headers, BODY), KEYS)
        wanted = signed(URL, "AKIAREAL", "real", "session")
    assert header(again.headers, "authorization") == header(wanted.headers, "authorization")


def test_only_a_signature_is_made_again() -> None:
    assert is_signed(signed(URL, "AKIA", "secret"))
    assert not is_signed(Request("POST", URL, (("authorization", "Bearer key"),), BODY))


def test_without_credentials_a_request_is_refused() -> None:
    with pytest.raises(UpstreamError, match="AWS_ACCESS_KEY_ID"):
        resigned(signed(URL, "AKIA", "secret"), {})
