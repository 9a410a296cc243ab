"""`python -m tests.sdks`: every SDK in a virtual environment of its own; with `--write` its table is kept."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.sdks.page import Found, page, table
from tests.sdks.rows import ROWS
from tests.venvs import ROOT, environment

PAGE = ROOT / "docs" / "sdks.md"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(options.cache or folder).resolve()
        said = {one["row"]: one for sdk in _sdks(options.only) for one in _ask(sdk, cache, Path(folder))}
    found = [Found(row, said[str(row)]) for row in ROWS if str(row) in said]
    print(table(found))  # noqa: T201 - it's a command
    if options.write:
        PAGE.write_text(page(found), "utf-8")
    # Whoever speaks aiohttp itself gets what vcrpy's stub can give it.
    sys.exit(not all(one.is_equal for one in found if one.row.library != "aiohttp"))


def _sdks(only: str | None) -> list[str]:
    return list(dict.fromkeys(row.sdk for row in ROWS if only in {None, row.sdk}))


def _ask(sdk: str, cache: Path, folder: Path) -> Iterator[dict[str, Any]]:
    needs = next(row.needs for row in ROWS if row.sdk == sdk)
    python, file = environment(sdk, needs, cache), folder / f"{sdk}.json"
    command = [str(python), "-m", "tests.sdks.worker", sdk, str(file)]
    subprocess.run(command, check=True, cwd=ROOT, env=_clean())
    yield from json.loads(file.read_text("utf-8"))


def _clean() -> dict[str, str]:
    """The environment, without what would lead an SDK elsewhere."""
    leading = ("_API_KEY", "_BASE_URL", "_PROXY", "_API_URL")
    return {name: value for name, value in os.environ.items() if not name.upper().endswith(leading)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sdks", description=__doc__)
    parser.add_argument("--only", choices=_sdks(None), help="one SDK; its table is printed, and not kept")
    parser.add_argument("--write", action="store_true", help="write docs/sdks.md")
    parser.add_argument("--cache", metavar="FOLDER", help="keep the virtual environments there")
    options = parser.parse_args()
    if options.only and options.write:
        parser.error("docs/sdks.md needs all of them: --write goes without --only")
    return options


if __name__ == "__main__":
    main()
