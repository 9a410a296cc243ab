"""Virtual environments with this checkout in them, each made once, if there is a place to keep them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

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


def ask(module: str, name: str, needs: Sequence[str], *, cache: Path, folder: Path) -> Any:
    """What a module of the tests, run in an environment of that name, writes: `python -m module name file`.

    Raises:
        CalledProcessError: something can't be installed, or the module fails.
    """
    python, file = environment(name, needs, cache), folder / f"{name}.json"
    command = [str(python), "-m", module, name, str(file)]
    subprocess.run(command, check=True, cwd=ROOT, env=_clean())
    return json.loads(file.read_text("utf-8"))


def _clean() -> dict[str, str]:
    """The environment, without what would lead an SDK elsewhere."""
    leading = ("_API_KEY", "_BASE_URL", "_PROXY", "_API_URL")
    return {name: value for name, value in os.environ.items() if not name.upper().endswith(leading)}


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
