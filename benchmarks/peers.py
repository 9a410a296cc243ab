"""Who takes part, and in which version. Peers that aren't installed are left out.

Unspool and LiteLLM have the same names for the same things, so one function measures both:
`library.CustomStreamWrapper` is either's.
"""

from __future__ import annotations

import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
"""So that LiteLLM looks for no price list and reports to nobody."""


_CLIENTS = ("httpx", "httpx2")
_PEERS = ("litellm", "openai", "vcrpy", "pytest-recording", "cassetter")


def libraries() -> list[str]:
    """Unspool, and LiteLLM if it's there."""
    return ["unspool", *(["litellm"] if is_installed("litellm") else [])]


def load(name: str) -> Any:
    """One of the libraries."""
    os.environ.update(OFFLINE)
    library: Any = import_module(name)
    if name == "litellm":
        library.suppress_debug_info = True
        library.telemetry = False
    return library


def is_installed(distribution: str) -> bool:
    return version_of(distribution) is not None


def version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def versions() -> str:
    """The versions of all that took part, in one line."""
    names = ("unspool", "pydantic", "pydantic-core", *_CLIENTS, *_PEERS)
    found = {name: version_of(name) for name in names}
    parts = [f"{name} {number}" for name, number in found.items() if number is not None]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return ", ".join([python, *parts, machine])


def missing() -> list[str]:
    """The peers that can't take part."""
    return [name for name in (*_CLIENTS, *_PEERS) if not is_installed(name)]
