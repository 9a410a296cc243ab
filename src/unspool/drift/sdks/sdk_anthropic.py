"""The anthropic SDK: its events, and its message accumulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.sdk_openai import Bodies, as_plain
from unspool.drift.sdks.seen import Read, Seen, attempt, collect

JSON = dict[str, Any]


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk = import_module("anthropic")
    bodies = Bodies("anthropic")
    options: JSON = {"api_key": "none", "base_url": "http://sdk.invalid", "max_retries": 0}
    client = sdk.Anthropic(**options, http_client=bodies.client())
    return {
        "anthropic-messages": lambda body: bodies.during(body, lambda: _messages(client)),
        "anthropic-complete": lambda body: bodies.read(
            body,
            lambda: client.completions.create(model="any", max_tokens_to_sample=1, prompt="", stream=True),
        ),
    }


def _messages(client: Any) -> Seen:
    asked: JSON = {"model": "any", "max_tokens": 1, "messages": []}

    def result() -> JSON:
        with client.messages.stream(**asked) as stream:
            return _of_message(stream.get_final_message().to_dict())

    return attempt(collect(lambda: client.messages.create(**asked, stream=True), as_plain), result)


def _of_message(data: JSON) -> JSON:
    blocks = data["content"]
    calls = [block for block in blocks if block["type"] == "tool_use"]
    return {
        "text": "".join(block["text"] for block in blocks if block["type"] == "text"),
        "reasoning": "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
        "calls": [[call["name"], json.dumps(call["input"])] for call in calls],
    }
