"""`unspool repro`: the test that it writes, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.plugin.outside import run
from tests.reading.looping import LOOPS, PARAGRAPH, answer, chat, sse

import unspool
from unspool.cassette.file_format import Document
from unspool.cassette.store import write
from unspool.cli import main
from unspool.commands.repro import write_repro
from unspool.errors import CassetteWriteError


@pytest.fixture
def written(pytester: pytest.Pytester) -> Callable[..., str]:
    def write_it(body: bytes, **options: int) -> str:
        write(Path("kept/my-loop.yaml"), Document((answer(body),), {}))
        said: list[str] = []
        options = {"repeats": None, **options}
        assert write_repro(Path("kept/my-loop.yaml"), None, force=False, say=said.append, **options)
        assert said[-1] == "written: test_my_loop_loop.py; run it:  pytest test_my_loop_loop.py"
        path = Path("test_my_loop_loop.py")
        text = path.read_text("utf-8")
        path.unlink()
        return text

    return write_it


@pytest.mark.parametrize("name", LOOPS)
def test_the_written_test_passes_and_one_event_less_is_no_loop(
    pytester: pytest.Pytester, written: Callable[..., str], name: str
) -> None:
    text = written(LOOPS[name][0])
    run(pytester, text).assert_outcomes(passed=1)
    pieces = re.fullmatch(r"(.*CutEvents\()(\d+)(\).*)", text, re.DOTALL)
    assert pieces is not None
    shorter = f"{pieces[1]}{int(pieces[2]) - 1}{pieces[3]}"
    result = run(pytester, shorter)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *IncompleteStreamError*"])


def test_it_fails_where_nobody_guards(pytester: pytest.Pytester, written: Callable[..., str]) -> None:
    text = written(LOOPS["a paragraph"][0])
    run(pytester, text.replace("cycle_guard=unspool.CycleGuard(),", "")).assert_outcomes(failed=1)


def test_it_passes_for_fewer_copies_too(pytester: pytest.Pytester, written: Callable[..., str]) -> None:
    text = written(chat(*[{"content": text} for text in PARAGRAPH * 12]), repeats=5)
    run(pytester, text).assert_outcomes(passed=1)


def test_a_recording_that_ends_as_the_guard_fires_stays_whole(
    pytester: pytest.Pytester, written: Callable[..., str]
) -> None:
    body = b"".join(sse({"choices": [{"index": 0, "delta": {"content": "again "}}]}) for _ in range(101))
    text = written(body)
    assert "cassette=CASSETTE" in text
    run(pytester, text).assert_outcomes(passed=1)


@pytest.mark.parametrize("text", ['"""quotes" ', "back\\slash ", "{braces} ", "\x1b[31m ☔ ", "new\nline "])
def test_whatever_repeats_the_file_is_python(
    pytester: pytest.Pytester, written: Callable[..., str], text: str
) -> None:
    run(pytester, written(chat(*[{"content": text}] * 130))).assert_outcomes(passed=1)


# The command


def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "test_loop.py"
    assert main(["repro", str(unspool.sample_path("openai/loop")), str(target)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "interactions[0] (openai-chat): ' and so on'",
        "comes 120 times in the channel 'content', since chunk 3, 1 chunk each time",
        "LiteLLM's rule stops it after 104 of 125 events",
        f"written: {target}; run it:  pytest {target}",
    ]
    assert target.exists()


def test_without_a_loop_it_says_so_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, cassette = tmp_path / "test_loop.py", unspool.sample_path("openai/text")
    assert main(["repro", str(cassette), str(target)]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"no loop in {cassette}: of 1 answer, none has 100 equal chunks, nor 16 copies")
    assert said.endswith("for fewer copies:  --repeats N\n")
    assert not target.exists()


def test_it_prints_the_test_if_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repro", str(unspool.sample_path("openai/loop")), "-"]) == 0
    assert capsys.readouterr().out.startswith('"""The loop in loop.yaml, found by `unspool repro`.')


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    target, loop = tmp_path / "test_loop.py", unspool.sample_path("openai/loop")
    target.write_text("mine")
    with pytest.raises(CassetteWriteError, match="is there already: name another file"):
        write_repro(loop, str(target), repeats=None, force=False, say=print)
    assert main(["repro", str(loop), str(target), "--force"]) == 0
    assert target.read_text("utf-8") != "mine"


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    target = tmp_path / "missing" / "test_loop.py"
    with pytest.raises(CassetteWriteError, match=r"can't write .*test_loop\.py: No such file"):
        write_repro(unspool.sample_path("openai/loop"), str(target), repeats=None, force=False, say=print)
