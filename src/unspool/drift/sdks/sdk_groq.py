"""The groq SDK."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.sdk_openai import Bodies
from unspool.drift.sdks.seen import Read


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk = import_module("groq")
    bodies = Bodies("groq")
    options: dict[str, Any] = {"api_key": "none", "base_url": "http://sdk.invalid", "max_retries": 0}
    client = sdk.Groq(**options, http_client=bodies.client())
    return {
        "openai-chat": lambda body: bodies.read(
            body, lambda: client.chat.completions.create(model="any", messages=[], stream=True)
        )
    }
