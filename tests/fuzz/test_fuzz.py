"""A slice of the fuzzer over the samples, the same one each time; `nox -s fuzz -- FOLDER` has no end."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest
from tests.conformance.corpus import read_samples
from tests.fuzz.__main__ import fuzz
from tests.fuzz.cases import Case

from unspool.providers.openai.chat import OpenAIChatNormalizer
from unspool.streaming.core import StreamCore

SAMPLES = read_samples()
CASES = 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("start", range(0, CASES, 20))
def test_broken_streams_and_cassettes_are_read_or_refused(start: int) -> None:
    for seed in range(start, start + 20):
        Case(seed).run(SAMPLES)


def test_a_case_is_the_same_each_time() -> None:
    assert Case(3).name(SAMPLES) == Case(3).name(SAMPLES)


# That it can find something


def found(cases: int = 40) -> str:
    said = io.StringIO()
    with redirect_stdout(said):
        assert fuzz(SAMPLES, minutes=1, start=0, most=cases) == 1
    return said.getvalue()


def test_an_error_that_is_not_ours_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: object, data: object) -> object:
        raise KeyError("choices")

    monkeypatch.setattr(OpenAIChatNormalizer, "read", read)
    assert "KeyError in chat.py" in found()


def test_so_is_a_difference_between_sync_and_async(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def flush(self: StreamCore) -> object:
        calls.append(1)
        return iter(()) if len(calls) % 2 else whole(self)

    whole = StreamCore.flush
    monkeypatch.setattr(StreamCore, "flush", flush)
    assert "AssertionError in " in found()
