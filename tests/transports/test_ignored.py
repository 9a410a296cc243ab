"""Requests that are neither recorded nor answered: a project's own, and libraries' housekeeping."""

from __future__ import annotations

from pathlib import Path

import httpx
import httpx2
import pytest
import requests
from tests.loopback import Answer, serve

from unspool import Cassette, ReplayTransport, block_network, use_cassette
from unspool.transports.ignored import HOUSEKEEPING, is_ignored

GOOD = Answer.events({"text": "good"})
PRICES = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"


@pytest.mark.parametrize(("host", "start"), HOUSEKEEPING)
def test_housekeeping_is_known(host: str, start: str) -> None:
    uri = f"https://{'o1' if host.startswith('.') else ''}{host}{start}x"
    assert is_ignored(None, uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://api.openai.com/v1/chat/completions",
        "https://raw.githubusercontent.com/other/project/main/file",
        "https://example.com/v1/traces/ingest",
        "https://api.openai.com.example.com/v1/traces/ingest",
        "https://ingest.sentry.io.example.com/api",
        "/v1/traces/ingest",
    ],
)
def test_other_requests_are_not(uri: str) -> None:
    assert not is_ignored(None, uri)


@pytest.mark.parametrize("library", [httpx, httpx2, requests], ids=["httpx", "httpx2", "requests"])
def test_housekeeping_in_a_replay_is_a_connection_error_that_fails_nothing(
    tmp_path: Path, library: object
) -> None:
    error = requests.ConnectionError if library is requests else library.ConnectError  # type: ignore[attr-defined]
    with use_cassette(tmp_path / "a.yaml", record_mode="none") as cassette, pytest.raises(error):
        library.get(PRICES)  # type: ignore[attr-defined]
    assert cassette.misses == []


def test_housekeeping_without_a_network_is_a_connection_error() -> None:
    with block_network(), pytest.raises(httpx.ConnectError):
        httpx.get(PRICES)


def test_a_transport_that_replays_has_nowhere_to_send_it() -> None:
    transport = ReplayTransport(Cassette.of([]))
    with httpx.Client(transport=transport) as client, pytest.raises(httpx.ConnectError):
        client.get(PRICES)


@pytest.mark.parametrize("library", [httpx, requests], ids=["httpx", "requests"])
@pytest.mark.parametrize("option", [{"ignore_hosts": ["127.0.0.1"]}, {"ignore_localhost": True}])
def test_an_ignored_host_is_neither_recorded_nor_answered(
    tmp_path: Path, library: object, option: dict[str, object]
) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": GOOD}) as server:
        for mode in ("once", "none"):
            with use_cassette(path, record_mode=mode, **option):
                library.post(f"{server.url}/")  # type: ignore[attr-defined]
        assert len(server.requests) == 2
    assert not path.exists()


def test_an_ignored_host_that_is_not_allowed_is_a_connection_error(tmp_path: Path) -> None:
    with serve({"/": GOOD}) as server:
        with (
            use_cassette(
                tmp_path / "a.yaml", record_mode="none", ignore_hosts=["127.0.0.1"], allowed_hosts=()
            ),
            pytest.raises(httpx.ConnectError),
        ):
            httpx.post(f"{server.url}/")
        assert server.requests == []
