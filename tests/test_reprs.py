"""Public objects say what they are."""

from __future__ import annotations

import inspect
from pathlib import Path

import httpx
import pytest

import unspool


def test_a_cassette_names_its_file_its_mode_and_what_became_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    shown = f"<Cassette {str(path)!r}, record_mode='once': 0 loaded, 0 played, 0 recorded>"
    assert repr(unspool.Cassette(path, record_mode="once")) == shown
    assert repr(unspool.Cassette.of([])).startswith("<Cassette in memory, record_mode='none'")


def test_transports_show_their_cassette() -> None:
    assert repr(unspool.ReplayTransport(unspool.Cassette.of([]))).startswith("ReplayTransport(<Cassette in")
    recording = unspool.RecordTransport(httpx.MockTransport(httpx.Response))
    assert repr(recording).startswith("RecordTransport(<httpx.MockTransport object")


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (unspool.use_cassette("a.yaml"), "use_cassette('a.yaml')"),
        (unspool.RealClock(), "RealClock()"),
        (unspool.VirtualClock(), "<VirtualClock: 0 s elapsed>"),
        (unspool.Redactor(), "Redactor()"),
        (unspool.Redactor(allow_paths=("a",)), "Redactor(allow_paths=…)"),
        (unspool.CycleGuard(), "CycleGuard()"),
        (unspool.CycleGuard(min_repeats=20), "CycleGuard(min_repeats=20)"),
        (unspool.FakeStream(["a"]), "<FakeStream: 0 pulled>"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_others_show_how_they_were_made_or_where_they_are(made: object, shown: str) -> None:
    assert repr(made) == shown


@pytest.mark.parametrize("name", unspool.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    public = getattr(unspool, name)
    if inspect.isclass(public) or inspect.isroutine(public):
        assert public.__doc__
        assert not public.__doc__.startswith(f"{name}(")  # what a dataclass writes by itself
