"""`@pytest.mark.stream_torture`: a test, once as it is and once under each scenario that fits its streams.

Until a test has the marker, unspool isn't imported here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import marks, naming, noted

if TYPE_CHECKING:
    from unspool.cassette.model import Interaction
    from unspool.faults import Fault, Scenario

FIXTURE = "unspool_fault"

_OPTIONS = {"only", "skip", "formats"}


def parametrize(metafunc: pytest.Metafunc, mark: pytest.Mark) -> None:
    """Give a test with that mark its faults, by their names.

    Raises:
        UsageError: the marker says what it can't, or names no such scenario or format.
    """
    chosen = _chosen(mark, _recorded(metafunc))
    metafunc.parametrize(FIXTURE, list(chosen.values()), ids=list(chosen))


def _chosen(mark: pytest.Mark, recorded: Sequence[Interaction]) -> Mapping[str, Scenario | None]:
    from unspool.faults import CATALOGUE  # noqa: PLC0415 - not before a test has the marker
    from unspool.providers import FORMATS  # noqa: PLC0415 - as above

    if mark.args or mark.kwargs.keys() - _OPTIONS:
        raise pytest.UsageError(
            f"expected @pytest.mark.{marks.TORTURE} with only=, skip= and formats=, got {mark.args or ''}"
            f"{mark.kwargs or ''}"
        )
    every: dict[str, Scenario | None] = {naming.UNBROKEN: None} | {one.name: one for one in CATALOGUE}
    only, skip = (_words(mark, option, every) for option in ("only", "skip"))
    formats = _words(mark, "formats", {*FORMATS, *(name for one in CATALOGUE for name in one.formats)})
    return {
        name: fault
        for name, fault in every.items()
        if name not in skip and (name in only if only else _fits(fault, formats, recorded))
    }


def _words(mark: pytest.Mark, option: str, known: Any) -> set[str]:
    said = mark.kwargs.get(option, ())
    words = {said} if isinstance(said, str) else set(said)
    if unknown := words - set(known):
        raise pytest.UsageError(
            f"@pytest.mark.{marks.TORTURE}: {option}= knows no {', '.join(map(repr, sorted(unknown)))};"
            f" there are {', '.join(sorted(known))}"
        )
    return words


def _fits(fault: Scenario | None, formats: set[str], recorded: Sequence[Interaction]) -> bool:
    if fault is None:
        return True
    if formats and fault.formats and not formats & set(fault.formats):
        return False
    return not recorded or any(map(fault.fits, recorded))


def _recorded(metafunc: pytest.Metafunc) -> Sequence[Interaction]:
    """What the test's cassette holds, if it's where cassettes usually are: what fits is known beforehand."""
    item = metafunc.definition
    said = marks.options_of(item)
    if not (said or item.get_closest_marker(marks.MARKER) or "stream_cassette" in metafunc.fixturenames):
        return ()
    name = said.get("name") or naming.name_of(item)
    return _interactions(naming.files_of(naming.folder_of(item.path), name)[0])


def _interactions(path: Path) -> Sequence[Interaction]:
    from unspool.cassette.store import load  # noqa: PLC0415 - as above

    return load(path).interactions if path.exists() else ()


# While the test runs


def skips(node: pytest.Item) -> bool:
    """Whether a scenario without a place in the test's streams is left out: not if the test asked for it."""
    mark = node.get_closest_marker(marks.TORTURE)
    return mark is not None and not mark.kwargs.get("only")


def options_of_cassette(node: pytest.Item, fault: Fault | None, path: Path) -> dict[str, Any]:
    """How the test's cassette is to be used: broken, and at the recorded times, for pauses to count.

    A scenario breaks those answers that have a place for it.
    """
    if fault is None:
        return {}
    if skips(node):
        recorded = _interactions(path)
        if not recorded:
            pytest.skip(f"nothing has been recorded yet to {path}: the test [{naming.UNBROKEN}] does that")
        fault = _where_it_fits(fault, recorded)
    return {"fault": fault, "timing": "recorded"}


def _where_it_fits(fault: Any, recorded: Sequence[Interaction]) -> Fault:
    from pytest_unspool.fitting import WhereItFits  # noqa: PLC0415 - as above

    if not any(map(fault.fits, recorded)):
        pytest.skip(f"no answer of the cassette has a place for {fault!r}")
    return WhereItFits(fault)


def story(node: pytest.Item, fault: Fault) -> Iterator[str]:
    """What broke the test's streams, and the line that does so again."""
    told = getattr(fault, "story", "")
    if told:
        yield f"under {fault!r}: {told} See {getattr(fault, 'link', '')}"
    paths = {str(run.path) for run in node.stash.get(noted.RUNS, [])}
    where = f" on {', '.join(sorted(paths))}" if paths else ""
    yield f"break it again:  pytest {shlex.quote(node.nodeid)}  # {getattr(fault, 'fault', fault)!r}{where}"
