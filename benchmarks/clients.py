"""The clients that ask for streams: one of each kind for a whole process, as programs have them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from benchmarks.peers import is_installed

T = TypeVar("T")


def libraries() -> list[str]:
    """The HTTP libraries that are there."""
    return list(filter(is_installed, ("httpx", "httpx2")))


@cache
def client(library: str) -> Any:
    return import_module(library).Client(trust_env=False)


@cache
def async_client(library: str) -> Any:
    """For use by what `run` runs."""
    return import_module(library).AsyncClient(trust_env=False)


def run(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, always in the same loop, which that client's connections belong to."""
    return _runner().run(work)


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()
