"""A request that nobody has sent yet, and what its builders share.

There is a builder beside each normalizer: `(model, messages, params)` in OpenAI's shape, as `completion`
takes them, to the one request that the provider understands. Whoever has a client sends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from unspool.providers.payload import JSON


@dataclass(frozen=True, slots=True)
class HTTPRequest:
    """A request with a JSON body; an empty one isn't sent, as with GET."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)  # a key has no place in a test's output
    body: JSON


class BuildRequest(Protocol):
    """What every `build_request` takes.

    Args:
        model: without the provider's prefix.
        messages: dicts, or records such as a response's `message`; they aren't changed.
        params: OpenAI's and the provider's own; those that are None are left out. `extra_headers` and
            `extra_body` go where their names say, over whatever was there.
        api_key: goes into the provider's own header; without one there is none.
        base_url: up to where the provider's documented paths begin.
        drop_params: leave out what the provider doesn't take, instead of an error.
    """

    def __call__(
        self,
        model: str,
        messages: Sequence[object],
        params: Mapping[str, Any],
        *,
        api_key: str | None,
        base_url: str,
        stream: bool,
        drop_params: bool = False,
    ) -> HTTPRequest:
        """The request that asks for this completion."""
        ...


def plain(value: Any) -> Any:
    """JSON data of a value that may be, or hold, records; what a record hasn't set is left out."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def post(
    url: str, body: Mapping[str, Any], params: Mapping[str, Any], headers: Mapping[str, str | None]
) -> HTTPRequest:
    """The request, with the caller's `extra_headers` and `extra_body` laid over it."""
    known = {name: value for name, value in headers.items() if value is not None}
    return HTTPRequest(
        method="POST",
        url=url,
        headers={"content-type": "application/json", **known, **(params.get("extra_headers") or {})},
        body={**body, **plain(params.get("extra_body") or {})},
    )


EXTRAS = frozenset({"extra_body", "extra_headers"})
"""The parameters that `post` sees to."""
