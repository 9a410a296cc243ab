"""The openai SDK, and groq's, which the same generator made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import requires
from typing import Any

from unspool.drift.sdks.seen import Read, Seen, attempt, collect

JSON = dict[str, Any]


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk = import_module("openai")
    bodies = Bodies("openai")
    options: JSON = {"api_key": "none", "base_url": "http://sdk.invalid/v1", "max_retries": 0}
    client = sdk.OpenAI(**options, http_client=bodies.client())
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
    """The body that the requests of an SDK's client are answered with, in place of a network.

    Args:
        distribution: the SDK's.
    """

    def __init__(self, distribution: str) -> None:
        self._body = b""
        self._library = _library_of(distribution)

    def during(self, body: bytes, read: Callable[[], Seen]) -> Seen:
        """Read with a function whose requests are answered with this body."""
        self._body = body
        return read()

    def answer(self, content_type: str = "text/event-stream") -> Any:
        """Return a transport that answers with the body, of the library on which the SDK is built."""
        library = import_module(self._library)

        def answer(_: Any) -> Any:
            return library.Response(200, headers={"content-type": content_type}, content=self._body)

        return library.MockTransport(answer)

    def client(self, content_type: str = "text/event-stream") -> Any:
        """Return a client of that library, which answers with the body."""
        library = import_module(self._library)
        return library.Client(transport=self.answer(content_type), base_url="http://sdk.invalid")

    def read(self, body: bytes, ask: Callable[[], Any], plain: Callable[[Any], Any] | None = None) -> Seen:
        """Read a body through an SDK's stream.

        Args:
            body: the stream.
            ask: starts the SDK's stream.
            plain: from an item to JSON; by default as openai's models do it.
        """
        self._body = body
        return collect(ask, plain or as_plain)


def _library_of(distribution: str) -> str:
    """Return `httpx2` or `httpx`, whichever an SDK requires."""
    needed = (one for one in requires(distribution) or () if "extra ==" not in one)
    names = (re.match(r"[\w-]+", one) for one in needed)
    return "httpx2" if "httpx2" in {name[0] for name in names if name} else "httpx"


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
