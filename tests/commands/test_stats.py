from __future__ import annotations

import json
from pathlib import Path

import pytest

from unspool.cli import main
from unspool.samples import sample_path

FOLDER = sample_path("openai/text").parent


def test_each_group_is_a_line_and_the_last_is_the_total(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")

    assert main(["stats", str(FOLDER.parent)]) == 0

    titles, *rows = capsys.readouterr().out.splitlines()
    assert titles.split()[:3] == ["provider", "streams", "tokens"]
    assert [row.split()[0] for row in rows][-3:] == ["openrouter", "vertex_ai", "total"]


def test_as_json_times_are_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(FOLDER), "--by", "model", "--json"]) == 0

    groups = json.loads(capsys.readouterr().out)["groups"]
    assert groups["gpt-4o-mini"]["streams"] == 3
    assert 0 < groups["total"]["first_p50"] < 5


def test_an_unreadable_file_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yaml").write_text("hello")

    assert main(["stats", str(tmp_path / "bad.yaml"), str(FOLDER)]) == 2

    said = capsys.readouterr()
    assert "bad.yaml" in said.err
    assert "total" in said.out


def test_on_a_narrow_terminal_a_group_has_several_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    assert main(["stats", str(FOLDER)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "openai"
    assert lines[1].startswith("   streams 3   tokens in 84   out 47")
    assert max(map(len, lines)) <= 60
