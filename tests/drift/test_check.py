from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

import unspool
from unspool.drift import check as checks
from unspool.drift import environments
from unspool.drift.check import Wanted, check
from unspool.drift.environments import DriftError
from unspool.drift.request_drift import as_document
from unspool.transports.block_network import block_network

TEXT = Path(unspool.sample_path("openai/text"))
GENERATE = Path(unspool.sample_path("ollama/generate"))


@pytest.fixture(autouse=True)
def _no_sdk_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "installed", lambda: ["openai"])


def _checked(wanted: Wanted) -> tuple[int, str]:
    said: list[str] = []
    status = check(wanted, {}, said.append)
    return status, "\n".join(said)


def test_without_rerecord_nothing_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("openai")
    with block_network(closed=True) as blocked:
        status, text = _checked(Wanted([TEXT], baseline=tmp_path / "none.json"))
    assert not blocked
    assert (status, text.splitlines()[-1][:15]) == (0, "unspool: 0 erro")
    assert list(tmp_path.iterdir()) == []


def test_the_baseline_hides_what_is_known_until_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    misses = tmp_path / "misses.json"
    field = {"where": "body.store", "recorded": "absent", "came": "true"}
    miss = {
        "test": "t",
        "cassette": "a.yaml",
        "method": "POST",
        "uri": "",
        "has_recording": True,
        "fields": [field],
    }
    misses.write_text(as_document([miss]), "utf-8")
    wanted = Wanted(misses=misses, baseline=tmp_path / "baseline.json")
    assert _checked(wanted)[0] == 1
    known = Wanted(misses=misses, baseline=wanted.baseline, writes_baseline=True)
    assert "has 1 known finding" in _checked(known)[1]
    assert _checked(wanted)[0] == 0


def test_misses_are_reported_with_the_command(tmp_path: Path) -> None:
    misses = tmp_path / "misses.json"
    miss = {
        "test": "a.py::t",
        "cassette": "a.yaml",
        "method": "POST",
        "uri": "",
        "has_recording": False,
        "fields": [],
    }
    misses.write_text(as_document([miss]), "utf-8")
    status, text = _checked(Wanted(misses=misses, baseline=tmp_path / "none.json", form="json"))
    assert (status, json.loads(text)["notes"]) == (
        1,
        ["to record just these again: pytest a.py::t --unspool-record=rewrite"],
    )


def test_no_path_is_an_error() -> None:
    with pytest.raises(DriftError, match="expected a cassette or a folder"):
        check(Wanted(), {}, print)


def test_no_sdk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "installed", list)
    with pytest.raises(DriftError, match="no official SDK is installed"):
        check(Wanted([GENERATE]), {}, print)


def test_a_file_that_is_no_cassette_is_an_error_and_the_others_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}", "utf-8")
    (tmp_path / "b.yaml").write_bytes(TEXT.read_bytes())
    wanted = Wanted([tmp_path], rerecords=True, baseline=tmp_path / "none.json", form="json")
    status, text = _checked(wanted)
    found = {(one["rule"], Path(one["file"]).name) for one in json.loads(text)["findings"]}
    assert status == 2
    assert found >= {("unreadable", "a.json"), ("not-asked", "b.yaml")}


def test_old_recordings_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = checks.SDK("openai", "1.0", frozenset(), None)  # type: ignore[arg-type]  # it reads nothing
    monkeypatch.setattr(checks, "installed_sdks", lambda: nullcontext([sdk]))
    monkeypatch.setattr(checks, "now", lambda: 4e9)
    wanted = Wanted([TEXT], selection=checks.Selection(max_age=30), baseline=tmp_path / "none.json")
    status, text = _checked(wanted)
    assert status == 1
    assert text.startswith("warning age: ")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted([TEXT], selection=checks.Selection(sample=1)), "without --rerecord none is sent"),
        (Wanted([TEXT], budget=checks.Budget(tokens=1)), "without --rerecord none is sent"),
        (Wanted([TEXT], ["openai==1.0"], rerecords=True), "run it once for each"),
        (Wanted([TEXT], misses=Path("misses.json")), "leave out the cassettes"),
    ],
)
def test_options_that_would_have_no_effect_are_refused(wanted: Wanted, message: str) -> None:
    with pytest.raises(DriftError, match=message):
        check(wanted, {}, print)
