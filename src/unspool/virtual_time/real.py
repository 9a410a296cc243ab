"""Real time, for what must not run on virtual time.

The functions are attributes of a class: neither freezegun nor this package replaces them there.
"""

from __future__ import annotations

import time as library


class Real:
    """The real functions of `time`."""

    time = staticmethod(library.time)
    monotonic = staticmethod(library.monotonic)
    perf_counter = staticmethod(library.perf_counter)
    time_ns = staticmethod(library.time_ns)
    monotonic_ns = staticmethod(library.monotonic_ns)
    perf_counter_ns = staticmethod(library.perf_counter_ns)
    sleep = staticmethod(library.sleep)


CLOCKS = ("time", "monotonic", "perf_counter")
"""The functions of `time` that return seconds; each has a form in nanoseconds."""
