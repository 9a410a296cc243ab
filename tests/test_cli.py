"""The `unspool` command, from outside."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import unspool
import unspool.samples
from unspool.cassette.file_format import Document, loads
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.store import load, write
from unspool.cli import main

ENVIRONMENT = {"PYTHONPATH": str(Path(unspool.__file__).parents[1])}


def run(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**ENVIRONMENT, **environment}
    command = [sys.executable, "-c", "import sys; from unspool.cli import main; sys.exit(main())", *arguments]
    done = subprocess.run(command, env=env, input=given, capture_output=True, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


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


DUMP = b'data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n'
KEY = "sk-proj-" + "a1" * 20


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A small one, which holds a secret."""
    response = Response(200, "OK", (("content-type", "text/event-stream"),), DUMP)
    leaky = Request("POST", "https://example.org/v1", (("authorization", f"Bearer {KEY}"),))
    write(tmp_path / "a.yaml", Document((Interaction(leaky, response),)))
    return tmp_path / "a.yaml"


def test_a_dump_from_a_pipe_is_converted_into_a_pipe(tmp_path: Path) -> None:
    done = run("convert", "-", "-", "--uri", "https://example.org/v1", "--method", "PUT", given=DUMP)

    (interaction,) = loads(done.stdout.encode(), name="stdout").interactions
    assert (interaction.request.method, interaction.request.uri) == ("PUT", "https://example.org/v1")
    assert interaction.response.body == DUMP
    assert done.stderr.startswith("unspool: a dump doesn't contain its request")


def test_a_file_is_converted_into_a_file(cassette: Path, tmp_path: Path) -> None:
    assert main(["convert", str(cassette), str(tmp_path / "b.json"), "--plain"]) == 0
    assert load(tmp_path / "b.json").interactions[0].response.body == DUMP
    assert KEY not in (tmp_path / "b.json").read_text()


def test_secrets_and_targets_are_spared_or_not_as_asked(cassette: Path, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").touch()

    assert main(["convert", str(cassette), str(tmp_path / "b.yaml"), "--force", "--keep-secrets"]) == 0
    assert KEY in (tmp_path / "b.yaml").read_text()


def test_what_cannot_be_done_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(b"\x1b[31mnothing\nknown")

    assert main(["convert", str(tmp_path / "x"), "-"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"unspool: {tmp_path / 'x'}: expected a HAR")
    assert said.err.count("\n") == 1


def test_a_message_holds_nothing_that_a_terminal_would_obey(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(tmp_path / "\x1b[31m\nred.yaml")]) == 2
    assert "[31m red.yaml" in capsys.readouterr().err


def test_secrets_are_found_by_a_check(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redact", "--check", str(cassette)]) == 1
    assert capsys.readouterr().out == (
        f"{cassette}: interactions[0]: request header authorization (OpenAI key)\n"
    )
    assert KEY in cassette.read_text()


def test_secrets_are_taken_out_and_then_a_check_finds_none(cassette: Path) -> None:
    assert main(["redact", str(cassette)]) == 0
    assert main(["redact", "--check", str(cassette)]) == 0
    assert KEY not in cassette.read_text()


def test_one_file_that_fails_keeps_none_of_the_others_waiting(
    cassette: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redact", str(tmp_path / "none.yaml"), str(cassette)]) == 2
    assert capsys.readouterr().err.startswith("unspool: there is no cassette")
    assert KEY not in cassette.read_text()


def test_recovering_nothing_is_no_failure(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", str(cassette)]) == 0
    assert capsys.readouterr().out == f"{cassette}: nothing to recover\n"


def test_a_cassette_is_shown_as_a_table(
    cassette: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")

    assert main(["show", "--list", str(cassette)]) == 0

    titles, row = capsys.readouterr().out.splitlines()
    assert titles.split()[:3] == ["#", "method", "uri"]
    assert row.split()[:3] == ["0", "POST", "https://example.org/v1"]


def test_a_stream_is_shown_chunk_by_chunk(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--chunks", str(cassette), "0"]) == 0
    assert r"data: [DONE]\n\n" in capsys.readouterr().out


def test_an_interaction_that_is_not_there_is_told(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(cassette), "1"]) == 2
    assert "(0 to 0), got 1" in capsys.readouterr().err


def test_the_command_line_loads_what_its_command_needs_only() -> None:
    heavy = {"anyio", "httpx", "pydantic", "rich", "shtab", "vcr", "yaml", "unspool.cassette"}
    help_ = "contextlib.suppress(SystemExit).__enter__(); unspool.cli.main([])"
    code = f"import contextlib, sys, unspool.cli; {help_}; print(*{heavy} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


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


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "unspool", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("unspool ")


# Of every command: success, a user's mistake, a reader that goes away


@pytest.fixture
def bad(tmp_path: Path) -> dict[str, Path]:
    """What a user may name by mistake."""
    folder = tmp_path / "folder"
    folder.mkdir()
    files = {"binary": bytes(range(256)), "text": b"hello", "cut": b"interactions:\n- requ"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return {name: tmp_path / name for name in (*files, "missing", "folder")}


ON_A_FILE = {
    "show": ["show", "{}"],
    "check": ["check", "{}"],
    "stats": ["stats", "{}"],
    "diff": ["diff", "{}", "{}"],
    "why": ["why", "{}", "/dev/null"],
    "script": ["script", "{}"],
    "repro": ["repro", "{}", "-"],
    "redact": ["redact", "{}"],
    "convert": ["convert", "{}", "-"],
    "serve": ["serve", "{}"],
    "run": ["run", "--cassette", "{}", "--", "true"],
}


@pytest.mark.parametrize("command", ON_A_FILE)
@pytest.mark.parametrize("mistake", ["missing", "folder", "binary", "text", "cut"])
def test_a_mistake_is_one_plain_line_and_status_2(
    bad: dict[str, Path], command: str, mistake: str, capfd: pytest.CaptureFixture[str]
) -> None:
    given = [part.format(bad[mistake]) for part in ON_A_FILE[command]]

    assert main(given) == 2

    said = capfd.readouterr()
    assert "Traceback" not in said.err + said.out
    assert str(bad[mistake]) in said.err + said.out


@pytest.mark.parametrize(
    "command", ["demo --fast", "show {} --full", "stats {}", "check {}", "completion bash"]
)
def test_a_reader_that_goes_away_is_no_failure(command: str) -> None:
    given = [part.format(unspool.samples.sample_path("openai/loop")) for part in command.split()]
    code = f"import sys; from unspool.cli import main; sys.exit(main({given!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_a_warning_is_one_plain_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = unspool.samples.sample_path("openai/text").read_text("utf-8")
    (tmp_path / "edited.yaml").write_text(text.replace("well", "very well"), "utf-8")

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["stats", str(tmp_path / "edited.yaml")]) == 0

    assert capsys.readouterr().err.startswith(f"unspool: {tmp_path / 'edited.yaml'}: interactions[0]: ")
