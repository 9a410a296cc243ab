from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from unspool.cli import main
from unspool.commands import COMMANDS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0

    script = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in script] == []
    assert "max-age" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash isn't installed")
def test_bash_accepts_its_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    (tmp_path / "unspool.bash").write_text(capsys.readouterr().out, "utf-8")

    subprocess.run(["bash", "-n", str(tmp_path / "unspool.bash")], check=True)
