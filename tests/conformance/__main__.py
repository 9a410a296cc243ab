"""`python -m tests.conformance FOLDER`: how its streams are read; with `--write`, kept in the docs."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from tests.conformance.page import page
from tests.conformance.table import Facts, facts_in

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"
CHECKS = (
    "test_wrapper.py::test_an_error_is_raised_exactly_where_the_stream_has_one",
    "test_sdks.py",
    "test_vendor_sdks.py",
)
"""Those that note what the page has."""


class Notes:
    """A plugin of pytest: it collects what the checks note."""

    def __init__(self) -> None:
        self.facts: list[Facts] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.facts += facts_in(report)


def main() -> None:
    options = _options()
    notes = Notes()
    checks = [f"{Path(__file__).parent / check}" for check in CHECKS]
    failed = pytest.main(
        [*checks, "--rootdir", str(ROOT), "--streams", options.folder, "-q"], plugins=[notes]
    )
    written = page(notes.facts, _versions(notes.facts))
    print(written)  # noqa: T201 - it's a command
    if options.write and not failed:
        PAGE.write_text(written, "utf-8")
    sys.exit(failed)


def _versions(facts: list[Facts]) -> dict[str, str]:
    return {name: _version(name) for name in {fact.get("sdk", "") for fact in facts} - {""}}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(as recorded)"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("folder", help="recorded streams, with a MANIFEST.tsv")
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
