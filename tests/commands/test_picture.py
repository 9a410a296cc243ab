"""What `show`, `diff` and `demo` draw, at several widths, with and without colour."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from unspool.cassette.file_format import Document
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.store import load, write
from unspool.cli import main
from unspool.commands.picture import columns, milliseconds, picture, size_of, wrapped
from unspool.faults import Break, BrokenArguments, NoFinish, Stall
from unspool.reading.exchange import read_exchange
from unspool.samples import sample_names, sample_path

NOW = 1_796_083_200.0

Draw = Callable[..., str]


@pytest.fixture
def draw(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Draw:
    def run(*arguments: str, width: int, colour: bool = False) -> str:
        monkeypatch.setattr(time, "time", lambda: NOW)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("COLORTERM", raising=False)
        monkeypatch.setenv("FORCE_COLOR" if colour else "NO_COLOR", "1")
        main(list(arguments))
        return capsys.readouterr().out

    return run


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A conversation with a stall in it, a break, broken arguments and no finish reason."""
    text, tools = (load(sample_path(f"openai/{name}")).interactions[0] for name in ("text", "parallel-tools"))
    faults = [Stall(after=4, seconds=2).apply(text), Break(5).apply(text), NoFinish().apply(text)]
    write(tmp_path / "broken.yaml", Document((*faults, BrokenArguments().apply(tools))))
    return tmp_path / "broken.yaml"


SHOWN = (
    "openai/parallel-tools",
    "openai/loop",
    "gemini/thinking-and-tools",
    "anthropic/overloaded-mid-stream",
)


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_show(draw: Draw, snapshot: SnapshotAssertion, width: int, colour: bool) -> None:
    drawn = [draw("show", str(sample_path(name)), width=width, colour=colour) for name in SHOWN]

    assert "\n".join(drawn) == snapshot


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_show_what_broke(
    draw: Draw, broken: Path, snapshot: SnapshotAssertion, width: int, colour: bool
) -> None:
    assert draw("show", str(broken), width=width, colour=colour) == snapshot


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_diff(draw: Draw, broken: Path, snapshot: SnapshotAssertion, width: int, colour: bool) -> None:
    assert draw("diff", str(sample_path("openai/text")), str(broken), width=width, colour=colour) == snapshot


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_demo(draw: Draw, snapshot: SnapshotAssertion, width: int, colour: bool) -> None:
    assert draw("demo", "--fast", width=width, colour=colour) == snapshot


@pytest.mark.parametrize("width", [40, 60, 97])
@pytest.mark.parametrize("name", sample_names())
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for index, one in enumerate(load(sample_path(name)).interactions):
        lines = picture(read_exchange(index, one), width=width)
        assert max(cell_len(part) for line in lines for part in line.plain.splitlines() or [""]) <= width


def test_nothing_of_a_cassette_is_obeyed_by_the_terminal() -> None:
    hostile = "\x1b[31mred\x07\u202e\r\n[bold]x[/bold] :smile:"
    request = Request(f"POST{hostile}", f"https://a.example/{hostile}", (), hostile.encode())
    one = Interaction(request, Response(200, hostile, (), hostile.encode()))

    drawn = "\n".join(line.plain for line in picture(read_exchange(0, one), width=80))

    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(drawn)
    assert "[bold]x[/bold] :smile:" in drawn


def test_long_texts_are_cut_with_the_way_to_see_all() -> None:
    one = load(sample_path("openai/loop")).interactions[0]

    short, whole = (
        "\n".join(line.plain for line in picture(read_exchange(0, one), width=80, whole=whole))
        for whole in (False, True)
    )
    assert "more lines (--full)" in short
    assert "more lines" not in whole
    assert whole.count("and so on") > short.count("and so on")


def test_messages_that_were_shown_before_are_only_counted() -> None:
    one = load(sample_path("openai/text")).interactions[0]

    drawn = "\n".join(line.plain for line in picture(read_exchange(0, one), width=80, known=1))

    assert "(1 message shown before)" in drawn
    assert "Hey" not in drawn


def test_without_times_there_is_no_plot() -> None:
    one = load(sample_path("openai/text")).interactions[0]
    untimed = replace(one, response=replace(one.response, timeline=None))

    drawn = [line.plain for line in picture(read_exchange(0, untimed), width=80)]

    assert not any(line.strip().startswith("time") for line in drawn)


def test_wide_characters_count_as_two_cells() -> None:
    assert all(cell_len(part) <= 10 for part in wrapped("日本語のとても長い文章です", 10))
    assert "".join(wrapped("日本語のとても長い文章です", 10)) == "日本語のとても長い文章です"


@pytest.mark.parametrize(("seconds", "words"), [(0.4121, "412 ms"), (0.9999, "1,000 ms"), (61.5, "61.50 s")])
def test_a_duration_is_written_as_a_person_does(seconds: float, words: str) -> None:
    assert milliseconds(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(830, "830 B"), (4_200, "4.2 kB"), (1_500_000, "1.5 MB")])
def test_so_is_a_size(count: int, words: str) -> None:
    assert size_of(count) == words


def test_columns_stand_one_below_the_other() -> None:
    assert list(columns([["a", "1"], ["bcd", "22"]], right=frozenset({1}))) == ["a     1", "bcd  22"]
