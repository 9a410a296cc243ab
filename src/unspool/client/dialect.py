"""What a wire format needs beside its stream: how to ask, and how to read an answer that isn't streamed.

As in `unspool.providers`, the table names functions instead of importing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from unspool.models import ModelResponse
from unspool.providers.request import BuildRequest


@dataclass(frozen=True, slots=True)
class Dialect:
    """The two functions of a wire format, as `module:function` below `unspool.providers`."""

    request: str
    response: str

    @property
    def build_request(self) -> BuildRequest:
        build: BuildRequest = _load(self.request)
        return build

    @property
    def read_response(self) -> Callable[[Mapping[str, Any]], ModelResponse]:
        read: Callable[[Mapping[str, Any]], ModelResponse] = _load(self.response)
        return read


DIALECTS: dict[str, Dialect] = {
    "anthropic-messages": Dialect("anthropic.request:build_request", "anthropic:response_from_anthropic"),
    "bedrock-converse": Dialect("bedrock.request:build_request", "bedrock:response_from_converse"),
    "openai-chat": Dialect("openai_chat_request:build_request", "openai_chat:response_from_openai"),
}


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(f"unspool.providers.{module}"), name)
