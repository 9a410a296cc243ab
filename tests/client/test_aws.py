"""Asking Bedrock: the region, the credentials and the signature, beside botocore's own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import httpx
import httpx2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from freezegun import freeze_time
from tests.loopback import Answer, Loopback, Request, serve
from tests.providers.bedrock import events as bedrock

from unspool.builder import stream_chunk_builder
from unspool.client import acompletion, completion
from unspool.client.aws import Credentials, bedrock_url, region_of, signature, signer_of
from unspool.client.call import Options
from unspool.clock import VirtualClock
from unspool.errors import (
    AuthenticationError,
    ContextWindowExceededError,
    InternalServerError,
    RateLimitError,
)
from unspool.wire.aws import encode_aws

MODEL = "us.amazon.nova-lite-v1:0"
PATH = "/model/us.amazon.nova-lite-v1%3A0/converse-stream"
MESSAGES = [{"role": "user", "content": "Héllo?"}]
NOON = 1_767_268_800.0  # seconds: 2026-01-01 12:00 UTC
KEYS = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret"}
TOKEN = {"aws_session_token": "token"}
REGION = {"aws_region_name": "eu-central-1"}

ANSWER = (
    bedrock.START,
    *bedrock.text("I'll ", "look."),
    *bedrock.tool("look", '{"at": ', '"sky"}', index=1),
    bedrock.stop("tool_use"),
    bedrock.metadata(),
)


def streamed(*events: Any) -> Answer:
    headers = {"content-type": "application/vnd.amazon.eventstream"}
    return Answer([encode_aws(each) for each in events], headers=headers)


@pytest.fixture(autouse=True)
def _nobody_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serve({PATH: streamed(*ANSWER)}) as server:
        yield server


def here(server: Loopback, **options: Any) -> dict[str, Any]:
    return {
        "model": f"bedrock/{MODEL}",
        "messages": MESSAGES,
        "base_url": server.url,
        "stream": True,
        **options,
    }


# -- the signature ------------------------------------------------------------------------------------


def botocore_s(url: str, headers: Mapping[str, str], data: bytes, *, token: str | None) -> dict[str, str]:
    """The headers that botocore's own signer adds at noon."""
    request = AWSRequest(method="POST", url=url, headers=dict(headers), data=data)
    with freeze_time("2026-01-01 12:00:00"):
        SigV4Auth(Credentials("AKIATEST", "secret", token), "bedrock", "eu-central-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items() if name not in headers}


@pytest.mark.parametrize("token", [None, "token"])
@pytest.mark.parametrize("port", ["", ":8443"])
@pytest.mark.parametrize("data", [b"", b"{}", "Héllo".encode()])
def test_it_is_botocore_s_for_the_same_request_and_time(token: str | None, port: str, data: bytes) -> None:
    url, headers = f"https://bedrock.test{port}{PATH}", {"content-type": "application/json"}
    ours = signature(
        "POST",
        url,
        headers,
        data,
        credentials=Credentials("AKIATEST", "secret", token),
        region="eu-central-1",
        at=NOON,
    )
    assert ours == botocore_s(url, headers, data, token=token)


def test_it_is_what_botocore_s_client_sends() -> None:
    sent: list[Any] = []
    session = botocore.session.Session()
    client = session.create_client("bedrock-runtime", region_name="eu-central-1", **KEYS, **TOKEN)

    def stop_here(request: Any, **_: Any) -> None:
        sent.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", stop_here)
    with freeze_time("2026-01-01 12:00:00"), pytest.raises(InterruptedError):
        client.converse_stream(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hi"}]}])
    (request,) = sent
    headers = {name.lower(): _as_text(value) for name, value in request.headers.items()}
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")

    ours = signature(
        request.method,
        request.url,
        {name: headers[name] for name in signed if name in headers and not name.startswith("x-amz-")},
        request.body,
        credentials=Credentials("AKIATEST", "secret", "token"),
        region="eu-central-1",
        at=NOON,
    )

    assert request.url.endswith(PATH)
    assert ours["authorization"] == headers["authorization"]


def _as_text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_without_botocore_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(ImportError, match=r"pip install 'unspool\[bedrock\]'"):
        signature("POST", "https://a.test", {}, b"", credentials=Credentials("a", "b"), region="r", at=0.0)


# -- what is sent -------------------------------------------------------------------------------------


def verify(request: Request, url: str, *, token: str | None = None) -> None:
    """A server's view: the signature fits the bytes that came."""
    expected = botocore_s(url + request.path, {"content-type": "application/json"}, request.data, token=token)
    assert expected.items() <= request.headers.items()


@pytest.mark.parametrize("token", [{}, TOKEN])
def test_a_request_is_signed_as_it_arrives(server: Loopback, token: dict[str, str]) -> None:
    list(completion(**here(server), **KEYS, **token, **REGION, clock=VirtualClock(NOON)))
    (request,) = server.requests
    assert request.path == PATH
    verify(request, server.url, token=token.get("aws_session_token"))


def test_the_credentials_may_be_the_environment_s(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, **TOKEN}.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    list(completion(**here(server), clock=VirtualClock(NOON)))
    verify(server.requests[0], server.url, token="token")


@pytest.mark.anyio
async def test_an_async_request_is_signed_too(server: Loopback) -> None:
    stream = await acompletion(**here(server), **KEYS, **REGION, clock=VirtualClock(NOON))
    assert [chunk async for chunk in stream]
    verify(server.requests[0], server.url)


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_either_library_s_request_is_signed(library: Any) -> None:
    seen: list[Any] = []

    def say_hello(request: Any) -> Any:
        seen.append(request)
        return library.Response(200, content=b"".join(map(encode_aws, ANSWER)))

    with library.Client(transport=library.MockTransport(say_hello)) as client:
        options = {**KEYS, **REGION, "clock": VirtualClock(NOON), "http_client": client}
        list(completion(f"bedrock/{MODEL}", MESSAGES, stream=True, **options))

    (request,) = seen
    url = f"https://bedrock-runtime.eu-central-1.amazonaws.com{PATH}"
    assert str(request.url) == url
    expected = botocore_s(url, {"content-type": "application/json"}, request.content, token=None)
    assert expected.items() <= dict(request.headers).items()


@pytest.mark.parametrize("variable", [False, True])
def test_a_bedrock_key_needs_no_signature(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, variable: bool
) -> None:
    if variable:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "ABSK")
    list(completion(**here(server, api_key=None if variable else "ABSK"), **KEYS))
    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer ABSK"
    assert "x-amz-date" not in headers


def test_a_server_of_one_s_own_is_asked_without_credentials(server: Loopback) -> None:
    list(completion(**here(server)))
    assert "authorization" not in server.requests[0].headers


def test_amazon_is_not_asked_without_credentials() -> None:
    with pytest.raises(AuthenticationError, match="AWS_ACCESS_KEY_ID"):
        completion(f"bedrock/{MODEL}", MESSAGES)


def test_the_credentials_are_in_no_repr_and_in_no_body(server: Loopback) -> None:
    list(completion(**here(server), **KEYS, **TOKEN))
    assert b"secret" not in server.requests[0].data
    assert "secret" not in repr(Options(**KEYS, **TOKEN)) + repr(Credentials("AKIATEST", "secret", "token"))


# -- where --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "environ", "region"),
    [
        ({}, {}, "us-west-2"),
        ({}, {"AWS_DEFAULT_REGION": "a"}, "a"),
        ({}, {"AWS_REGION": "b", "AWS_DEFAULT_REGION": "a"}, "b"),
        ({}, {"AWS_REGION_NAME": "c", "AWS_REGION": "b"}, "c"),
        ({"aws_region_name": "d"}, {"AWS_REGION_NAME": "c"}, "d"),
    ],
)
def test_the_region(options: dict[str, str], environ: dict[str, str], region: str) -> None:
    assert region_of(Options(**options), environ) == region
    assert bedrock_url(Options(**options), environ) == f"https://bedrock-runtime.{region}.amazonaws.com"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_BEDROCK_RUNTIME_ENDPOINT"])
def test_the_environment_may_name_another_server(name: str) -> None:
    assert bedrock_url(Options(), {name: "http://aws.test"}) == "http://aws.test"


def test_the_call_may_name_another_server_in_litellm_s_words(server: Loopback) -> None:
    list(completion(f"bedrock/{MODEL}", MESSAGES, stream=True, aws_bedrock_runtime_endpoint=server.url))
    assert server.requests[0].path == PATH


@pytest.mark.parametrize("half", [{"aws_access_key_id": "a"}, {"aws_secret_access_key": "b"}])
def test_half_a_pair_of_keys_is_none(half: dict[str, str]) -> None:
    assert signer_of(Options(**half), {}, url="http://aws.test") is None


# -- the same server, asked by botocore and by us ----------------------------------------------------


def test_botocore_s_client_and_ours_come_to_the_same(server: Loopback) -> None:
    client = botocore.session.Session().create_client(
        "bedrock-runtime", endpoint_url=server.url, region_name="eu-central-1", **KEYS
    )
    asked = [{"role": "user", "content": [{"text": "Héllo?"}]}]
    theirs = list(client.converse_stream(modelId=MODEL, messages=asked, inferenceConfig={})["stream"])
    client.close()

    built = stream_chunk_builder(
        list(completion(**here(server), **KEYS, stream_options={"include_usage": True}))
    )

    assert built is not None
    deltas = [event["contentBlockDelta"]["delta"] for event in theirs if "contentBlockDelta" in event]
    message = built.choices[0].message
    assert message.content == "".join(delta.get("text", "") for delta in deltas)
    (call,) = message.tool_calls or []
    assert call.function.arguments == "".join(delta.get("toolUse", {}).get("input", "") for delta in deltas)
    (start,) = [event["contentBlockStart"]["start"] for event in theirs if "contentBlockStart" in event]
    assert (call.id, call.function.name) == (start["toolUse"]["toolUseId"], start["toolUse"]["name"])
    assert built.usage.total_tokens == theirs[-1]["metadata"]["usage"]["totalTokens"]
    sent = [json.loads(request.data) for request in server.requests]
    assert sent[0] == sent[1]


def test_a_whole_answer_is_read(server: Loopback) -> None:
    content = [{"text": "Hi"}]
    body = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "end_turn"}
    server.answers = {PATH.removesuffix("-stream"): Answer.json(body)}
    response = completion(**here(server, stream=False), **KEYS)
    assert response.choices[0].message.content == "Hi"


# -- errors -------------------------------------------------------------------------------------------


def test_an_exception_in_mid_stream_has_its_own_status(server: Loopback) -> None:
    failed = bedrock.exception("internalServerException", message="No luck today")
    server.answers = {PATH: streamed(*bedrock.text("Hi"), failed)}
    with pytest.raises(InternalServerError, match="No luck today") as caught:
        list(completion(**here(server)))
    assert (caught.value.status_code, caught.value.generated_content) == (500, "Hi")


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (429, "Too many requests", RateLimitError),
        (
            400,
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
            ContextWindowExceededError,
        ),
        (400, "Too many input tokens. Max input tokens: 8192", ContextWindowExceededError),
    ],
)
def test_a_refusal_has_its_class(
    server: Loopback, status: int, message: str, expected: type[Exception]
) -> None:
    server.answers = {PATH: Answer.json({"message": message}, status)}
    with pytest.raises(expected, match=message[:20]):
        completion(**here(server))
