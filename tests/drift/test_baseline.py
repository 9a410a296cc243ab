from __future__ import annotations

from pathlib import Path

import pytest

from unspool.drift.baseline import against, is_checked, load_baseline, write_baseline
from unspool.drift.environments import DriftError
from unspool.drift.findings import Finding


def _finding(file: Path, where: str = "usage", subject: str = "openai 3.57.0") -> Finding:
    return Finding(subject, "field-dropped", where, str(file))


def test_a_known_finding_is_not_reported_whatever_the_release(tmp_path: Path) -> None:
    path, chat = tmp_path / "baseline.json", tmp_path / "chat.yaml"
    write_baseline(path, [_finding(chat)])
    new, known = _finding(chat, "text"), _finding(chat, subject="openai 4.0.0")
    assert against(path, [known, new], subjects=["openai"], files=[str(chat)]) == [new]


def test_an_entry_that_no_longer_occurs_is_a_note(tmp_path: Path) -> None:
    path, chat = tmp_path / "baseline.json", tmp_path / "chat.yaml"
    write_baseline(path, [_finding(chat)])
    [stale] = against(path, [], subjects=["openai"], files=[str(chat)])
    assert (stale.rule, stale.where, stale.file) == ("baseline-stale", "field-dropped usage", "chat.yaml")


@pytest.mark.parametrize(
    ("subjects", "files"), [(["anthropic"], ["chat.yaml"]), (["openai"], ["other.yaml"])]
)
def test_an_entry_that_was_not_checked_is_neither_new_nor_stale(
    tmp_path: Path, subjects: list[str], files: list[str]
) -> None:
    path, chat = tmp_path / "baseline.json", tmp_path / "chat.yaml"
    write_baseline(path, [_finding(chat)])
    checked = [str(tmp_path / file) for file in files]
    assert against(path, [], subjects=subjects, files=checked) == []
    [key] = load_baseline(path)
    assert not is_checked(key, tmp_path, subjects, checked)


def test_files_are_written_relative_to_the_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert write_baseline(path, [_finding(tmp_path / "cassettes" / "chat.yaml")]) == 1
    assert load_baseline(path) == {("openai", "field-dropped", "usage", "cassettes/chat.yaml")}


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "baseline.json") == set()


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "known": []}', '{"version": 1, "known": [{}]}'])
def test_another_file_is_no_baseline(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, "utf-8")
    with pytest.raises(DriftError, match=r"expected .*baseline\.json to be a baseline"):
        load_baseline(path)
