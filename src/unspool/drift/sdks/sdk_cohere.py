"""The cohere SDK, which has no accumulator."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.sdk_openai import Bodies
from unspool.drift.sdks.seen import Read, Seen

_LINES = "application/x-ndjson"


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    sdk = import_module("cohere")
    bodies = Bodies("cohere")
    options: dict[str, Any] = {"base_url": "http://sdk.invalid"}
    newer = sdk.ClientV2("none", **options, httpx_client=bodies.client())
    older = sdk.Client("none", **options, httpx_client=bodies.client(_LINES))

    def read_v1(body: bytes) -> Seen:
        generates = b'"generations"' in body
        ask = older.generate_stream if generates else older.chat_stream
        asked = {"prompt": "any"} if generates else {"message": "any"}
        return bodies.read(body, lambda: ask(**asked), _plain)

    return {
        "cohere-v1": read_v1,
        "cohere-v2": lambda body: bodies.read(
            body, lambda: newer.chat_stream(model="any", messages=[]), _plain
        ),
    }


def _plain(item: Any) -> Any:
    return item.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
