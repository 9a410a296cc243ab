"""What the wrapper makes of every recorded stream, beside a naive reading of its bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conformance.conftest import Tally
from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import RawStream
from tests.conformance.reading import Said, read_chunks, read_usage
from tests.conformance.runs import Run, normalized, read_raw, run_normalizer, run_wrapper, wrap
from unspool import errors
from unspool.models import ModelResponseStream, StreamingChoices, map_finish_reason

USAGE_ASKED = pytest.mark.parametrize("include_usage", [True, False], ids=["usage", "no-usage"])


def expected_choices(raw: RawStream) -> dict[int, Said]:
    """The choices as they should come out. A stream with none is an empty answer."""
    choices = dict(raw.reading.choices) or {0: Said()}
    for index, said in choices.items():
        reason = raw.native_finish(index)
        said.finish = "stop" if reason is None else map_finish_reason(reason)
    return choices


def spoken(run: Run) -> Iterator[StreamingChoices]:
    """The choices of all chunks except the usage chunk's."""
    for chunk in run.chunks:
        if chunk.get("usage") is None:
            yield from chunk.choices


def test_the_stream_is_read_without_an_error_of_our_own(stream: RecordedStream, tally: Tally) -> None:
    raw = read_raw(stream)
    chunks = run_normalizer(stream).chunks
    tally(
        events=len(raw.objects),
        chunks=len(chunks),
        errors=int(raw.error is not None),
        oddities=list(stream.oddities),
    )
    run = run_wrapper(stream)
    assert (run.error is None) == (raw.error is None), run.error


@USAGE_ASKED
def test_every_choice_says_what_the_stream_says(stream: RecordedStream, *, include_usage: bool) -> None:
    raw = read_raw(stream)
    said = read_chunks(run_wrapper(stream, include_usage=include_usage).chunks).choices
    expected = expected_choices(raw)
    if raw.error is not None:  # before it all was delivered, but nothing was finished
        for choice in (*said.values(), *expected.values()):
            choice.finish = None
        expected = {index: choice for index, choice in expected.items() if index in said or choice != Said()}
    assert dict(said) == expected


@USAGE_ASKED
def test_tool_arguments_are_json_exactly_where_they_were(
    stream: RecordedStream, *, include_usage: bool
) -> None:
    def is_data(index_and_place: tuple[int, int], readings: dict[int, Said]) -> bool:
        index, place = index_and_place
        return not isinstance(readings[index].calls[place].parsed, str)

    raw = read_raw(stream).reading.choices
    said = read_chunks(run_wrapper(stream, include_usage=include_usage).chunks).choices
    places = [(index, place) for index in raw for place in range(len(raw[index].calls))]
    assert [is_data(place, said) for place in places] == [is_data(place, raw) for place in places]


@USAGE_ASKED
def test_all_chunks_have_one_identity(stream: RecordedStream, *, include_usage: bool) -> None:
    chunks = run_wrapper(stream, include_usage=include_usage).chunks
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) <= 1


@USAGE_ASKED
def test_each_choice_has_its_role_once_and_first(stream: RecordedStream, *, include_usage: bool) -> None:
    roles: dict[int, list[str | None]] = defaultdict(list)
    for choice in spoken(run_wrapper(stream, include_usage=include_usage)):
        if choice.finish_reason is None:
            roles[choice.index].append(choice.delta.role)
    for found in roles.values():
        assert found == ["assistant", *[None] * (len(found) - 1)]


@USAGE_ASKED
def test_each_choice_finishes_once_with_an_empty_delta(
    stream: RecordedStream, *, include_usage: bool
) -> None:
    raw = read_raw(stream)
    finishes = [
        choice
        for choice in spoken(run_wrapper(stream, include_usage=include_usage))
        if choice.finish_reason is not None
    ]
    indices = [choice.index for choice in finishes]
    assert len(set(indices)) == len(indices)
    assert all(set(choice.delta.model_dump().values()) == {None} for choice in finishes)
    if raw.error is None:
        assert set(indices) == set(expected_choices(raw))


def test_the_usage_chunk_has_what_the_stream_reports(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    if raw.error is not None:
        return
    *others, last = run_wrapper(stream).chunks
    assert not any(hasattr(chunk, "usage") for chunk in others)
    assert raw.reading.usage in (None, read_usage(last.usage))


def test_without_asking_no_chunk_has_usage(stream: RecordedStream) -> None:
    assert not any(hasattr(chunk, "usage") for chunk in run_wrapper(stream, include_usage=False).chunks)


def test_an_error_in_the_stream_is_raised_as_that_error(stream: RecordedStream) -> None:
    raw, error = read_raw(stream).error, run_wrapper(stream).error
    if raw is None:
        assert error is None
    else:
        assert isinstance(error, getattr(errors, raw.class_name))
        assert raw.message in str(error)


def test_the_error_knows_what_had_been_said(stream: RecordedStream) -> None:
    run = run_wrapper(stream)
    if isinstance(run.error, errors.ProviderError):
        assert run.error.generated_content == read_raw(stream).reading.choices[0].content


def test_strict_mode_raises_exactly_where_a_finish_reason_is_missing(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    finished = [index in raw.finishes for index in raw.reading.choices]
    is_cut_off = raw.error is None and not (finished and all(finished))
    error = run_wrapper(stream, strict=True).error
    assert isinstance(error, errors.IncompleteStreamError) == is_cut_off


def test_strict_mode_delivers_the_same_text(stream: RecordedStream) -> None:
    def texts(run: Run) -> dict[int, str]:
        return {index: said.content for index, said in read_chunks(run.chunks).choices.items() if said.content}

    assert texts(run_wrapper(stream, strict=True)) == texts(run_wrapper(stream))


class AsyncChunks:
    """The normalizer's chunks for `async for`."""

    def __init__(self, chunks: Iterator[ModelResponseStream]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[ModelResponseStream]:
        return self

    async def __anext__(self) -> ModelResponseStream:
        try:
            return next(self._chunks)
        except StopIteration:
            raise StopAsyncIteration from None


@pytest.mark.anyio
@USAGE_ASKED
async def test_async_gives_the_same_as_sync(
    sampled_stream: RecordedStream, *, include_usage: bool
) -> None:
    stream = sampled_stream
    source = AsyncChunks(normalized(stream, [stream.body]))
    run = Run()
    try:
        async for chunk in wrap(stream, source, include_usage=include_usage):
            run.chunks.append(chunk)
    except errors.UnspoolError as error:
        run.error = error
    sync = run_wrapper(stream, include_usage=include_usage)
    # A stream without an id is given one at random.
    dumps = [[chunk.model_dump(exclude={"id"}) for chunk in each.chunks] for each in (run, sync)]
    assert dumps[0] == dumps[1]
    assert repr(run.error) == repr(sync.error)
