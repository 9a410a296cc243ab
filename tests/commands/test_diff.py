from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from unspool.cli import main
from unspool.samples import sample_path

TEXT, LOOP = (str(sample_path(f"openai/{name}")) for name in ("text", "loop"))


def test_the_same_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", TEXT, TEXT]) == 0
    assert "words: same   shape: same   time: same" in capsys.readouterr().out


def test_a_difference_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", TEXT, LOOP]) == 1
    assert "! finish" in capsys.readouterr().out


def test_with_shape_words_do_not_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Path(TEXT).read_text("utf-8").replace("well", "fine")
    (tmp_path / "other.yaml").write_text(other, "utf-8")

    assert main(["diff", TEXT, str(tmp_path / "other.yaml")]) == 1
    assert main(["diff", TEXT, str(tmp_path / "other.yaml"), "--shape"]) == 0
    assert "fine" not in capsys.readouterr().out.splitlines()[-1]


def test_folders_are_compared_file_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(TEXT, tmp_path / folder / "same.yaml")
    shutil.copy(LOOP, tmp_path / "b" / "new.yaml")

    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "b")]) == 1

    said = capsys.readouterr().out
    assert "only in B: POST https://api.openai.com/v1/chat/completions" in said
    assert "same.yaml   1 of 1 interactions matched" in said


def test_as_json_each_pair_has_its_differences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", TEXT, LOOP, "--json"]) == 1

    (file,) = json.loads(capsys.readouterr().out)["files"]
    (pair,) = file["pairs"]
    assert (pair["before"], pair["after"]) == (0, 0)
    assert {"what": "finish", "kind": "shape", "before": "stop", "after": "length"} in pair["differences"]


def test_a_file_and_a_folder_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", TEXT, str(tmp_path)]) == 2
    assert "expected two cassettes or two folders" in capsys.readouterr().err
