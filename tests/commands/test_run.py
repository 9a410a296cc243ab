"""`unspool run -- CMD`, from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import unspool

TEXT = Path(unspool.sample_path("openai/text"))

CLIENT = """
import openai, sys
client = openai.OpenAI(max_retries=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
stream = client.chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hey, how's it going?"}], stream=True
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="")
"""

CARELESS = """
import httpx, os
body = %r
try:
    print(httpx.post(os.environ["OPENAI_BASE_URL"] + "/chat/completions", content=body, verify=False).text)
except httpx.HTTPError:
    print("")
"""


def run(*words: str, code: str = CLIENT, args: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unspool", "run", *words, "--", sys.executable, "-c", code, *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_command_s_sdk_asks_the_server() -> None:
    done = run("--cassette", str(TEXT))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Hello! I'm doing well")
    assert "unspool: 1 request\n  1. POST /v1/chat/completions 200 whole" in done.stderr
    assert "(by text.yaml[0])" in done.stderr


def test_the_exit_status_is_the_command_s() -> None:
    assert run("--cassette", str(TEXT), code="raise SystemExit(7)").returncode == 7


def test_a_miss_is_3_whatever_the_command_made_of_it() -> None:
    code = "import httpx, os; httpx.post(os.environ['OPENAI_BASE_URL'] + '/chat/completions', verify=False)"
    done = run("--cassette", str(TEXT), code=code)

    assert done.returncode == 3
    assert "has no recording for POST" in done.stderr


def test_a_fault_that_breaks_nothing_is_3() -> None:
    done = run("--cassette", str(TEXT), "--fault", "Break(500).on(1)")

    assert done.returncode == 3
    assert "501 network chunks" in done.stderr


def test_a_fault_reaches_the_command_s_sdk() -> None:
    done = run("--cassette", str(TEXT), "--fault", "Break(2)")

    assert done.returncode == 1
    assert "ReadError" in done.stderr or "Connection" in done.stderr


def test_a_verdict_finds_what_a_careless_command_does() -> None:
    from unspool.cassette.store import load

    code = CARELESS % load(TEXT).interactions[0].request.body
    done = run("--cassette", str(TEXT), "--fault", "CutEvents(2)", "--verdict", code=code)

    assert done.returncode == 1
    assert "accepted-truncated" in done.stderr


def test_a_verdict_has_nothing_to_say_of_a_good_command() -> None:
    done = run("--cassette", str(TEXT), "--verdict")

    assert done.returncode == 0, done.stderr


def test_a_command_that_fails_after_an_error_did_right() -> None:
    done = run("--cassette", str(TEXT), "--fault", "ErrorEvent(1)", "--verdict")

    assert done.returncode == 1
    assert "swallowed-error" not in done.stderr


def test_no_command_is_a_mistake() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unspool", "run", "--cassette", str(TEXT)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "expected a command after `--`" in done.stderr


def test_an_unknown_command_is_a_mistake() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unspool", "run", "--cassette", str(TEXT), "--", "no-such-command"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "there is no command 'no-such-command'" in done.stderr
