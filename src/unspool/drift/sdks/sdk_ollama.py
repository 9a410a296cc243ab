"""The ollama SDK, which has no accumulator."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.sdk_openai import Bodies
from unspool.drift.sdks.seen import Read, Seen


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk = import_module("ollama")
    bodies = Bodies("ollama")
    client = sdk.Client(host="http://sdk.invalid", transport=bodies.answer("application/x-ndjson"))

    def read(body: bytes) -> Seen:
        ask = client.chat if b'"message"' in body.split(b"\n", 1)[0] else client.generate
        return bodies.read(body, lambda: ask(model="any", stream=True), _plain)

    return {"ollama-ndjson": read}


def _plain(item: Any) -> Any:
    return item.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
