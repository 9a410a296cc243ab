"""The pytest plugin of Unspool. It imports nothing heavy: pytest loads it in every run.

Pytest finds it by the entry point `unspool`. Where plugins aren't loaded by themselves, `-p unspool` and
`-p pytest_unspool` do the same.
"""

from __future__ import annotations

from importlib import import_module

import pytest


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the plugin itself under its entry point's name, so that pytest doesn't load it twice."""
    if not pluginmanager.has_plugin("unspool"):
        pluginmanager.register(import_module("pytest_unspool.plugin"), "unspool")
