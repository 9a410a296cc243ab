"""A fault for an agent's cassette, whose answers aren't all alike."""

from __future__ import annotations

from dataclasses import dataclass

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import Fault


@dataclass(frozen=True, repr=False)
class WhereItFits(Fault):
    """A fault of recorded answers, which leaves those whole that have no place for it."""

    fault: Fault

    def apply(self, interaction: Interaction, *, attempt: int = 1) -> Interaction:
        try:
            return self.fault.apply(interaction, attempt=attempt)
        except FaultError:
            return interaction
