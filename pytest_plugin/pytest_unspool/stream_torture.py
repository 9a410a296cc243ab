"""`@pytest.mark.stream_torture`: a test, once as it is and once under each scenario that fits its streams.

Until a test has the marker, unspool isn't imported here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_unspool import markers, stash

if TYPE_CHECKING:
    from unspool import Clock
    from unspool.cassette.model import Interaction
    from unspool.faults import Fault, Scenario
    from unspool.transports.breaker import Breaker

FIXTURE = "unspool_fault"

_OPTIONS = {"only", "skip", "xfail", "formats"}


def parametrize(metafunc: pytest.Metafunc, mark: pytest.Mark) -> None:
    """Give a test with that mark its faults, by their names.

    Raises:
        UsageError: the marker says what it can't, or names no such scenario, kind or format.
    """
    chosen = _chosen(mark, _recorded(metafunc))
    reasons = _reasons(mark)
    metafunc.parametrize(
        FIXTURE,
        [pytest.param(fault, id=name, marks=_xfail(reasons, name, fault)) for name, fault in chosen.items()],
    )


def _chosen(mark: pytest.Mark, recorded: Sequence[Interaction]) -> Mapping[str, Scenario | None]:
    from unspool.faults import CATALOGUE  # noqa: PLC0415 - not before a test has the marker
    from unspool.providers import FORMATS  # noqa: PLC0415 - as above

    if mark.args or mark.kwargs.keys() - _OPTIONS:
        raise pytest.UsageError(
            f"expected @pytest.mark.{markers.TORTURE} with only=, skip= and formats=, or xfail=, got"
            f" {mark.args or ''}{mark.kwargs or ''}"
        )
    every: dict[str, Scenario | None] = {markers.UNBROKEN: None} | {one.name: one for one in CATALOGUE}
    known = {*FORMATS, *(name for one in CATALOGUE for name in one.formats)}
    for option in ("only", "skip", "xfail"):
        _check(option, _words(mark, option), every, known)
    formats = set(_words(mark, "formats"))
    if formats - known:
        raise _unknown("formats", formats - known, sorted(known))
    only, skip = _words(mark, "only"), _words(mark, "skip")
    return {
        name: fault
        for name, fault in every.items()
        if not _named(skip, name, fault)
        and (not only or _named(only, name, fault))
        and (name in only or _fits(fault, formats, recorded))
    }


def _words(mark: pytest.Mark, option: str) -> tuple[str, ...]:
    said = mark.kwargs.get(option, ())
    return (said,) if isinstance(said, str) else tuple(said)


def _named(words: Sequence[str], name: str, fault: Scenario | None) -> bool:
    """Whether one of the words is for that scenario.

    It may be the scenario's name, or the beginning of it (`stall` for `stall-for-ever`), a pattern, the kind
    of fault (`Hang`), or a wire format in which alone the scenario happens.
    """
    kinds = {name, *([] if fault is None else [*fault.kinds, *fault.formats])}
    return any(
        word.lower() in {kind.lower() for kind in kinds}
        or name.startswith(f"{word}-")
        or fnmatchcase(name, word)
        for word in words
    )


def _check(
    option: str, words: Sequence[str], every: Mapping[str, Scenario | None], formats: set[str]
) -> None:
    unknown = {
        word
        for word in words
        if word not in formats and not any(_named([word], name, fault) for name, fault in every.items())
    }
    if unknown:
        kinds = {kind for one in every.values() if one is not None for kind in one.kinds}
        raise _unknown(option, unknown, [*sorted(every), *sorted(kinds), *sorted(formats)])


def _unknown(option: str, words: set[str], known: Sequence[str]) -> pytest.UsageError:
    return pytest.UsageError(
        f"@pytest.mark.{markers.TORTURE}: {option}= knows no {', '.join(map(repr, sorted(words)))};"
        f" there are {', '.join(known)}"
    )


def _reasons(mark: pytest.Mark) -> Mapping[str, str]:
    said = mark.kwargs.get("xfail", {})
    return dict(said) if isinstance(said, Mapping) else dict.fromkeys(_words(mark, "xfail"), "")


def _xfail(reasons: Mapping[str, str], name: str, fault: Scenario | None) -> Sequence[pytest.MarkDecorator]:
    found = [reason for word, reason in reasons.items() if _named([word], name, fault)]
    return [pytest.mark.xfail(reason=found[0])] if found else []


def _fits(fault: Scenario | None, formats: set[str], recorded: Sequence[Interaction]) -> bool:
    if fault is None:
        return True
    if formats and fault.formats and not formats & set(fault.formats):
        return False
    return not recorded or any(map(fault.fits, recorded))


def _recorded(metafunc: pytest.Metafunc) -> Sequence[Interaction]:
    """What the test's cassette holds, if it's where cassettes usually are: what fits is known beforehand."""
    item = metafunc.definition
    said = markers.options_of(item)
    if not (said or item.get_closest_marker(markers.MARKER) or "stream_cassette" in metafunc.fixturenames):
        return ()
    name = said.get("name") or markers.name_of(item)
    return _interactions(markers.files_of(markers.folder_of(item.path), name)[0])


def _interactions(path: Path) -> Sequence[Interaction]:
    from unspool.cassette.store import load  # noqa: PLC0415 - as above

    return load(path).interactions if path.exists() else ()


# While the test runs


@dataclass(frozen=True, slots=True)
class Broken:
    """A test whose streams are broken, all of them.

    Attributes:
        breaker: the fault, and what it has done.
        is_scenario: whether it's one of the marker's, and not the test's own.
        must_fit: whether the test asked for this very fault, so that it must break something.
    """

    breaker: Breaker
    is_scenario: bool
    must_fit: bool

    def check(self) -> None:
        """End a test whose streams weren't broken: it has shown nothing, whatever it came to.

        Raises:
            Skipped: the scenario has no place in the test's streams.
            FaultError: the test asked for this very fault.
        """
        __tracebackhide__ = True
        from unspool import FaultError  # noqa: PLC0415 - it's loaded

        ledger = self.breaker.ledger
        if self.is_scenario and not ledger.has_broken:
            reason = f"{ledger.fault!r} broke nothing in this test: {ledger.reason()}"
            if self.must_fit:
                raise FaultError(reason)
            raise pytest.skip.Exception(reason, _use_item_location=True)

    @property
    def must_have_happened(self) -> bool:
        """Whether it's the test's own fault, and an error if it didn't happen.

        A fault for a whole project or class has nothing to break in tests without a stream.
        """
        return not self.is_scenario and (self.must_fit or self.breaker.ledger.requests > 0)


@contextmanager
def in_force(node: pytest.Item, fault: Fault, clock: Clock, *, real_time: bool) -> Iterator[None]:
    """Break all streams of the test, in the block, and record none."""
    from unspool.clock import RealClock, lent  # noqa: PLC0415 - few tests are broken
    from unspool.transports.breaker import Breaker  # noqa: PLC0415 - as above
    from unspool.transports.in_force import InForce, force  # noqa: PLC0415 - as above

    mark = node.get_closest_marker(markers.TORTURE)
    name = getattr(fault, "name", "")
    given = getattr(getattr(node, "callspec", None), "params", {})
    must_fit = FIXTURE in given if mark is None else name in _words(mark, "only")
    broken = Broken(Breaker(fault, lenient=mark is not None), mark is not None, must_fit)
    node.stash[stash.BROKEN] = broken
    if real_time:
        clock = RealClock()
    with lent(clock), force(InForce(broken.breaker, clock, positions=mark is not None)):
        yield
    _report_positions(node, broken.breaker)


def _report_positions(node: pytest.Item, breaker: Breaker) -> None:
    """Say, also of a test that passes, that not all of its requests were recorded."""
    if not breaker.by_position:
        return
    from pytest_unspool import run_report  # noqa: PLC0415 - few tests are broken

    test = node.nodeid.removesuffix(f"[{node.callspec.id}]") if hasattr(node, "callspec") else node.nodeid
    note = "requests that aren't recorded as they came after a fault got the answer in their place"
    run_report.keep(node.config, run_report.account_of_notes(test, [f"{note} in the conversation"]))
    node.add_report_section("teardown", "unspool", "\n".join(_positions(breaker)))


def _positions(breaker: Breaker) -> Iterator[str]:
    for request in breaker.by_position:
        where = f"{request.method} {request.uri.partition('?')[0]}"
        yield (
            f"  {where} isn't recorded as it came after the fault: it got the answer that stands in its place"
            " in the conversation"
        )


def check_fit(node: pytest.Item, fault: Fault, path: Path) -> None:
    """Skip a scenario for which the test's cassette has no place."""
    broken = node.stash[stash.BROKEN]
    if broken.is_scenario:
        recorded = _interactions(path)
        if not recorded:
            pytest.skip(f"nothing has been recorded yet to {path}: the test [{markers.UNBROKEN}] does that")
        if not broken.must_fit and not any(map(getattr(fault, "fits", bool), recorded)):
            pytest.skip(f"no response of the cassette has a place for {fault!r}")


def reason_to_skip(node: pytest.Item, error: BaseException) -> str | None:
    """Why a scenario is left out though its test has failed; None if the failure counts."""
    from unspool import CassetteNotFoundError  # noqa: PLC0415 - it's loaded

    broken = node.stash[stash.BROKEN]
    ledger = broken.breaker.ledger
    if not broken.is_scenario or ledger.has_broken:
        return None
    if isinstance(error, CassetteNotFoundError):
        return str(error)
    is_the_tests = isinstance(error, Exception | pytest.fail.Exception)
    if broken.must_fit or not is_the_tests:
        return None
    return f"{ledger.fault!r} broke nothing in this test: {ledger.reason()}"


def story(node: pytest.Item, fault: Fault) -> Iterator[str]:
    """What broke the test's streams, what the client did then, and the line that does so again."""
    told = getattr(fault, "story", "")
    if told:
        yield f"under {fault!r}: {told} See {getattr(fault, 'link', '')}"
    yield from _deeds(node)
    paths = {str(run.path) for run in node.stash.get(stash.RUNS, [])}
    where = f" on {', '.join(sorted(paths))}" if paths else ""
    yield f"break it again:  pytest {shlex.quote(node.nodeid)}  # {getattr(fault, 'fault', fault)!r}{where}"


def _deeds(node: pytest.Item) -> Iterator[str]:
    broken = node.stash.get(stash.BROKEN, None)
    if broken is None or not broken.breaker.log:
        return
    yield "what the client did:"
    yield from (f"  {number}. {met}" for number, met in enumerate(broken.breaker.log, start=1))
    yield from _positions(broken.breaker)
