"""What every test gets: both event loops, no network, no keys, and the streams you recorded yourself."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

# A busy machine is no failure. A run takes a few examples of each property; `nox -s properties` takes many.
settings.register_profile(
    "patient",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("patient"), derandomize=False, max_examples=1_000)
settings.load_profile("patient")

LEAKS = (
    "_API_KEY",
    "_AUTH_TOKEN",
    "_BASE_URL",
    "_PROXY",
    "_ACCESS_KEY_ID",
    "_SECRET_ACCESS_KEY",
    "_SESSION_TOKEN",
)
"""How the variables end that would make a test depend on whose machine it runs on."""

SETTINGS = (
    "AWS_PROFILE",
    "CI",
    "PYTEST_XDIST_TESTRUNUID",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
    "REPEATED_STREAMING_CHUNK_LIMIT",
    "UNSPOOL_STREAMS",
)
"""Variables that would change what a test sees: with `CI` set, say, nothing is recorded by default, and the
pytest that a test starts is no worker of the one that runs it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exhaustive", action="store_true", help="every scenario where a named few do: nox -s torture"
    )
    parser.addoption("--properties", action="store_true", help="Hypothesis's tests only: nox -s properties")
    parser.addoption(
        "--streams",
        metavar="FOLDER",
        default=os.environ.get("UNSPOOL_STREAMS"),
        help="real recorded streams for tests/conformance (or name the folder in UNSPOOL_STREAMS)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, where only properties are asked for, every other test."""
    if config.getoption("--properties"):
        chosen = [item for item in items if is_hypothesis_test(getattr(item, "obj", None))]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen


def pytest_collection_finish() -> None:
    """The garbage collector leaves alone what was collected as tests: thousands of objects that stay."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def streams(pytestconfig: pytest.Config) -> Path:
    """The folder of real recorded streams. A test that asks for it is skipped where there is none."""
    folder = pytestconfig.getoption("--streams")
    if not folder:
        pytest.skip("needs real recorded streams: --streams FOLDER, or UNSPOOL_STREAMS")
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"--streams names no folder: {folder}", pytrace=False)
    return path


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Async tests, marked `pytest.mark.anyio`, run once on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of one certificate authority: reading the 150 of certifi takes every HTTP client 40 ms."""
    end = "-----END CERTIFICATE-----\n"
    path = tmp_path_factory.mktemp("tls") / "one-authority.pem"
    path.write_text(certifi.contents().partition(end)[0] + end, "ascii")
    return path


@pytest.fixture(scope="session", autouse=True)
def hermetic(one_authority: Path) -> Iterator[None]:
    """No test knows a key, an address or a setting of this machine, nor reaches another machine."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job; its children inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().endswith(LEAKS) or name in SETTINGS:
                patch.delenv(name)
        patch.setenv("SSL_CERT_FILE", str(one_authority))
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_local(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _only_local_names(socket.getaddrinfo))
        yield


def _only_local(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_loopback(address[0])
        return connect(self, address)

    return guarded


def _only_local_names(getaddrinfo: Any) -> Any:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_unless_loopback(host)
        return getaddrinfo(host, *args, **kwargs)

    return guarded


def _refuse_unless_loopback(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "localhost") and not _is_loopback(name):
        # Not an Exception, so that no client's retry or `except Exception` can swallow it.
        pytest.fail(f"a test tried to reach {name!r}; tests may only talk to this machine")


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
