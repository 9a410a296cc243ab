"""The tests mirror the source tree: `tests/wire/test_sse.py` for `src/unspool/wire/sse.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TREES = {
    ROOT / "src" / "unspool": ROOT / "tests",
    ROOT / "pytest_plugin" / "pytest_unspool": ROOT / "tests" / "plugin",
}

WITHOUT_OWN_TESTS = frozenset(
    {
        "pytest_unspool/cassette_in_use.py",
        "pytest_unspool/fixtures.py",
        "pytest_unspool/markers.py",
        "pytest_unspool/stash.py",
        "pytest_unspool/story.py",
        "pytest_unspool/streams.py",
        "unspool/cassette/secret_names.py",
        "unspool/client/call.py",
        "unspool/custom_logger.py",
        "unspool/faults/provider_errors.py",
        "unspool/providers/reply.py",
        "unspool/script/echo.py",
        "unspool/server/app.py",
        "unspool/server/journal.py",
        "unspool/strategies/chunks.py",
        "unspool/strategies/faults.py",
        "unspool/strategies/wire.py",
        "unspool/streaming/compact.py",
        "unspool/transports/bases.py",
        "unspool/transports/in_force.py",
        "unspool/transports/tornado_stub.py",
        "unspool/transports/vcr_deck.py",
        "unspool/virtual_time/event_loops.py",
        "unspool/virtual_time/threads.py",
        "unspool/virtual_time/trio_runs.py",
    }
)
"""Modules that are tested through others only. The list may shrink: a new module comes with its tests."""


def modules_without_tests() -> Iterator[str]:
    for source, tests in TREES.items():
        for path in sorted(source.rglob("*.py")):
            own = path.relative_to(source)
            if (
                not path.name.startswith("__")
                and not (tests / own.parent / f"test_{own.stem.lstrip('_')}.py").exists()
            ):
                yield f"{source.name}/{own.as_posix()}"


def test_every_module_has_its_file_of_tests() -> None:
    assert set(modules_without_tests()) - WITHOUT_OWN_TESTS == set()


def test_the_list_of_those_without_names_none_that_has_one() -> None:
    assert WITHOUT_OWN_TESTS - set(modules_without_tests()) == set()
