"""Google's google-genai SDK, which has no accumulator."""

from __future__ import annotations

import json
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
    genai, types = import_module("google.genai"), import_module("google.genai.types")
    bodies = Bodies("google-genai")
    options = types.HttpOptions(httpx_client=bodies.client(), base_url="http://sdk.invalid")
    client = genai.Client(api_key="none", vertexai=False, http_options=options)

    def generate() -> Any:
        return client.models.generate_content_stream(model="any", contents="any")

    def interact() -> Any:
        return client.interactions.create(model="any", input="any", stream=True)

    def read(ask: Any) -> Read:
        return lambda body: bodies.read(body, ask, _plain)

    return {
        "gemini-generate": read(generate),
        "gemini-generate-jsonarray": lambda body: read(generate)(as_events(body)),
        "gemini-interactions": read(interact),
    }


def _plain(item: Any) -> Any:
    dumped = item.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
    dumped.pop("sdkHttpResponse", None)  # the SDK's own, not the stream's
    return dumped


def as_events(body: bytes) -> bytes:
    """Return an array's elements as server-sent events: the SDK never asks for anything else."""
    found = json.loads(body)
    elements = found if isinstance(found, list) else [found]
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in elements)
