from __future__ import annotations

import re
from pathlib import Path

import pytest

from unspool.cassette.store import load
from unspool.cli import main
from unspool.commands.redact import redact_file
from unspool.errors import CassetteNotFoundError

KEY = "sk-proj-" + "a1" * 20
LEAKY = f"""\
version: 1
metadata: {{kept: true}}
interactions:
- request:
    method: GET
    uri: https://example.org/
    body: null
    headers: {{accept: ['*/*']}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{content-type: [text/plain]}}
    body: {{string: fine}}
    note: mine
- request:
    method: POST
    uri: https://example.org/?api_key=0123456789abcdef
    body: '{{"key": "{KEY}"}}'
    headers: {{Authorization: [Bearer {KEY}], x-own: [word]}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{set-cookie: [a=1, b=2]}}
    body: {{string: 'data: {KEY}'}}
"""
PLACES = (
    "interactions[1]: request URI, request header Authorization, request header x-own, "
    "request body, response header set-cookie, response body"
)
IN_PARENTHESES = re.compile(r" \([^)]*\)")


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    path = tmp_path / "leaky.yaml"
    path.write_text(LEAKY)
    return path


def test_secrets_are_gone_from_the_file(cassette: Path) -> None:
    assert redact_file(cassette, say=lambda _: None)

    text = cassette.read_text()
    assert KEY not in text
    assert "0123456789abcdef" not in text


def test_all_else_is_kept(cassette: Path) -> None:
    before = load(cassette)

    redact_file(cassette, say=lambda _: None)

    after = load(cassette)
    assert after.extra == before.extra == {"metadata": {"kept": True}}
    assert after.interactions[0] == before.interactions[0]


def test_it_says_where_they_were(cassette: Path) -> None:
    said: list[str] = []

    redact_file(cassette, say=said.append)

    assert [IN_PARENTHESES.sub("", line) for line in said] == [f"{cassette}: {PLACES}"]


def test_it_says_of_which_kind_they_were_but_not_what(cassette: Path) -> None:
    said: list[str] = []

    redact_file(cassette, say=said.append)

    assert "request header Authorization (OpenAI key)" in said[0]
    assert "response body (OpenAI key)" in said[0]
    assert "a1a1" not in said[0]


def test_a_check_says_it_and_changes_nothing(cassette: Path) -> None:
    said: list[str] = []

    assert redact_file(cassette, check=True, say=said.append)
    assert len(said) == 1
    assert cassette.read_text() == LEAKY


def test_a_file_without_secrets_is_not_touched(cassette: Path) -> None:
    redact_file(cassette, say=lambda _: None)
    before = cassette.stat()
    said: list[str] = []

    assert not redact_file(cassette, say=said.append)
    assert said == []
    assert (cassette.stat().st_mtime_ns, cassette.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CassetteNotFoundError):
        redact_file(tmp_path / "none.yaml", check=True, say=lambda _: None)


def test_a_folder_s_cassettes_are_redacted(cassette: Path) -> None:
    inner = cassette.parent / "deeper" / "other.yml"
    inner.parent.mkdir()
    inner.write_text(LEAKY)
    (cassette.parent / "notes.txt").write_text(KEY)

    assert main(["redact", str(cassette.parent)]) == 0

    assert KEY not in cassette.read_text() + inner.read_text()
    assert (cassette.parent / "notes.txt").read_text() == KEY


def test_a_key_that_an_old_cassette_s_client_sent_is_gone_from_the_response_too(tmp_path: Path) -> None:
    key, path = "q8Zt2LmX0cVb7Ns4Rk1Y", tmp_path / "old.yaml"
    path.write_text(
        LEAKY.replace(f"Bearer {KEY}", f"Bearer {key}").replace(f"data: {KEY}", f"Invalid key {key}")
    )

    redact_file(path, say=lambda _: None)

    assert key not in path.read_text()


def test_no_control_character_reaches_the_terminal(
    cassette: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cassette.write_text(LEAKY.replace("x-own:", '"x-\\x1b[31m-own\\x9b":'))

    main(["redact", "--check", str(cassette)])

    told = capsys.readouterr().out
    assert "\\x1b[31m-own\\x9b" in told
    assert "\x1b" not in told
    assert "\x9b" not in told
