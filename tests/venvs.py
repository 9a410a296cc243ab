"""Virtual environments with this checkout in them, each made once, if there is a place to keep them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent


def environment(name: str, needs: Sequence[str], cache: Path) -> Path:
    """The Python of an environment that has Unspool from this checkout and what else is needed.

    It's made anew where what it needs has changed.

    Raises:
        CalledProcessError: something can't be installed.
    """
    folder = cache / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    made_for = folder / "needs.txt"
    wanted = "\n".join(needs)
    if not made_for.exists() or made_for.read_text("utf-8") != wanted:
        _make(folder, python, ["--editable", f"{ROOT}[httpx2,pytest]", *needs])
        made_for.write_text(wanted, "utf-8")
    return python


def _make(folder: Path, python: Path, install: list[str]) -> None:
    uv = _uv()
    if uv:
        _run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
        _run([*uv, "pip", "install", "--quiet", "--python", str(python), *install])
    else:
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", *install])


def _uv() -> list[str]:
    found = shutil.which("uv")
    if found:
        return [found]
    return [sys.executable, "-m", "uv"] if find_spec("uv") else []


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)
