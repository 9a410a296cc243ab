"""`python -m tests.verdicts`: every SDK under every fault; with `--write` its table is kept."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.venvs import ROOT, ask
from tests.verdicts.page import Found, page, surprises, table
from tests.verdicts.rows import ROWS

PAGE = ROOT / "docs" / "verdicts.md"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(options.cache or folder).resolve()
        found = [one for sdk in _sdks(options.only) for one in _found(sdk, cache, Path(folder))]
    print(table(found))  # noqa: T201 - it's a command
    for text in surprises(found, true=False):
        print(f"no longer true: {text}")  # noqa: T201 - as above
    if options.write:
        PAGE.write_text(page(found), "utf-8")


def _sdks(only: str | None) -> list[str]:
    return list(dict.fromkeys(row.sdk for row in ROWS if only in {None, row.sdk}))


def _found(sdk: str, cache: Path, folder: Path) -> list[Found]:
    rows = [row for row in ROWS if row.sdk == sdk]
    said = ask("tests.verdicts.worker", sdk, rows[0].needs, cache=cache, folder=folder)
    return [Found(row, one) for row, one in zip(rows, said, strict=True)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.verdicts", description=__doc__)
    parser.add_argument("--only", choices=_sdks(None), help="one SDK; its table is printed, and not kept")
    parser.add_argument("--write", action="store_true", help="write docs/verdicts.md")
    parser.add_argument("--cache", metavar="FOLDER", help="keep the virtual environments there")
    options = parser.parse_args()
    if options.only and options.write:
        parser.error("--write takes all SDKs")
    return options


if __name__ == "__main__":
    main()
