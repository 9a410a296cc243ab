"""What an SDK makes of a stream."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.conformance.reading import Reading


@dataclass(frozen=True)
class SDKResult:
    """What an accumulator gave. Without a reading it raised, and nothing can be compared."""

    reading: Reading | None = None
    roles: dict[int, str | None] = field(default_factory=dict)
    error: str | None = None
    tells_reasoning: bool = False
