from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.names import cassette_path, shortened, side_file, side_file_pattern
from unspool.errors import CassetteError

FOLDER = Path("cassettes")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chat", "chat.yaml"),
        ("chat.yaml", "chat.yaml"),
        ("chat.yml", "chat.yml"),
        ("chat.JSON", "chat.JSON"),
        ("gpt-4.1", "gpt-4.1.yaml"),
        ("openai/chat", "openai/chat.yaml"),
        ("a//./b", "a/b.yaml"),
        ("tests/test_a.py::test_x[a/b:c]", "tests/test_a.py--test_x[a-b-c].yaml"),
        ("test_a.py::test_x[../../etc]", "test_a.py--test_x[..-..-etc].yaml"),
        ("a\\..\\b", "a-..-b.yaml"),
        ("what<>?%*:|\"'\x00\n\x9f", "what------------.yaml"),
        ("dots...", "dots....yaml"),
        ("a. /b", "a-/b.yaml"),
        ("naïve 日本", "naïve 日本.yaml"),
        ("\ud800", "-.yaml"),
        ("nul", "_nul.yaml"),
        ("COM1.json", "_COM1.json"),
        ("aux/x", "_aux/x.yaml"),
        ("console", "console.yaml"),
    ],
)
def test_a_name_becomes_a_path_inside_the_folder(name: str, expected: str) -> None:
    assert cassette_path(FOLDER, name) == FOLDER / expected


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/../../x", "a/..", "/etc/passwd", "\\\\host\\x", "C:\\x", "c:/x"]
)
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(CassetteError, match="expected a cassette's name inside cassettes"):
        cassette_path(FOLDER, name)


@pytest.mark.parametrize("name", ["", ".", "./"])
def test_a_name_without_letters_is_refused(name: str) -> None:
    with pytest.raises(CassetteError, match="expected a cassette's name, got"):
        cassette_path(FOLDER, name)


@given(st.text(min_size=1))
def test_no_name_leads_out(name: str) -> None:
    try:
        path = cassette_path(FOLDER, name)
    except CassetteError:
        return
    assert FOLDER in path.parents
    assert ".." not in path.parts
    assert all(len(part.encode()) <= 200 for part in path.parts)


def test_a_name_too_long_ends_in_a_digest_and_its_suffix() -> None:
    path = cassette_path(FOLDER, "é" * 300 + ".json")

    assert len(path.name.encode()) <= 200
    assert path.suffix == ".json"


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert shortened("x" * 300 + "1") != shortened("x" * 300 + "2")


def test_a_side_file_is_recognised() -> None:
    path = side_file(FOLDER / "chat.yaml", ".part")

    assert path.parent == FOLDER
    assert side_file_pattern(FOLDER / "chat.yaml", ".part").fullmatch(path.name)


@pytest.mark.parametrize("other", ["chat.yam", "chatXyaml", "chat.yaml.1-a", "x.chat.yaml"])
def test_a_side_file_belongs_to_one_cassette(other: str) -> None:
    path = side_file(FOLDER / other, ".part")

    assert not side_file_pattern(FOLDER / "chat.yaml", ".part").fullmatch(path.name)


def test_the_longest_name_has_side_files(tmp_path: Path) -> None:
    side_file(tmp_path / ("x" * 250 + ".yaml"), ".part").touch()
