"""`unspool serve`, from outside."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import anthropic
import httpx
import openai
import pytest

import unspool
from unspool.cassette.store import load

TEXT = Path(unspool.sample_path("openai/text"))
TOOLS = Path(unspool.sample_path("anthropic/parallel-tools"))
BODY = load(TEXT).interactions[0].request.body

Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `unspool serve`; the process, and its address."""
    with ExitStack() as stack:

        def begin(*words: object) -> tuple[subprocess.Popen[str], str]:
            command = [sys.executable, "-m", "unspool", "serve", *map(str, words), "--port", "0"]
            process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            if process.stderr is None:
                raise AssertionError("no standard error")
            line = process.stderr.readline()
            found = re.search(r"serving at (\S+)", line)
            if found is None:
                raise AssertionError(line)
            return process, found[1]

        yield begin


def stopped(process: subprocess.Popen[str], by: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """The exit status, and the rest of the standard error."""
    process.send_signal(by)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def post(url: str, body: bytes = BODY) -> httpx.Response:
    return httpx.post(f"{url}/v1/chat/completions", content=body, verify=False)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(start: Start, by: signal.Signals) -> None:
    process, url = start(TEXT)
    assert "Hello!" in post(url).text

    assert stopped(process, by)[0] == 0


def test_each_request_is_a_line(start: Start) -> None:
    process, url = start(TEXT)
    post(url)
    post(url, b"{}")

    _, errors = stopped(process)

    assert re.search(r"POST /v1/chat/completions 200 whole, 16 pieces, 4,160 bytes in \d", errors)
    assert "POST /v1/chat/completions 404 missed" in errors


def test_lines_may_be_json(start: Start) -> None:
    process, url = start(TEXT, "--log", "json")
    post(url)

    assert '"outcome": "whole"' in stopped(process)[1]


def test_strict_fails_for_a_miss(start: Start) -> None:
    process, url = start(TEXT, "--strict")
    assert [post(url).status_code for _ in range(2)] == [200, 404]

    status, errors = stopped(process)

    assert status == 3
    assert "unspool: " in errors


def test_workers_share_a_port(start: Start) -> None:
    with socket.socket() as one:  # a free port, which several processes can name
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "unspool", "serve", str(TEXT), "--port", str(port), "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        if process.stderr is None:
            raise AssertionError("no standard error")
        assert "serving at" in process.stderr.readline()
        assert post(f"http://127.0.0.1:{port}").status_code == 200
        assert stopped(process)[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.yaml"], "there is no none.yaml"),
        ([TEXT, "--host", "0.0.0.0"], "expected a token (--token)"),
        ([TEXT, "--fault", "Braek(1)"], "Did you mean Break"),
        ([TEXT, "--workers", "2", "--strict"], "--workers needs responses that don't depend"),
        ([TEXT, "--timing", "slow"], "invalid"),
    ],
)
def test_a_mistake_is_one_plain_sentence(words: list[object], message: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "unspool", "serve", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert done.returncode in {1, 2}
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_openai_sdk_streams_from_it(start: Start) -> None:
    _, url = start(TEXT)
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none")

    stream = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Hey, how's it going?"}],
        stream=True,
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text.startswith("Hello! I'm doing well")


def test_the_anthropic_sdk_streams_tools_from_it(start: Start) -> None:
    _, url = start(TOOLS)
    asked = json.loads(load(TOOLS).interactions[0].request.body)
    client = anthropic.Anthropic(base_url=url, api_key="none")
    del asked["stream"]

    with client.messages.stream(**asked) as stream:
        message = stream.get_final_message()

    assert [block.name for block in message.content if block.type == "tool_use"]
    assert message.stop_reason == "tool_use"


def test_a_client_that_is_not_retried_raises_for_a_miss(start: Start) -> None:
    process, url = start(TEXT)
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none")

    with pytest.raises(openai.NotFoundError, match="has no recording for POST"):
        client.chat.completions.create(model="other", messages=[{"role": "user", "content": "Hi"}])

    assert stopped(process)[1].count("missed") == 1


def test_curl_streams_from_it(start: Start) -> None:
    _, url = start(TEXT, "--timing", "0.1")
    done = subprocess.run(
        ["curl", "-sN", f"{url}/v1/chat/completions", "--data-binary", "@-"],
        input=BODY,
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == load(TEXT).interactions[0].response.body
