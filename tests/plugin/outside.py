"""A project that has the plugin installed, in a folder of its own."""

from __future__ import annotations

# What is loaded here stays loaded: pytester forgets all that a run imports, which libyaml doesn't bear.
import openai.types.chat  # noqa: F401
import pytest
import yaml  # noqa: F401

import unspool.faults.catalogue
import unspool.faults.items
import unspool.transports.block_network
import unspool.transports.transport
import unspool.transports.use_cassette
import unspool.virtual_time.lending  # noqa: F401


def run(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    """A run of pytest over one file of tests; warnings are errors there too."""
    pytester.makepyfile(test_downstream=code)
    # pytest-asyncio wants to be configured, or it warns; pytest-recording warns if vcrpy has been loaded.
    return pytester.runpytest(
        "-p", "no:asyncio", "-p", "no:recording", "-p", "no:cacheprovider", "-W", "error", *options
    )
