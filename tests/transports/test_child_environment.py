"""What a process gets along that is started inside a closed block."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from unspool.errors import NetworkBlockedError
from unspool.transports.block_network import block_network
from unspool.transports.child_environment import VARIABLE, variables
from unspool.transports.hosts import LOOPBACK

SHOW = "import os; print(os.environ.get('https_proxy'), os.environ.get('no_proxy'), os.environ.get('MINE'))"
ASK = "import socket, unspool\nsocket.create_connection(('192.0.2.1', 443), timeout=1)"


@pytest.fixture
def closed() -> Iterator[None]:
    with block_network():
        yield


def by_run(code: str, **options: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )  # type: ignore[call-overload]
    return str(done.stdout + done.stderr)


def by_asyncio(code: str) -> str:
    async def start() -> str:
        out = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=out, stderr=out)
        return b"".join(await child.communicate()).decode()

    return asyncio.run(start())


def by_system(code: str) -> str:
    with NamedTemporaryFile() as file:
        os.system(f'{sys.executable} -c "{code}" > {file.name} 2>&1')
        return Path(file.name).read_text("utf-8")


def by_posix_spawn(code: str) -> str:
    with NamedTemporaryFile() as file:
        actions = [(os.POSIX_SPAWN_DUP2, file.fileno(), descriptor) for descriptor in (1, 2)]
        child = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ, file_actions=actions)
        os.waitpid(child, 0)
        return Path(file.name).read_text("utf-8")


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("start", [by_run, by_asyncio, by_system, by_posix_spawn])
def test_a_child_has_dead_proxies(start: Callable[[str], str]) -> None:
    proxy, no_proxy, _ = start(SHOW).split()
    assert proxy == "http://127.0.0.1:9"
    assert {"127.0.0.1", "localhost"} <= set(no_proxy.split(","))


@pytest.mark.usefixtures("closed")
def test_a_spawned_worker_of_multiprocessing_has_them_too() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(os.getenv, ("https_proxy",)) == "http://127.0.0.1:9"


@pytest.mark.usefixtures("closed")
def test_they_are_merged_into_the_environment_that_the_caller_passes() -> None:
    given = {"PATH": os.environ["PATH"], "MINE": "yes", "https_proxy": "http://proxy.test", "no_proxy": "*"}
    proxy, no_proxy, mine = by_run(SHOW, env=given).split()
    assert (proxy, mine) == ("http://127.0.0.1:9", "yes")
    assert "*" not in no_proxy


@pytest.mark.usefixtures("closed")
def test_this_process_keeps_its_own_environment() -> None:
    by_system(SHOW)
    assert os.environ.get("https_proxy") != "http://127.0.0.1:9"
    assert VARIABLE not in os.environ


def test_outside_of_a_block_a_child_gets_what_there_is() -> None:
    assert by_run(SHOW, env={**os.environ, "https_proxy": "http://proxy.test"}).startswith(
        "http://proxy.test"
    )


@pytest.mark.usefixtures("closed")
def test_a_python_that_imports_unspool_is_closed() -> None:
    assert NetworkBlockedError.__name__ in by_run(ASK)


def test_allowed_hosts_may_be_reached_without_a_proxy() -> None:
    merged = variables(frozenset({*LOOPBACK, "*.example.com"}), {})
    assert ".example.com" in merged["NO_PROXY"].split(",")
    assert "*.example.com" in merged[VARIABLE].split()
