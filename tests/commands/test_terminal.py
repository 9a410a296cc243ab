from __future__ import annotations

from pathlib import Path

import pytest

from unspool.commands.terminal import cassettes_of, complain, for_each, with_progress
from unspool.errors import CassetteError, CassetteNotFoundError


def test_an_error_is_one_line_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    complain("a \x1b[31m red\nerror")

    assert capsys.readouterr().err == "unspool: a [31m red error\n"


def test_a_folder_without_cassettes_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CassetteNotFoundError, match="no cassette in the folder"):
        cassettes_of([tmp_path])


def test_a_file_that_is_named_twice_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()

    assert cassettes_of([tmp_path, tmp_path / "a.yaml"]) == [tmp_path / "a.yaml"]


def test_the_worst_of_all_files_is_the_status(tmp_path: Path) -> None:
    def do(path: Path) -> bool:
        if path.name == "broken":
            raise CassetteError("broken")
        return path.name == "good"

    good, bad, broken = (tmp_path / name for name in ("good", "bad", "broken"))
    assert [for_each(paths, do) for paths in ([good], [good, bad], [broken, bad, good])] == [0, 1, 2]


def test_a_pipe_gets_no_progress_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / str(number) for number in range(100)]

    assert list(with_progress(paths)) == paths
    assert capsys.readouterr().err == ""
