"""The rebuilt response beside a naive reading of the bytes, for every recorded stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import RawStream
from tests.conformance.reading import Said, read_response, rebuilt, settle_finish, settle_reason
from tests.conformance.runs import build, read_raw, rebuild, run_normalizer, run_wrapper


def expected_choices(raw: RawStream, settle: Callable[[int, Said], str]) -> dict[int, Said]:
    choices = raw.reading.choices or {0: Said()}
    return {index: rebuilt(replace(said, finish=settle(index, said))) for index, said in choices.items()}


def wrappers_finish(raw: RawStream, index: int, said: Said) -> str:
    return settle_finish(said, raw.native_finish(index))


def builders_finish(raw: RawStream, index: int, said: Said) -> str:
    """A builder turns a `stop` into `tool_calls` only where the provider says that, too."""
    reasons = {settle_reason(finish.reason) for finish in raw.finishes.get(index, [])}
    last = raw.last_finish(index)
    return settle_finish(said, last) if "tool_calls" in reasons else settle_reason(last)


def test_the_wrappers_chunks_add_up_to_what_the_stream_says(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    if raw.error is None:
        reading = read_response(rebuild(stream))
        assert dict(reading.choices) == expected_choices(raw, partial(wrappers_finish, raw))
        assert raw.usage in (None, reading.usage)


def test_the_normalizers_chunks_add_up_to_what_the_stream_says(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    chunks = run_normalizer(stream).chunks
    if chunks:
        reading = read_response(build(chunks))
        assert dict(reading.choices) == expected_choices(raw, partial(builders_finish, raw))
        assert raw.usage_by_count in (None, reading.usage)


def test_the_response_is_called_what_its_chunks_are(stream: RecordedStream) -> None:
    chunks = run_wrapper(stream).chunks
    if chunks:
        response = rebuild(stream)
        assert (response.id, response.model) == (chunks[0].id, chunks[0].model)
        assert response.object == "chat.completion"
