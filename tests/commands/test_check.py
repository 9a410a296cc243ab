from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from unspool.cassette.file_format import Document
from unspool.cassette.store import load, write
from unspool.cli import main
from unspool.faults import NoFinish
from unspool.samples import sample_path

TEXT = sample_path("openai/text")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good cassette, one without a finish reason, and one that is none."""
    shutil.copy(TEXT, tmp_path / "good.yaml")
    write(tmp_path / "cut.yaml", Document((NoFinish().apply(load(TEXT).interactions[0]),)))
    (tmp_path / "none.yaml").write_text("hello")
    return tmp_path


Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def run(*arguments: str) -> tuple[int, str]:
        status = main(["check", *arguments])
        return status, capsys.readouterr().out

    return run


def test_a_good_cassette_is_status_0(check: Check) -> None:
    assert check(str(TEXT)) == (0, "1 cassette: all is well; 1 without fault\n")


def test_a_finding_is_status_1(check: Check, folder: Path) -> None:
    status, said = check(str(folder / "cut.yaml"))

    assert status == 1
    assert "warning  finish      interactions[0]: the stream ends without a finish reason" in said


def test_an_unreadable_file_is_status_2_and_the_others_are_checked(check: Check, folder: Path) -> None:
    status, said = check(str(folder))

    assert status == 2
    assert "3 cassettes: 1 error, 1 warning; 1 without fault" in said


def test_a_rule_can_be_ignored(check: Check, folder: Path) -> None:
    assert check(str(folder / "cut.yaml"), "--ignore", "finish")[0] == 0


def test_an_age_can_be_set(check: Check) -> None:
    status, said = check(str(TEXT), "--max-age", "1")

    assert status == 1
    assert "record it again" in said


def test_as_json_there_is_a_finding_each(check: Check, folder: Path) -> None:
    said = json.loads(check(str(folder), "--json")[1])

    assert said["checked"] == 3
    assert {one["rule"] for one in said["findings"]} == {"finish", "unreadable"}
    assert set(said["findings"][0]) == {"file", "interaction", "rule", "level", "message"}


def test_as_junit_a_cassette_is_a_test_case(check: Check, folder: Path) -> None:
    suite = ET.fromstring(check(str(folder), "--format", "junit")[1])

    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    failed = {Path(case.get("name", "")).name for case in suite if case.find("failure") is not None}
    assert failed == {"cut.yaml", "none.yaml"}


def test_for_github_a_finding_annotates_its_file(check: Check, folder: Path) -> None:
    lines = check(str(folder), "--format", "github")[1].splitlines()

    assert (
        f"::warning file={folder / 'cut.yaml'},title=unspool check (finish)::interactions[0]: "
        in "\n".join(lines)
    )
    assert all(line.startswith(("::warning file=", "::error file=")) for line in lines)


def test_many_files_are_checked_in_several_processes_with_the_same_result(check: Check, folder: Path) -> None:
    for number in range(60):
        shutil.copy(folder / "cut.yaml", folder / f"cut{number}.yaml")

    assert check(str(folder), "--jobs", "2") == check(str(folder), "--jobs", "1")
