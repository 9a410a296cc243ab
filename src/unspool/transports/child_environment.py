"""The environment of processes that are started inside a closed block.

It has dead proxies. Git, ffmpeg or a test's server may run, but a client in them that honours the proxy
variables reaches this machine only; a Python process that imports Unspool is closed entirely. The variables
are set only in the child's environment, since this process's own clients would read them too.
"""

from __future__ import annotations

import inspect
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from unspool.transports.hosts import LOOPBACK
from unspool.transports.patching import Swap

VARIABLE = "UNSPOOL_BLOCK_NETWORK"
"""Set in a child's environment: the hosts that it may reach, apart by spaces."""

_DEAD = "http://127.0.0.1:9"  # the discard port, where nothing listens
_PROXIES = ("all_proxy", "http_proxy", "https_proxy", "ws_proxy", "wss_proxy")

Allowed = Callable[[], "frozenset[str] | None"]
"""The hosts that child processes may reach; None for all."""


def swaps(allowed: Allowed) -> Iterator[Swap]:
    """Set the variables of all processes started from now on."""
    yield Swap(subprocess.Popen, "__init__", partial(_popen, allowed))
    for name in ("posix_spawn", "posix_spawnp", "execve"):
        if hasattr(os, name):
            yield Swap(os, name, partial(_with_environment, allowed))
    for name in ("execv", "startfile", "system"):  # os.spawn… and os.exec… call these and execve
        if hasattr(os, name):
            yield Swap(os, name, partial(_inheriting, allowed))
    try:
        import _posixsubprocess  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    yield Swap(_posixsubprocess, "fork_exec", partial(_fork_exec, allowed))


def variables(allowed: frozenset[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with dead proxies, merged into the one given."""
    no_proxy = ",".join(sorted({"127.0.0.1", "::1", "localhost", *map(_suffix, allowed)}))
    names = {spelling for name in _PROXIES for spelling in (name, name.upper())}
    return {
        **environment,
        **dict.fromkeys(names, _DEAD),
        "no_proxy": no_proxy,
        "NO_PROXY": no_proxy,
        VARIABLE: " ".join(sorted(allowed)),
    }


def inherited() -> frozenset[str] | None:
    """Return the hosts that this process may reach; None if it wasn't started inside a closed block."""
    value = os.environ.get(VARIABLE)
    return None if value is None else frozenset(value.split()) | LOOPBACK


def _suffix(host: str) -> str:
    return host.removeprefix("*")


def _popen(allowed: Allowed, original: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(original)

    def __init__(*args: Any, **kwargs: Any) -> None:  # noqa: N807 - it replaces that method
        hosts = allowed()
        if hosts is None:
            return original(*args, **kwargs)
        bound = signature.bind(*args, **kwargs)
        given = bound.arguments.get("env")
        bound.arguments["env"] = _merged(hosts, os.environ if given is None else given)
        return original(*bound.args, **bound.kwargs)

    return __init__


def _merged(hosts: frozenset[str], environment: Mapping[Any, Any]) -> dict[str, str]:
    return variables(hosts, {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()})


def _with_environment(allowed: Allowed, original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function whose third argument is the child's environment."""
    place = 2

    def start(*args: Any, **kwargs: Any) -> Any:
        hosts = allowed()
        if hosts is None or len(args) <= place:
            return original(*args, **kwargs)
        return original(*args[:place], _merged(hosts, args[place]), *args[place + 1 :], **kwargs)

    return start


def _inheriting(allowed: Allowed, original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function that passes on this process's own environment."""

    def start(*args: Any, **kwargs: Any) -> Any:
        hosts = allowed()
        if hosts is None:
            return original(*args, **kwargs)
        with _for_children(hosts):
            return original(*args, **kwargs)

    return start


@contextmanager
def _for_children(hosts: frozenset[str]) -> Iterator[None]:
    """Set the variables where a child inherits them, but not where this process's clients read them."""
    wanted = {
        name: value for name, value in _merged(hosts, os.environ).items() if os.environ.get(name) != value
    }
    for name, value in wanted.items():
        os.putenv(name, value)
    try:
        yield
    finally:
        for name in wanted:
            if name in os.environ:
                os.putenv(name, os.environ[name])
            else:
                os.unsetenv(name)


def _fork_exec(allowed: Allowed, original: Callable[..., int]) -> Callable[..., int]:
    """Wrap the function by which `multiprocessing` starts processes, with an inherited environment."""
    place = 5

    def fork_exec(*args: Any) -> int:
        hosts = allowed() if len(args) > place and args[place] is None else None
        if hosts is None:
            return original(*args)
        merged = [os.fsencode(f"{name}={value}") for name, value in _merged(hosts, os.environ).items()]
        return original(*args[:place], merged, *args[place + 1 :])

    return fork_exec
