"""The openai SDK, and groq's, which the same generator made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.seen import Read, Seen, attempt, collect

JSON = dict[str, Any]


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk = import_module("openai")
    bodies = Bodies()
    client = bodies.client(sdk.OpenAI, api_key="none", base_url="http://sdk.invalid/v1", max_retries=0)
    return {
        "openai-chat": lambda body: bodies.during(body, lambda: _chat(sdk, client)),
        "openai-completions": lambda body: bodies.read(
            body, lambda: client.completions.create(model="any", prompt="", stream=True)
        ),
        "openai-responses": lambda body: bodies.during(body, lambda: _responses(client)),
        "openai-assistants": lambda body: bodies.read(
            body, lambda: client.beta.threads.runs.create(thread_id="any", assistant_id="any", stream=True)
        ),
        "openai-transcription": lambda body: bodies.read(
            body, lambda: client.audio.transcriptions.create(model="any", file=b"", stream=True)
        ),
    }


class Bodies:
    """The body that a client's next request is answered with, in place of a network."""

    def __init__(self) -> None:
        self._body = b""

    def during(self, body: bytes, read: Callable[[], Seen]) -> Seen:
        """Read with a function whose requests are answered with this body."""
        self._body = body
        return read()

    def client(self, make: Callable[..., Any], **options: Any) -> Any:
        """Make an SDK's client on httpx2, or on httpx where the SDK is built on that.

        Raises:
            TypeError: it is built on neither.
        """
        for name in ("httpx2", "httpx"):
            try:
                return make(**options, http_client=self.transported(name))
            except (ImportError, TypeError):
                if name == "httpx":
                    raise
        raise TypeError

    def transported(self, library: str, content_type: str = "text/event-stream") -> Any:
        """Make a client of httpx's kind that answers with the body."""
        family = import_module(library)

        def answer(_: Any) -> Any:
            return family.Response(200, headers={"content-type": content_type}, content=self._body)

        return family.Client(transport=family.MockTransport(answer), base_url="http://sdk.invalid")

    def read(self, body: bytes, ask: Callable[[], Any], plain: Callable[[Any], Any] | None = None) -> Seen:
        """Read a body through an SDK's stream.

        Args:
            body: the stream.
            ask: starts the SDK's stream.
            plain: from an item to JSON; by default as openai's models do it.
        """
        self._body = body
        return collect(ask, plain or as_plain)


def as_plain(item: Any) -> Any:
    """Return the JSON of an item, with the fields that were sent."""
    return item.to_dict(mode="json", warnings=False)


def _chat(sdk: Any, client: Any) -> Seen:
    def ask() -> Any:
        return client.chat.completions.create(model="any", messages=[], stream=True)

    def result() -> JSON:
        with client.chat.completions.stream(model="any", messages=[]) as stream:
            try:
                return _of_completion(stream.get_final_completion().to_dict())
            except (sdk.LengthFinishReasonError, sdk.ContentFilterFinishReasonError):
                return _of_completion(stream.current_completion_snapshot.to_dict())

    return attempt(collect(ask, as_plain), result)


def _of_completion(data: JSON) -> JSON:
    messages = [choice["message"] for choice in data["choices"][:1]]
    message: JSON = messages[0] if messages else {}
    calls = [call.get("function") or {} for call in message.get("tool_calls") or ()]
    return {
        "text": message.get("content") or "",
        "calls": [[call.get("name") or "", call.get("arguments") or ""] for call in calls],
    }


def _responses(client: Any) -> Seen:
    def ask() -> Any:
        return client.responses.create(model="any", input="", stream=True)

    def result() -> JSON:
        with client.responses.stream(model="any", input="") as stream:
            return _of_response(stream.get_final_response().to_dict())

    return attempt(collect(ask, as_plain), result)


def _of_response(data: JSON) -> JSON:
    output = data.get("output") or []
    said = [part for item in output if item["type"] == "message" for part in item.get("content") or ()]
    calls = [item for item in output if item["type"] in {"function_call", "custom_tool_call"}]
    return {
        "text": "".join(part.get("text") or "" for part in said),
        "calls": [[call["name"], call.get("arguments", call.get("input"))] for call in calls],
    }


def as_text(value: Any) -> str:
    """Return a text as it is, and any other JSON value as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
