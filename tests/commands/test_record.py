"""`unspool record` and `unspool run --mode`, from outside, with an upstream on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests import loopback
from tests.loopback import Answer, Loopback

from unspool.cassette.store import load

CHUNK = (
    b'data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": ['
    b'{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]}\n\n'
)
DONE = b"data: [DONE]\n\n"
KEY = "sk-proj-1234567890abcdefghijklmnopqrstuv"
CLIENT = """
import openai
stream = openai.OpenAI(max_retries=0).chat.completions.create(
    model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream))
"""


@pytest.fixture
def upstream() -> Iterator[Loopback]:
    with loopback.serve({"/v1/chat/completions": Answer([CHUNK, 0.02, DONE])}) as server:
        yield server


def unspool(*words: str, upstream: str, code: str = CLIENT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unspool", *words, "--", sys.executable, "-c", code]
    variables = {**os.environ, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{upstream}/v1"}
    variables.pop("CI", None)
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=variables)


def test_a_command_is_recorded(upstream: Loopback, tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    done = unspool("record", "--to", str(path), upstream=upstream.url)

    assert done.stdout == "Hi\n", done.stderr
    assert done.returncode == 0
    assert f"1 response recorded to {path}" in done.stderr
    (one,) = load(path).interactions
    assert one.request.uri == f"{upstream.url}/v1/chat/completions"
    assert one.response.body == CHUNK + DONE
    assert upstream.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in path.read_text()


def test_once_is_recorded_then_replayed(upstream: Loopback, tmp_path: Path) -> None:
    words = ("run", "--cassette", str(tmp_path / "chat.yaml"), "--mode", "once")
    first, second = (unspool(*words, upstream=upstream.url) for _ in range(2))

    assert (first.stdout, second.stdout) == ("Hi\n", "Hi\n"), first.stderr + second.stderr
    assert len(upstream.requests) == 1
    assert "(by chat.yaml[0])" in second.stderr


def test_what_was_recorded_is_then_broken(upstream: Loopback, tmp_path: Path) -> None:
    cassette = str(tmp_path / "chat.yaml")
    unspool("record", "--to", cassette, upstream=upstream.url)
    broken = unspool("run", "--cassette", cassette, "--fault", "Status(500)", upstream=upstream.url)

    assert broken.returncode == 1
    assert "InternalServerError" in broken.stderr


def test_a_fault_while_recording_is_a_mistake(upstream: Loopback, tmp_path: Path) -> None:
    words = ("--cassette", str(tmp_path / "chat.yaml"), "--mode", "record", "--fault", "Break(1)")
    done = unspool("run", *words, upstream=upstream.url)

    assert done.returncode != 0
    assert "record first" in done.stderr
    assert upstream.requests == []


def test_a_request_without_an_upstream_is_3(upstream: Loopback, tmp_path: Path) -> None:
    code = "import httpx, os; httpx.get(os.environ['UNSPOOL_URL'] + '/somewhere')"
    done = unspool("record", "--to", str(tmp_path / "chat.yaml"), upstream=upstream.url, code=code)

    assert done.returncode == 3
    assert "/somewhere is no provider's path" in done.stderr


def started(path: Path, upstream: str) -> tuple[subprocess.Popen[str], str]:
    command = [
        sys.executable,
        "-m",
        "unspool",
        "record",
        "--to",
        str(path),
        "--port",
        "0",
        "--upstream",
        upstream,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline() if process.stderr else ""
    return process, line.split(" at ")[1].split()[0]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_recording(upstream: Loopback, tmp_path: Path, ending: signal.Signals) -> None:
    path = tmp_path / "chat.yaml"
    process, url = started(path, upstream.url)
    httpx.post(f"{url}/v1/chat/completions", content=b"{}")
    process.send_signal(ending)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 0, said
    assert "POST /v1/chat/completions 200 whole, 2 pieces" in said
    assert len(load(path).interactions) == 1


def test_a_killed_recording_is_recovered(upstream: Loopback, tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    process, url = started(path, upstream.url)
    httpx.post(f"{url}/v1/chat/completions", content=b"{}")
    time.sleep(0.1)
    process.kill()
    process.communicate(timeout=60)
    done = subprocess.run([sys.executable, "-m", "unspool", "recover", str(path)], check=False)

    assert done.returncode == 0
    assert load(path).interactions[0].response.body == CHUNK + DONE
