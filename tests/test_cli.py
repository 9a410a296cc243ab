"""The `unspool` command, from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import unspool
from unspool.cli import main


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(Path(unspool.__file__).parents[1]), **environment}
    command = [sys.executable, "-c", "import sys; from unspool.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def demo() -> str:
    done = run("demo")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_demo_streams_a_recorded_answer_chunk_by_chunk(demo: str) -> None:
    assert "Let| me| look| up| both| for| you|" in demo


def test_the_demo_shows_a_parallel_tool_call(demo: str) -> None:
    assert 'call 0: get_weather {"|city|":"|Paris|"}|' in demo
    assert 'call 1: get_time {"|city|":"|Paris|"}|' in demo


def test_the_demo_shows_the_rebuilt_response(demo: str) -> None:
    assert 'get_weather({"city":"Paris"})' in demo
    assert "usage: 84 + 47 = 131 tokens" in demo


def test_the_demo_gets_the_same_from_another_wire_format(demo: str) -> None:
    assert "Anthropic's wire format gives the same calls: yes" in demo


def test_the_demo_catches_a_loop(demo: str) -> None:
    assert demo.count("How are you? ") >= 100
    assert "The model is repeating the same chunk" in demo
    assert "101 chunks were pulled, and the source was closed." in demo


def test_the_demo_runs_where_the_terminal_has_no_unicode() -> None:
    done = run("demo", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_demo_may_be_cut_short_by_its_reader() -> None:
    code = "import sys; from unspool.cli import main; sys.exit(main(['demo']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        assert (demo.stderr.read(), demo.wait()) == (b"", 0)


def test_without_a_command_it_shows_the_help() -> None:
    done = run()
    assert done.returncode == 2
    assert "demo" in done.stderr


def test_an_unknown_command_is_refused() -> None:
    done = run("fly")
    assert done.returncode == 2
    assert "invalid choice: 'fly'" in done.stderr


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"unspool {unspool.__version__}\n"
