"""`python -m tests.drift FOLDER`: what releases of SDKs lose of its streams; `--write`: into the docs."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from tests.drift.corpus_cassettes import write_cassettes
from tests.drift.page import Corpus, page

from unspool.drift.check import Wanted, check
from unspool.drift.findings import Finding

PAGE = Path(__file__).parents[2] / "docs" / "drift.md"
RELEASES = (
    "openai==2.54.0",
    "openai==3.31.0",
    "openai==3.57.0",
    "anthropic==0.125.0",
    "anthropic==1.17.0",
    "anthropic==2.15.0",
)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        streams = write_cassettes(Path(options.folder), folder).values()
        said: list[str] = []
        wanted = Wanted([folder], RELEASES, baseline=folder / "none.json", form="json")
        check(wanted, {}, said.append)
    document = json.loads(said[0])
    providers, formats = ({getattr(one, name) for one in streams} for name in ("provider", "wire_format"))
    findings = [_finding(one) for one in document["findings"]]
    made = page(Corpus(len(streams), len(providers), len(formats)), findings, document["checked"])
    print(made)  # noqa: T201 - it's a command
    if options.write:
        PAGE.write_text(made, "utf-8")


def _finding(one: dict[str, object]) -> Finding:
    return Finding(**{name: value for name, value in one.items() if name != "tier"})  # type: ignore[arg-type]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.drift", description=__doc__)
    parser.add_argument("folder", help="recorded streams, with a MANIFEST.tsv")
    parser.add_argument("--write", action="store_true", help="write docs/drift.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
