from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from unspool.cli import main
from unspool.clock import VirtualClock
from unspool.commands import demo


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def run(columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["demo", "--fast"]) == 0
        return capsys.readouterr().out

    return run


def test_it_plays_a_recorded_stream_over_its_time_line(said: Callable[..., str]) -> None:
    lines = said().splitlines()

    assert lines[1] == "   Let me look up both for you — the weather and the clock in Paris. ☔"
    assert lines[2].startswith("   time        ···")
    assert lines[2].endswith("│  0 … 1.00 s")


def test_it_heals_a_character_that_was_cut(said: Callable[..., str]) -> None:
    assert "decoded apart   It rains in Oslo. ��" in said()
    assert "unspool         It rains in Oslo. ☔" in said()


def test_a_naive_client_takes_an_error_for_the_end(said: Callable[..., str]) -> None:
    assert "a naive client  Let me look up both for you — the weather and the (and exits with 0)" in said(120)
    assert "unspool         InternalServerError: The service is overloaded" in said(120)


def test_a_loop_is_a_number_and_not_a_hundred_lines(said: Callable[..., str]) -> None:
    assert "How are you?  100 times" in said()
    assert said().count("How are you?") <= 3
    assert "101 chunks were pulled, and the source was closed." in said()


def test_the_last_line_is_the_next_command(said: Callable[..., str]) -> None:
    assert said().splitlines()[-1].startswith("And now:  unspool show ")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_it_fits_on_a_screen(said: Callable[..., str], columns: int) -> None:
    lines = said(columns).splitlines()

    assert max(map(cell_len, lines)) <= max(columns, 74)
    assert len(lines) <= 24


def test_on_a_terminal_it_takes_about_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    monkeypatch.setattr(demo, "REAL_CLOCK", clock)
    monkeypatch.setenv("FORCE_COLOR", "1")

    demo.run_demo()

    assert 5 < clock.elapsed < 12
