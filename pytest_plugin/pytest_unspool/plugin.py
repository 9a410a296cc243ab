"""The pytest plugin, as pytest finds it by the entry point.

Pytest loads this module in every run of every project that has Unspool installed, so that it imports
neither unspool nor httpx nor vcrpy until a test asks for one of the fixtures.
"""

from __future__ import annotations

from pytest_unspool.fixtures import looping_stream, stream_wrapper

__all__ = ["looping_stream", "stream_wrapper"]
