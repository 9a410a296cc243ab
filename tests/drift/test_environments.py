from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from unspool.drift import environments
from unspool.drift.environments import DriftError, installed, installed_sdks, releases
from unspool.samples import sample_body


def test_installed_sdks_read_in_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    monkeypatch.setattr(environments, "installed", lambda: ["openai"])
    with installed_sdks() as sdks:
        [openai] = [sdk for sdk in sdks if sdk.name == "openai"]
        assert openai.subject == f"openai {version('openai')}"
        seen = openai.read("openai-chat", sample_body("openai/text"))
    assert seen.error is None
    assert seen.items
    assert openai.process.returncode == 0


def test_only_what_is_installed_is_listed() -> None:
    assert set(installed()) == {name for name in environments.SDKS if environments._installed_version(name)}


@pytest.mark.parametrize("requirement", ["litellm==1.0", "", "--index-url"])
def test_a_release_of_another_package_is_refused(requirement: str) -> None:
    with (
        pytest.raises(DriftError, match="expected --with to name one of openai, anthropic"),
        releases([requirement]),
    ):
        pass


def test_without_uv_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments.shutil, "which", lambda _: None)
    monkeypatch.setattr(environments, "find_spec", lambda _: None)
    with pytest.raises(DriftError, match="pip install uv"), releases(["openai==1.0"]):
        pass


def test_a_release_that_does_not_exist_is_an_error_with_uvs_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        failed = "install" in command
        return subprocess.CompletedProcess(command, int(failed), "", "no such version" if failed else "")

    monkeypatch.setattr(environments.subprocess, "run", run)
    with pytest.raises(DriftError, match="no such version"), releases(["openai==0.0.0"]):
        pass


def test_an_sdk_that_cannot_be_imported_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(DriftError, match=r"ollama 1\.0 can't be imported"),
        environments._started("ollama", "1.0", _python_without_packages()),
    ):
        pass
    assert "No module named" in capfd.readouterr().err


def _python_without_packages() -> str:
    """The interpreter that this environment was made from: it has no SDK."""
    return str(Path(sys.base_prefix) / "bin" / "python3")
