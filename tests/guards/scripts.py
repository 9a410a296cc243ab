"""Chunks for the guards, and how many of them come through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from unspool.errors import RepetitionError
from unspool.guards.cycle import CycleGuard
from unspool.guards.repetition import RepetitionGuard
from unspool.models import ModelResponseStream

JSON = dict[str, Any]


def chunk(content: str | None = None, index: int = 0, finish: str | None = None, **delta: Any) -> JSON:
    return {"choices": [{"index": index, "delta": {"content": content, **delta}, "finish_reason": finish}]}


NO_CHOICES: JSON = {"choices": []}
FINISH = chunk(finish="stop")


def delivered(
    guard: RepetitionGuard | CycleGuard, chunks: Iterable[JSON | ModelResponseStream]
) -> tuple[int, RepetitionError | None]:
    """How many chunks pass, and the error that stops the rest."""
    passed = 0
    for given in chunks:
        try:
            guard.observe(ModelResponseStream(id="c-1", **given) if isinstance(given, dict) else given)
        except RepetitionError as error:
            return passed, error
        passed += 1
    return passed, None
