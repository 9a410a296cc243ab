"""The addresses under `/__unspool/`."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import TEXT, Wire, body_of, http

import unspool
from unspool.faults import Break
from unspool.server.serving import Server

Serve = Callable[..., Server]
CLIENT = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))


def ask(server: Server, method: str, name: str, fields: Any = None, **headers: str) -> httpx.Response:
    url = f"{server.url}/__unspool/{name}"
    return CLIENT.request(method, url, json=fields, headers=headers)


def chat(server: Server) -> httpx.Response:
    return CLIENT.post(f"{server.url}/v1/chat/completions", content=body_of())


@pytest.mark.parametrize("name", ["health", "ready"])
def test_it_runs(serve: Serve, name: str) -> None:
    assert ask(serve(), "GET", name).json() == {"status": "ok"}


def test_the_requests_are_listed_without_their_headers(serve: Serve) -> None:
    server = serve()
    CLIENT.post(
        f"{server.url}/v1/chat/completions", content=body_of(), headers={"authorization": "Bearer sk-1234"}
    )

    response = ask(server, "GET", "requests")

    (entry,) = response.json()["requests"]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v1/chat/completions", 200)
    assert (entry["outcome"], entry["answered_by"]) == ("whole", "text.yaml[0]")
    assert entry["body"] == json.loads(body_of())
    assert response.json()["outcomes"] == {"whole": 1}
    assert "sk-1234" not in response.text


def test_a_reset_begins_again(serve: Serve) -> None:
    server = serve(repeats=False)
    assert [chat(server).status_code for _ in range(2)] == [200, 404]

    assert ask(server, "POST", "reset").json() == {"status": "reset"}

    assert ask(server, "GET", "requests").json()["requests"] == []
    assert chat(server).status_code == 200
    assert server.problems() == []


def test_a_stream_is_held_by_hand(serve: Serve) -> None:
    server = serve()
    assert ask(server, "POST", "pause?after=2").json() == {"status": "paused", "after": 2}
    wire = Wire(server.url)
    wire.send(http(body_of()))
    wire.until(b'"content":"Hello!"},"logprobs":null,"finish_reason":null}]}\n\n\r\n')
    while not ask(server, "GET", "requests").json()["waiting"]:
        time.sleep(0.01)
    assert server.app.journal.entries[0].outcome == "open"

    assert ask(server, "POST", "release").json() == {"status": "released", "released": 1}

    assert wire.until(b"0\r\n\r\n").endswith(b"0\r\n\r\n")
    wire.close()


def test_a_scenario_is_loaded(serve: Serve, tmp_path: Path) -> None:
    shutil.copy(TEXT, tmp_path / "text.yaml")
    shutil.copy(Path(unspool.sample_path("openai/loop")), tmp_path / "loop.yaml")
    server = serve(tmp_path / "text.yaml", folder=tmp_path)

    loaded = ask(server, "POST", "scenario", {"cassettes": ["loop.yaml"], "fault": "Status(529)"})

    assert loaded.json() == {"status": "loaded"}
    assert chat(server).status_code == 529
    assert ask(server, "POST", "scenario", {"cassettes": "text.yaml", "fault": None}).status_code == 200
    assert chat(server).status_code == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cassettes": ["../secret.yaml"]}, "expected a cassette inside"),
        ({"cassettes": ["/etc/passwd"]}, "expected a cassette inside"),
        ({"cassettes": ["none.yaml"]}, "there is no"),
        ({"cassettes": 1}, "expected `cassettes` to be a list of names"),
        ({"fault": "__import__('os')"}, "expected a fault"),
        ({"faults": "x"}, "expected `cassettes`, `fault` and `timing`"),
        ({"timing": "slow"}, "expected timing"),
        ([], "expected a JSON object"),
    ],
)
def test_a_scenario_that_can_t_be_loaded(serve: Serve, tmp_path: Path, fields: Any, message: str) -> None:
    shutil.copy(TEXT, tmp_path / "text.yaml")
    server = serve(tmp_path / "text.yaml", folder=tmp_path)

    refused = ask(server, "POST", "scenario", fields)

    assert refused.status_code == 400
    assert message in refused.json()["error"]
    assert chat(server).status_code == 200


def test_metrics_are_prometheus_s(serve: Serve) -> None:
    server = serve()
    chat(server)

    text = ask(server, "GET", "metrics").text

    assert 'unspool_responses_total{outcome="whole"} 1.0' in text
    assert "unspool_pieces_total 16.0" in text


def test_an_unknown_address_names_the_known_ones(serve: Serve) -> None:
    refused = ask(serve(), "GET", "reset")

    assert refused.status_code == 404
    assert "POST /__unspool/reset" in refused.json()["error"]


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_a_web_page_can_t_administrate(serve: Serve, headers: dict[str, str]) -> None:
    refused = ask(serve(), "POST", "reset", **headers)

    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


def test_a_token_is_asked_for_everywhere(serve: Serve) -> None:
    server = serve(token="t0ken")

    assert ask(server, "GET", "requests").status_code == 401
    assert chat(server).status_code == 401
    assert ask(server, "GET", "requests", authorization="Bearer t0ken").status_code == 200
    for name in ("x-api-key", "api-key", "x-goog-api-key"):
        answer = CLIENT.post(f"{server.url}/v1/chat/completions", content=body_of(), headers={name: "t0ken"})
        assert answer.status_code == 200


def test_several_processes_share_no_memory(serve: Serve) -> None:
    server = serve(reuse_port=True)

    assert ask(server, "POST", "pause").status_code == 409
    assert ask(server, "GET", "health").status_code == 200


def test_a_fault_s_errors_are_gone_after_a_reset(serve: Serve) -> None:
    server = serve(fault=Break(after=500).on(1))
    with pytest.raises(httpx.ReadError):
        chat(server)

    ask(server, "POST", "reset")

    assert server.app.fault_errors == []
