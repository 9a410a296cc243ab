from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unspool.cassette.file_format import Document
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.store import write
from unspool.cli import main

URL = "https://api.openai.com/v1/chat/completions"


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    recorded = Request("POST", URL, (), json.dumps(body("Today is 2026-11-01.")).encode())
    write(tmp_path / "a.yaml", Document((Interaction(recorded, Response(200)),)))
    return tmp_path / "a.yaml"


def why(cassette: Path, request: Any, *options: str) -> int:
    file = cassette.with_name("request.json")
    file.write_text(json.dumps(request), "utf-8")
    return main(["why", str(cassette), str(file), *options])


def test_a_request_that_matches_is_answered(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(cassette, {"url": URL, "body": body("Today is 2026-11-01.")}) == 0
    assert f"interactions[0] answers POST {URL}" in capsys.readouterr().out


def test_a_body_alone_is_sent_where_the_first_recording_was(cassette: Path) -> None:
    assert why(cassette, body("Today is 2026-11-01.")) == 0


def test_a_miss_names_the_rule_that_is_missing(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(cassette, body("Today is 2026-12-01.")) == 1

    said = capsys.readouterr().out
    assert "body.messages[0].content" in said
    assert "match='dates'" in said


def test_with_that_rule_it_matches(cassette: Path) -> None:
    assert why(cassette, body("Today is 2026-12-01."), "--match", "dates") == 0
    assert why(cassette, body("Today is 2026-12-01."), "--match", "llm") == 0


def test_as_json_the_differences_are_listed(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(cassette, body("Today is 2026-11-01.", temperature=1), "--json") == 1

    said = json.loads(capsys.readouterr().out)
    assert (said["matches"], said["nearest"]) == (None, 0)
    assert [one["where"] for one in said["differences"]] == ["body.temperature"]


@pytest.mark.parametrize("wrong", ["[1]", "{", '"text"'])
def test_what_is_no_request_is_a_mistake(
    cassette: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cassette.with_name("request.json").write_text(wrong)

    assert main(["why", str(cassette), str(cassette.with_name("request.json"))]) == 2
    assert "expected a request as" in capsys.readouterr().err


def test_an_unknown_rule_is_a_mistake(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(cassette, body("x"), "--match", "nonsense") == 2
    assert "dates" in capsys.readouterr().err
