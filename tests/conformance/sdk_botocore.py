"""botocore's own reading of a stream: its framing, and its service models of what events hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import JSON, RawStream
from tests.conformance.raw_bedrock import add_agent, add_converse, add_payloads, frames_of
from tests.conformance.reading import Reading
from tests.conformance.sdk_result import SDKResult

CONTENT_TYPE = "application/vnd.amazon.eventstream"


class Botocore:
    """Both services' clients, which are answered with a stream's bytes before they ask anybody.

    Raises:
        ImportError: it isn't installed.
    """

    def __init__(self) -> None:
        import botocore.session
        from botocore.awsrequest import AWSResponse

        def answer(request: Any, **_: Any) -> AWSResponse:
            return AWSResponse(request.url, 200, {"content-type": CONTENT_TYPE}, _Raw(self._body))

        session = botocore.session.Session()
        options = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
        self._runtime = session.create_client("bedrock-runtime", **options)
        self._agents = session.create_client("bedrock-agent-runtime", **options)
        self._body = b""
        for client in (self._runtime, self._agents):
            client.meta.events.register("before-send", answer)

    def read(self, stream: RecordedStream) -> SDKResult:
        """What a user of botocore comes to, who adds up its events as naively as can be."""
        self._body = stream.body
        from botocore.exceptions import EventStreamError

        read = {
            "bedrock-agent": self._agent,
            "bedrock-converse": self._converse,
            "bedrock-invoke": self._invoke,
        }
        try:
            raw = read[stream.wire_format]()
        except EventStreamError as error:
            return SDKResult(error=str(error))
        for index, said in raw.reading.choices.items():
            said.finish = raw.native_finish(index)
        return SDKResult(Reading(raw.reading.choices, raw.usage))

    def _converse(self) -> RawStream:
        message = {"role": "user", "content": [{"text": "any"}]}
        response = self._runtime.converse_stream(modelId="any", messages=[message])
        return add_converse(RawStream(self._body), _named(response["stream"]))

    def _invoke(self) -> RawStream:
        response = self._runtime.invoke_model_with_response_stream(modelId="any", body=b"{}")
        return add_payloads(self._body, [json.loads(event["chunk"]["bytes"]) for event in response["body"]])

    def _agent(self) -> RawStream:
        if any(name == "output" for name, _ in frames_of(self._body)):
            events = self._agents.retrieve_and_generate_stream(input={"text": "any"})["stream"]
        else:
            asked = {"agentId": "ANY", "agentAliasId": "ANY", "sessionId": "any", "inputText": "any"}
            events = self._agents.invoke_agent(**asked)["completion"]
        return add_agent(RawStream(self._body), _named(events))


def _named(events: Any) -> Iterator[tuple[str, JSON]]:
    return (item for event in events for item in event.items())


class _Raw:
    """A body as urllib3 hands it to botocore."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None: ...
