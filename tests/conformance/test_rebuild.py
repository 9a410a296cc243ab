"""The rebuilt response beside a naive reading of the bytes, for every recorded stream."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import RawStream
from tests.conformance.reading import Said, read_response, rebuilt, settle_reason
from tests.conformance.runs import build, read_raw, rebuild, run_normalizer, run_wrapper


def expected_choices(raw: RawStream, native_finish: Callable[[int], str | None]) -> dict[int, Said]:
    choices = {index: rebuilt(said) for index, said in raw.reading.choices.items()} or {0: Said()}
    for index, said in choices.items():
        said.finish = settle_reason(native_finish(index))
    return choices


def test_the_wrappers_chunks_add_up_to_what_the_stream_says(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    if raw.error is None:
        reading = read_response(rebuild(stream))
        assert dict(reading.choices) == expected_choices(raw, raw.native_finish)
        assert raw.usage in (None, reading.usage)


def test_the_normalizers_chunks_add_up_to_what_the_stream_says(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    chunks = run_normalizer(stream).chunks
    if chunks:
        reading = read_response(build(chunks))
        assert dict(reading.choices) == expected_choices(raw, raw.last_finish)
        assert raw.usage_by_count in (None, reading.usage)


def test_the_response_is_called_what_its_chunks_are(stream: RecordedStream) -> None:
    chunks = run_wrapper(stream).chunks
    if chunks:
        response = rebuild(stream)
        assert (response.id, response.model) == (chunks[0].id, chunks[0].model)
        assert response.object == "chat.completion"
