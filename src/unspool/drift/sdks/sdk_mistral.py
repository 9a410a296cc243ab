"""The mistralai SDK, which has no accumulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from unspool.drift.sdks.sdk_openai import Bodies
from unspool.drift.sdks.seen import Read


def readers() -> Mapping[str, Read]:
    """Return the readers by wire format.

    Raises:
        ImportError: the SDK isn't installed.
    """
    make = _mistral()
    bodies = Bodies("mistralai")
    client = make(api_key="none", server_url="http://sdk.invalid", client=bodies.client())

    def ask() -> Iterator[Any]:
        with client.chat.stream(model="any", messages=[]) as events:
            for event in events:
                yield event.data

    return {"openai-chat": lambda body: bodies.read(body, ask, _plain)}


def _mistral() -> Any:
    try:
        return import_module("mistralai.client").Mistral
    except (ImportError, AttributeError):
        return import_module("mistralai").Mistral  # before 2.0


def _plain(item: Any) -> Any:
    return item.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
