"""botocore's own reading of a stream: its framing, and its service models of what events hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from tests.conformance.raw import JSON, RawStream
from tests.conformance.raw_bedrock import add_agent, add_converse, add_payloads, frames_of

CONTENT_TYPE = "application/vnd.amazon.eventstream"


class Botocore:
    """Both services' clients, which are answered with a stream's bytes before they ask anybody."""

    def __init__(self) -> None:
        session = botocore.session.Session()
        options: JSON = {
            "region_name": "us-east-1",
            "aws_access_key_id": "any",
            "aws_secret_access_key": "any",
        }
        self._runtime = session.create_client("bedrock-runtime", **options)
        self._agents = session.create_client("bedrock-agent-runtime", **options)
        self._body = b""
        for client in (self._runtime, self._agents):
            client.meta.events.register("before-send", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": CONTENT_TYPE}, _Raw(self._body))

    def read(self, wire_format: str, body: bytes) -> RawStream:
        """What a user of botocore adds up, as naively as ours are added up."""
        self._body = body
        if wire_format == "bedrock-converse":
            return add_converse(RawStream(body), self._converse())
        if wire_format == "bedrock-agent":
            return add_agent(RawStream(body), self._agent(body))
        return self._invoke()

    def _converse(self) -> Iterator[tuple[str, JSON]]:
        message = {"role": "user", "content": [{"text": "any"}]}
        response = self._runtime.converse_stream(modelId="any", messages=[message])
        return _named(response["stream"])

    def _invoke(self) -> RawStream:
        response = self._runtime.invoke_model_with_response_stream(modelId="any", body=b"{}")
        return add_payloads(self._body, [json.loads(event["chunk"]["bytes"]) for event in response["body"]])

    def _agent(self, body: bytes) -> Iterator[tuple[str, JSON]]:
        if any(name == "output" for name, _ in frames_of(body)):
            return _named(self._agents.retrieve_and_generate_stream(input={"text": "any"})["stream"])
        response = self._agents.invoke_agent(
            agentId="ANY", agentAliasId="ANY", sessionId="any", inputText="any"
        )
        return _named(response["completion"])


def _named(events: Any) -> Iterator[tuple[str, JSON]]:
    return (item for event in events for item in event.items())


class _Raw:
    """A body as urllib3 hands it to botocore."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None: ...
