"""The ollama SDK, which has no accumulator."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.seen import Read, Seen, collect


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk, httpx = import_module("ollama"), import_module("httpx")

    def read(body: bytes) -> Seen:
        def answer(_: Any) -> Any:
            return httpx.Response(200, headers={"content-type": "application/x-ndjson"}, content=body)

        client = sdk.Client(host="http://sdk.invalid", transport=httpx.MockTransport(answer))
        ask = client.chat if b'"message"' in body.split(b"\n", 1)[0] else client.generate
        return collect(lambda: ask(model="any", stream=True), _plain)

    return {"ollama-ndjson": read}


def _plain(item: Any) -> Any:
    return item.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
