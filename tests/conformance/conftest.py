"""Which streams the checks run over, and the table of what they found.

    python -m pytest tests/conformance --streams FOLDER

The folder has a `MANIFEST.tsv`, tab-separated, with at least the columns `provider`, `wire_format`,
`dir` and `oddities` (values joined by commas), and in each `dir` the stream's bytes as `body.bin`. A
`meta.json` there may say in `chunk_lengths` how the client received them. Without a folder the samples
that come with Unspool are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conformance.corpus import RecordedStream, read_corpus, read_samples
from tests.conformance.table import facts_about, facts_in, report_of
from tests.conformance.vendors import vendor_of

Tally = Callable[..., None]
"""Notes facts about the stream for the table at the end."""

NO_FOLDER = "needs real recorded streams: --streams FOLDER, or UNSPOOL_STREAMS"

SAMPLED = 16
"""Async and byte by byte, one recorded stream in so many will do."""

PICKS: dict[str, Callable[[RecordedStream], bool]] = {
    "stream": lambda stream: True,
    "sampled_stream": lambda stream: stream.folder is None or stream.seed % SAMPLED == 0,
    "vendor_stream": lambda stream: vendor_of(stream) is not None,
}
"""By fixture, the streams that it stands for."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name in PICKS:
        if name in metafunc.fixturenames:
            # Session scope, so that all the checks of one stream follow each other and share its runs.
            metafunc.parametrize(name, list(_parameters(metafunc.config, name)), scope="session")


def _parameters(config: pytest.Config, name: str) -> Iterator[object]:
    folder = config.getoption("--streams")
    if not folder:
        yield pytest.param(None, id="no-streams", marks=pytest.mark.skip(reason=NO_FOLDER))
        samples = filter(PICKS[name], read_samples())
        yield from (pytest.param(stream, id=f"sample/{stream.name}") for stream in samples)
        return
    if not (Path(folder) / "MANIFEST.tsv").is_file():
        raise pytest.UsageError(f"--streams names no folder with a MANIFEST.tsv: {folder}")
    for stream in filter(PICKS[name], read_corpus(Path(folder))):
        yield pytest.param(stream, id=stream.name)


@pytest.fixture
def tally(record_property: Callable[[str, object], None], stream: RecordedStream) -> Tally:
    def note(**facts: object) -> None:
        record_property("conformance", facts_about(stream, facts))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, lines in report_of(_facts(terminalreporter)):
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)


def _facts(reporter: pytest.TerminalReporter) -> Iterator[dict[str, object]]:
    for reports in reporter.stats.values():
        for report in reports:
            yield from facts_in(report)
