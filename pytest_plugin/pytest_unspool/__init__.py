"""The pytest plugin of Unspool. It imports nothing heavy: pytest loads it in every run.

Pytest finds it by the entry point `unspool`. Where plugins aren't loaded by themselves, `-p unspool` and
`-p pytest_unspool` do the same.

The names below are the types of the fixtures, for annotations: `def test(stream_wrapper: StreamFactory)`.
They are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_unspool.cassette_in_use import CassetteFactory
    from pytest_unspool.looping_stream import LoopFactory
    from pytest_unspool.rebuilt import Rebuilt
    from pytest_unspool.stream_faults import StreamFaults
    from pytest_unspool.stream_script import ScriptFactory
    from pytest_unspool.stream_server import ServerFactory, StreamServer
    from pytest_unspool.stream_verdict import Examiner
    from pytest_unspool.stream_wrapper import StreamFactory
    from pytest_unspool.streams import CannedStream, UnspoolStream

__all__ = [
    "CannedStream",
    "CassetteFactory",
    "Examiner",
    "LoopFactory",
    "Rebuilt",
    "ScriptFactory",
    "ServerFactory",
    "StreamFactory",
    "StreamFaults",
    "StreamServer",
    "UnspoolStream",
]

# Where each name of the list above lives.
_HOMES = {
    "CannedStream": "streams",
    "CassetteFactory": "cassette_in_use",
    "Examiner": "stream_verdict",
    "LoopFactory": "looping_stream",
    "Rebuilt": "rebuilt",
    "ScriptFactory": "stream_script",
    "ServerFactory": "stream_server",
    "StreamFactory": "stream_wrapper",
    "StreamFaults": "stream_faults",
    "StreamServer": "stream_server",
    "UnspoolStream": "streams",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"pytest_unspool.{_HOMES[name]}"), name)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the plugin itself under its entry point's name, so that pytest doesn't load it twice."""
    if not pluginmanager.has_plugin("unspool"):
        pluginmanager.register(import_module("pytest_unspool.plugin"), "unspool")
