"""A tool call's arguments on their way back: text with JSON in it, where a provider wants an object."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from unspool.errors import BadRequestError
from unspool.providers.payload import JSON


def parsed_arguments(function: JSON, *, llm_provider: str) -> Any:
    """The arguments of a call's `function`; an empty object if there are none.

    Raises:
        BadRequestError: they aren't JSON, as those of a stream that was cut off.
    """
    arguments = function.get("arguments") or "{}"
    if not isinstance(arguments, str):
        return arguments
    try:
        return from_json(arguments)
    except ValueError as error:
        raise BadRequestError(
            f"the arguments of the tool call {function.get('name')!r} aren't JSON ({error}):"
            f" {arguments[:200]!r}; send the message back as it was built from the whole stream",
            llm_provider=llm_provider,
            param="messages",
        ) from error
