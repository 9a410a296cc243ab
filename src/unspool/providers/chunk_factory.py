"""A stream of one answer, as every format but OpenAI's has it: what its chunks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from unspool.models import Delta, ModelResponseStream, StreamingChoices, Usage


@dataclass(slots=True)
class Answer:
    """The identity of a stream's chunks, which a normalizer fills in from the stream.

    Attributes:
        id: the response's; empty where the format has none.
        model: the provider's name for it.
        created: in seconds since 1970-01-01 UTC. A stage has no clock: 0 where the stream has no time in it.
    """

    id: str = ""
    model: str | None = None
    created: int = 0

    def chunk(
        self,
        *,
        index: int = 0,
        finish_reason: str | None = None,
        usage: Usage | None = None,
        logprobs: Any = None,
        fields: dict[str, Any] | None = None,
        **delta: Any,
    ) -> ModelResponseStream:
        """A chunk of one choice.

        Args:
            index: the choice's.
            finish_reason: in OpenAI's word or the provider's.
            usage: the usage so far.
            logprobs: the choice's.
            fields: the choice's `provider_specific_fields`.
            delta: the fields of its `Delta`.
        """
        choice = StreamingChoices(
            index=index,
            delta=Delta(**delta),
            finish_reason=finish_reason,
            logprobs=logprobs,
            **({"provider_specific_fields": fields} if fields else {}),
        )
        chunk = ModelResponseStream(id=self.id, created=self.created, model=self.model, choices=[choice])
        if usage is not None:
            chunk.usage = usage
        return chunk


class OwnFields:
    """The provider's own lists of a stream, which grow: a delta has all of a list so far."""

    def __init__(self) -> None:
        self._lists: dict[str, list[Any]] = {}

    def __getitem__(self, name: str) -> list[Any]:
        """The list so far, which isn't to be changed: it is in a chunk."""
        return self._lists.get(name, [])

    def add(self, name: str, *items: Any) -> dict[str, Any]:
        """Add to a list, and return the fields of a delta with all of it."""
        return self.replace(name, [*self[name], *items])

    def replace(self, name: str, items: list[Any]) -> dict[str, Any]:
        """Replace a list with a new one, and return the fields of a delta with it."""
        self._lists[name] = items
        return {"provider_specific_fields": {name: items}}


def nothing(*_: object) -> Iterator[Any]:
    """Yield nothing: handles events, items and blocks that have no part in a response."""
    return iter(())


def seconds_of(moment: Any) -> int:
    """A time such as `2025-08-20T13:48:23.241046Z` in seconds since 1970; 0 for what isn't one."""
    try:
        read = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return 0
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
