"""Everything that Unspool uses of vcrpy's internals, checked before it's used.

vcrpy doesn't guarantee any of it. `OLDEST` and `NEWEST` are the versions that the tests have run with. Where
something has moved, clients that need vcrpy's stubs get a `CassetteError` that says which version is needed.
httpx, httpx2 and aiohttp need none of this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from types import ModuleType
from typing import Any

from unspool.errors import CassetteError

OLDEST, NEWEST = "8.5", "9.4"
"""The versions of vcrpy that the tests run with."""


class VcrpyMovedError(CassetteError):
    """vcrpy lacks an internal that Unspool needs."""


def connection_stubs() -> ModuleType:
    """`vcr.stubs`, whose connections ask a cassette before they send."""
    stubs = _module("vcr.stubs")
    for name in ("__init__", "connect", "request", "getresponse"):
        _callable(_attribute(stubs, "VCRConnection"), name)
    return stubs


def patching() -> ModuleType:
    """`vcr.patch`, which puts the stubs in place of clients' classes."""
    patch = _module("vcr.patch")
    _callable(patch, "force_reset")
    _attribute(_attribute(patch, "ConnectionRemover")(object), "_connection_pool_to_connections")
    return patch


def patchers(group: str, deck: object) -> list[Any]:
    """The context managers that put the stubs of one group of clients in place, to ask this deck.

    Args:
        group: `httplib`, `boto3`, `urllib3` or `httplib2`.
        deck: the replacement for the stubs' cassette.
    """
    builder = _callable(patching(), "CassettePatcherBuilder")(deck)
    made: Iterable[Any] = _callable(builder, f"_{group}")()
    return list(made)


def patching_parts() -> tuple[Any, ...]:
    """The originals behind the stubs, to detect whether they have been replaced since."""
    patch = sys.modules.get("vcr.patch")
    builder = getattr(patch, "CassettePatcherBuilder", None)
    return builder, getattr(patch, "ConnectionRemover", None), *vars(builder or object).values()


def forget_pools(remover: Any) -> None:
    """Let go of the pools that a `ConnectionRemover` has freed of stubs, so that it can be used again."""
    remover._connection_pool_to_connections.clear()


def tornado_fetch(deck: object, sent: Callable[..., Any]) -> Callable[..., Any]:
    """Make the replacement for tornado's `fetch_impl`: `sent` sends requests that the deck doesn't answer."""
    return _stub("vcr.stubs.tornado_stubs", "vcr_fetch_impl", deck, sent)


def _stub(module: str, name: str, deck: object, sent: Callable[..., Any]) -> Callable[..., Any]:
    make = _callable(_module(module), name)
    if len(signature(make).parameters) != 2:
        raise _moved(f"{module}.{name}")
    stub: Callable[..., Any] = make(deck, sent)
    return stub


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except (ImportError, AttributeError, RuntimeError) as error:  # beside clients too old or too new for it
        raise _moved(name, error) from error


def _callable(owner: Any, name: str) -> Callable[..., Any]:
    found = _attribute(owner, name)
    if not callable(found):
        raise _moved(f"{_name_of(owner)}.{name}")
    return found  # type: ignore[no-any-return]  # callable says no more of it


def _attribute(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise _moved(f"{_name_of(owner)}.{name}") from error


def _name_of(owner: Any) -> str:
    return str(getattr(owner, "__name__", type(owner).__name__))


def _moved(what: str, cause: Exception | None = None) -> VcrpyMovedError:
    why = f"{what} can't be imported ({cause})" if cause else f"it has no {what}"
    return VcrpyMovedError(
        "recording or replaying requests, urllib3, http.client, botocore, httplib2 or tornado needs"
        f" vcrpy {OLDEST} to {NEWEST}, and vcrpy {installed()} is installed, where {why}:"
        f" pip install 'vcrpy>={OLDEST},<={NEWEST}.99'"
    )


def installed() -> str:
    """Return the installed version of vcrpy."""
    try:
        return version("vcrpy")
    except PackageNotFoundError:
        return "of an unknown version"
