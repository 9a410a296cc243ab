from __future__ import annotations

import json
from pathlib import Path

import pytest

from unspool.cassette.journal import Journal
from unspool.cassette.model import End, Request
from unspool.cassette.recovery import recover
from unspool.cassette.redact import Redactor
from unspool.cassette.store import load
from unspool.cli import main
from unspool.commands.recover import recovered


def leave_behind(cassette: Path, *bodies: bytes) -> None:
    journal = Journal(cassette, redactor=Redactor())
    for slot, body in enumerate(bodies):
        journal.begin(slot, Request("GET", "https://example.org/"), 1_795_435_200.0 + slot)
        journal.head(slot, 200, "OK", (), "HTTP/1.1", 0.1)
        journal.chunk(slot, body, 0.2)
        journal.end(slot, End.COMPLETE, None, 0.3)
    journal.close()


def test_what_was_left_behind_is_in_the_cassette_then(tmp_path: Path) -> None:
    leave_behind(tmp_path / "a.yaml", b"one", b"two")

    assert (
        recovered(tmp_path / "a.yaml", recover(tmp_path / "a.yaml"))
        == f"{tmp_path / 'a.yaml'}: recovered 2 interactions"
    )

    bodies = [interaction.response.body for interaction in load(tmp_path / "a.yaml").interactions]
    assert bodies == [b"one", b"two"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_one_is_spoken_of_as_one(tmp_path: Path) -> None:
    leave_behind(tmp_path / "a.yaml", b"one")

    assert recovered(tmp_path / "a.yaml", recover(tmp_path / "a.yaml")).endswith("recovered 1 interaction")


def test_a_second_time_there_is_nothing_left(tmp_path: Path) -> None:
    leave_behind(tmp_path / "a.yaml", b"one")
    recovered(tmp_path / "a.yaml", recover(tmp_path / "a.yaml"))

    assert recovered(tmp_path / "a.yaml", recover(tmp_path / "a.yaml")).endswith("nothing to recover")


def test_without_a_recording_there_is_nothing(tmp_path: Path) -> None:
    assert recovered(tmp_path / "none.yaml", recover(tmp_path / "none.yaml")).endswith("nothing to recover")


def test_in_a_folder_the_cassettes_are_found_by_what_was_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    leave_behind(tmp_path / "deep" / "a.yaml", b"one")

    assert main(["recover", str(tmp_path), "--dry-run"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'deep' / 'a.yaml'}: 1 killed recording left behind\n"
    assert main(["recover", str(tmp_path), "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert (file["file"], file["recovered"]) == (str(tmp_path / "deep" / "a.yaml"), 1)
