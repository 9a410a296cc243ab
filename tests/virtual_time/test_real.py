"""Real time stays within reach."""

from __future__ import annotations

import time

from unspool.virtual_time.real import CLOCKS, Real


def test_every_clock_is_there_in_both_forms() -> None:
    for name in CLOCKS:
        assert getattr(Real, name) is getattr(time, name)
        assert getattr(Real, f"{name}_ns") is getattr(time, f"{name}_ns")
    assert Real.sleep is time.sleep
