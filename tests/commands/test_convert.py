from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr

from unspool.cassette.file_format import Document
from unspool.cassette.model import (
    End,
    Failure,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.cassette.store import load, write
from unspool.commands.convert import convert_file, read_any
from unspool.errors import (
    CassetteError,
    CassetteFormatError,
    CassetteNotFoundError,
    CassetteWriteError,
)

KEY = "sk-proj-" + "a1" * 20
URI = "https://api.openai.com/v1/chat/completions"
EVENTS = b'data: {"text":"hello"}\n\ndata: [DONE]\n\n'
HAR = {
    "log": {
        "entries": [
            {
                "startedDateTime": "2026-11-23T12:00:00Z",
                "request": {
                    "method": "POST",
                    "url": URI,
                    "headers": [{"name": "authorization", "value": f"Bearer {KEY}"}],
                    "postData": {"text": "{}"},
                },
                "response": {
                    "status": 200,
                    "statusText": "OK",
                    "headers": [{"name": "content-type", "value": "text/event-stream"}],
                    "content": {"text": EVENTS.decode()},
                },
                "timings": {"wait": 100, "receive": 50},
            }
        ]
    }
}
ZIPPED = gzip.compress(EVENTS)
RECORDED = Interaction(
    Request("POST", URI, (), b"{}"),
    Response(
        200,
        "OK",
        (("content-type", "text/event-stream"), ("content-encoding", "gzip")),
        ZIPPED,
        Timeline(
            chunks=(NetworkChunk(len(ZIPPED), 0.5),),
            end=End.RESET,
            failure=Failure("ReadError"),
        ),
    ),
)


@pytest.fixture
def har(tmp_path: Path) -> Path:
    path = tmp_path / "browser.har"
    path.write_text(json.dumps(HAR))
    return path


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded.yaml"
    write(path, Document((RECORDED,), {"metadata": {"mine": 1}}))
    return path


def convert(source: Path, target: Path, **options: Any) -> list[str]:
    notes: list[str] = []
    convert_file(str(source), str(target), note=notes.append, **options)
    return notes


def test_a_har_becomes_a_cassette(har: Path, tmp_path: Path) -> None:
    assert convert(har, tmp_path / "out.yaml") == []

    (interaction,) = load(tmp_path / "out.yaml").interactions
    assert (interaction.request.uri, interaction.response.body) == (URI, EVENTS)
    assert interaction.response.timeline is not None
    assert interaction.response.timeline.ended_at == 0.15


def test_secrets_are_taken_out(har: Path, tmp_path: Path) -> None:
    convert(har, tmp_path / "out.yaml")

    assert KEY not in (tmp_path / "out.yaml").read_text()


def test_secrets_are_kept_if_that_is_asked_for(har: Path, tmp_path: Path) -> None:
    convert(har, tmp_path / "out.yaml", redact=False)

    assert KEY in (tmp_path / "out.yaml").read_text()


def test_a_name_that_ends_in_json_makes_json(har: Path, tmp_path: Path) -> None:
    convert(har, tmp_path / "out.json")

    assert json.loads((tmp_path / "out.json").read_text())["version"] == 1


def test_notes_are_told(tmp_path: Path) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_bytes(EVENTS)

    assert convert(dump, tmp_path / "out.yaml", uri=URI, method="PUT") == [
        "a dump doesn't contain its request: replay it with match_on=['method', 'uri']"
    ]
    assert load(tmp_path / "out.yaml").interactions[0].request.method == "PUT"


def test_a_cassette_is_copied_as_it_is(recorded: Path, tmp_path: Path) -> None:
    assert convert(recorded, tmp_path / "copy.json") == []
    assert load(tmp_path / "copy.json") == load(recorded)


def test_the_plain_form_is_decoded_and_says_nothing_of_times(recorded: Path, tmp_path: Path) -> None:
    notes = convert(recorded, tmp_path / "plain.yaml", plain=True)

    (interaction,) = load(tmp_path / "plain.yaml").interactions
    headers = (("content-type", "text/event-stream"),)
    assert interaction.response == Response(200, "OK", headers, EVENTS)
    assert load(tmp_path / "plain.yaml").extra == {"metadata": {"mine": 1}}
    assert notes == [
        "interactions[0]: it broke off (ReadError); vcrpy replays the part before as if it were whole"
    ]


@pytest.mark.parametrize("name", ["plain.yaml", "plain.json"])
def test_vcrpy_replays_the_plain_form(har: Path, tmp_path: Path, name: str) -> None:
    convert(har, tmp_path / name, plain=True)

    serializer = "json" if name.endswith("json") else "yaml"
    with (
        vcr.use_cassette(str(tmp_path / name), record_mode="none", serializer=serializer),
        httpx.Client() as client,
    ):
        response = client.post(URI, content=b"{}")

    assert (response.status_code, response.content) == (200, EVENTS)


def test_a_body_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    broken = Interaction(RECORDED.request, Response(200, "", (("content-encoding", "gzip"),), b"no gzip\xff"))
    write(tmp_path / "broken.yaml", Document((RECORDED, broken), {}))

    with pytest.raises(CassetteFormatError, match=r"^interactions\[1\]: .*gzip"):
        convert(tmp_path / "broken.yaml", tmp_path / "plain.yaml", plain=True)


def test_a_target_that_is_there_is_not_replaced(har: Path, recorded: Path) -> None:
    before = recorded.read_bytes()

    with pytest.raises(CassetteWriteError, match=r"is there already: name another file, or .* --force"):
        convert(har, recorded)

    assert recorded.read_bytes() == before


def test_a_target_that_is_there_is_replaced_by_force(har: Path, recorded: Path) -> None:
    convert(har, recorded, force=True)

    assert load(recorded).interactions[0].response.body == EVENTS


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CassetteNotFoundError, match=r"there is no file .*none\.har"):
        convert(tmp_path / "none.har", tmp_path / "out.yaml")


def test_a_source_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="can't read "):
        convert(tmp_path, tmp_path / "out.yaml")


def test_a_broken_cassette_is_named() -> None:
    with pytest.raises(CassetteFormatError, match=r"^mine\.yaml: interactions: expected a list"):
        read_any(b"interactions: 5\n", name="mine.yaml")


def test_ascii_escapes_every_other_character(tmp_path: Path) -> None:
    write(
        tmp_path / "a.yaml",
        Document((replace(RECORDED, request=Request("POST", URI, (), "☔".encode())),), {}),
    )
    assert "☔" in (tmp_path / "a.yaml").read_text("utf-8")

    for name in ("b.yaml", "b.json"):
        convert_file(str(tmp_path / "a.yaml"), str(tmp_path / name), ascii=True, note=print)

        assert (tmp_path / name).read_bytes().isascii()
        assert load(tmp_path / name) == load(tmp_path / "a.yaml")
