"""botocore: its framing, and its service models of what Bedrock's events contain."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.seen import Read, collect

_CONTENT_TYPE = "application/vnd.amazon.eventstream"


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    session = import_module("botocore.session").Session()
    answer_with = import_module("botocore.awsrequest").AWSResponse
    options = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
    runtime = session.create_client("bedrock-runtime", **options)
    agents = session.create_client("bedrock-agent-runtime", **options)
    raw = _Raw()

    def answer(request: Any, **_: Any) -> Any:
        return answer_with(request.url, 200, {"content-type": _CONTENT_TYPE}, raw)

    for client in (runtime, agents):
        client.meta.events.register("before-send", answer)

    def read(ask: Callable[[], Any]) -> Read:
        return lambda body: collect(lambda: raw.then(body, ask), _plain)

    return {
        "bedrock-converse": read(lambda: _converse(runtime)),
        "bedrock-invoke": read(lambda: _invoke(runtime)),
        "bedrock-agent": read(lambda: _agent(agents, raw)),
    }


def _converse(client: Any) -> Any:
    message = {"role": "user", "content": [{"text": "any"}]}
    return client.converse_stream(modelId="any", messages=[message])["stream"]


def _invoke(client: Any) -> Iterator[Any]:
    for event in client.invoke_model_with_response_stream(modelId="any", body=b"{}")["body"]:
        yield json.loads(event["chunk"]["bytes"]) if "chunk" in event else event


def _agent(client: Any, raw: _Raw) -> Any:
    if raw.has_output:
        return client.retrieve_and_generate_stream(input={"text": "any"})["stream"]
    asked = {"agentId": "ANY", "agentAliasId": "ANY", "sessionId": "any", "inputText": "any"}
    return client.invoke_agent(**asked)["completion"]


def _plain(item: Any) -> Any:
    """Return JSON: bytes in base64, as on the wire, and times as text."""

    def other(value: Any) -> str:
        return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)

    return json.loads(json.dumps(item, default=other))


class _Raw:
    """A body as urllib3 passes it to botocore."""

    def __init__(self) -> None:
        self._body = b""

    def then(self, body: bytes, ask: Callable[[], Any]) -> Any:
        """Ask with this body as the answer."""
        self._body = body
        return ask()

    @property
    def has_output(self) -> bool:
        """Whether an event of `RetrieveAndGenerateStream` is in it."""
        return b":event-type\x07\x00\x06output" in self._body

    def stream(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None: ...
