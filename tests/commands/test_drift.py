from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.loopback import Answer, serve

import unspool
from unspool.cassette.store import load, write
from unspool.cli import main
from unspool.samples import sample_body

BODY = sample_body("openai/text")


def _cassette(path: Path, uri: str) -> str:
    from dataclasses import replace

    document = load(Path(unspool.sample_path("openai/text")))
    [one] = document.interactions
    write(path, replace(document, interactions=(replace(one, request=replace(one.request, uri=uri)),)))
    return str(path)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_rerecord_asks_again_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve({"/v1/chat/completions": Answer([BODY.replace(b"data: [DONE]", b"")])}) as server:
        path = _cassette(tmp_path / "chat.yaml", f"{server.url}/v1/chat/completions")
        status = main(["drift", "--rerecord", path, "--format", "json"])
        assert len(server.requests) == 1
    document = json.loads(capsys.readouterr().out)
    assert status == document["status"] == 2
    assert "end-mark" in {finding["rule"] for finding in document["findings"]}
    assert document["notes"][1] == f"written: {tmp_path / 'chat.rerecorded.yaml'}"


def test_the_budget_and_the_sample_are_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve({"/v1/chat/completions": Answer([BODY])}) as server:
        for name in "abc":
            _cassette(tmp_path / f"{name}.yaml", f"{server.url}/v1/chat/completions")
        options = ["--sample", "2", "--seed", "7", "--max-requests", "1", "--max-age", "1d"]
        main(["drift", "--rerecord", str(tmp_path), *options])
        assert len(server.requests) == 1
    assert "2 of 3 recordings chosen" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["missing.yaml"], ["--with", "litellm", "."], ["--misses", "none.json"]]
)
def test_what_cannot_be_checked_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", *arguments]) == 2
    assert capsys.readouterr().err.startswith("unspool: ")


@pytest.mark.parametrize("option", ["--max-age=soon", "--sample=-1", "--max-tokens=many", "--format=xml"])
def test_an_option_of_another_form_is_refused(option: str) -> None:
    with pytest.raises(SystemExit):
        main(["drift", "chat.yaml", option])


def test_if_nothing_can_be_asked_the_job_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    path = _cassette(tmp_path / "chat.yaml", "https://api.openai.com/v1/chat/completions")
    assert main(["drift", "--rerecord", path]) == 2
    assert "nothing-asked" in capsys.readouterr().out
