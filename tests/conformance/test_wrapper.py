"""What the wrapper makes of every recorded stream, beside a naive reading of its bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from tests.conformance.conftest import Tally
from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import RawStream
from tests.conformance.reading import Said, read_chunks, read_usage, settle_finish
from tests.conformance.runs import Run, normalized, read_raw, run_normalizer, run_wrapper, wrap

from unspool import errors
from unspool.models import ModelResponseStream, StreamingChoices

NO_END_MARK = "bedrock-agent"
"""The format whose streams have no finish reason: they just end."""


def both(stream: RecordedStream) -> list[Run]:
    """With the usage asked for, and without."""
    return [run_wrapper(stream, include_usage=asked) for asked in (True, False)]


def expected_choices(raw: RawStream) -> dict[int, Said]:
    """The choices as they should come out. A stream with none is an empty answer."""
    choices = raw.reading.choices or {0: Said()}
    return {
        index: replace(said, finish=settle_finish(said, raw.native_finish(index)))
        for index, said in choices.items()
    }


def spoken(run: Run) -> Iterator[StreamingChoices]:
    """The choices of all chunks except the usage chunk's."""
    for chunk in run.chunks:
        if chunk.get("usage") is None:
            yield from chunk.choices


def test_an_error_is_raised_exactly_where_the_stream_has_one(stream: RecordedStream, tally: Tally) -> None:
    raw, run = read_raw(stream), run_wrapper(stream)
    tally(
        events=len(raw.objects),
        chunks=len(run_normalizer(stream).chunks),
        errors=int(raw.error is not None),
        oddities=list(stream.oddities),
    )
    if raw.error is None:
        assert run.error is None
    else:
        assert isinstance(run.error, getattr(errors, raw.error.class_name))
        assert raw.error.message in str(run.error)
        assert run.error.generated_content == raw.reading.choices.get(0, Said()).content


def test_every_choice_says_what_the_stream_says(stream: RecordedStream) -> None:
    """Text, reasoning, refusal, finish reason; calls to the letter, so they are JSON if they were."""
    raw = read_raw(stream)
    expected = expected_choices(raw)
    for run in both(stream):
        said = dict(read_chunks(run.chunks).choices)
        assert said == expected if raw.error is None else so_far(said) == so_far(expected)


def test_tool_calls_keep_their_index_or_are_given_one(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    for run in both(stream):
        for index, numbers in call_numbers(run).items():
            sent = raw.call_indices.get(index) or [None] * len(numbers)
            pairs = zip(numbers, sent, strict=True)
            assert all(number == kept for number, kept in pairs if kept is not None)
            if None in sent:
                assert set(numbers) == set(range(len(raw.reading.choices[index].calls)))


def call_numbers(run: Run) -> dict[int, list[int]]:
    """By choice, the index of each fragment of a tool call."""
    numbers: dict[int, list[int]] = defaultdict(list)
    for choice in spoken(run):
        numbers[choice.index] += [call.index for call in choice.delta.tool_calls or ()]
    return numbers


def so_far(choices: dict[int, Said]) -> dict[int, Said]:
    """The choices of a stream that an error ended: none is finished, and an empty one needn't be there."""
    unfinished = {index: replace(said, finish=None) for index, said in choices.items()}
    return {index: said for index, said in unfinished.items() if said != Said()}


def test_all_chunks_have_one_identity(stream: RecordedStream) -> None:
    for run in both(stream):
        names = {(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in run.chunks}
        assert len(names) <= 1
        assert all(map(all, names))


def test_each_choice_has_its_role_once_and_first(stream: RecordedStream) -> None:
    for run in both(stream):
        roles: dict[int, list[str | None]] = defaultdict(list)
        for choice in spoken(run):
            if choice.finish_reason is None:
                roles[choice.index].append(choice.delta.role)
        for found in roles.values():
            assert found == ["assistant", *[None] * (len(found) - 1)]


def test_each_choice_finishes_once_with_an_empty_delta(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    for run in both(stream):
        finishes = [choice for choice in spoken(run) if choice.finish_reason is not None]
        indices = [choice.index for choice in finishes]
        assert len(set(indices)) == len(indices)
        assert all(set(choice.delta.model_dump().values()) == {None} for choice in finishes)
        if raw.error is None:
            assert set(indices) == set(expected_choices(raw))


def test_the_usage_is_as_reported_and_only_where_it_was_asked_for(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    asked, unasked = both(stream)
    assert not any(hasattr(chunk, "usage") for chunk in (*asked.chunks[:-1], *unasked.chunks))
    if raw.error is None:
        assert raw.usage in (None, read_usage(asked.chunks[-1].usage))


def test_a_missing_finish_reason_is_an_error_in_formats_that_have_one(stream: RecordedStream) -> None:
    raw = read_raw(stream)
    finished = [index in raw.finishes for index in raw.reading.choices]
    is_cut_off = raw.error is None and not (finished and all(finished)) and stream.wire_format != NO_END_MARK
    for strict in (None, True):
        run = run_wrapper(stream, strict=strict)
        assert isinstance(run.error, errors.IncompleteStreamError) == is_cut_off
        said = read_chunks(run.chunks).choices
        assert so_far(dict(said)) == so_far(expected_choices(raw))


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
async def test_async_gives_the_same_as_sync(sampled_stream: RecordedStream) -> None:
    stream = sampled_stream
    run = Run()
    try:
        async for chunk in wrap(stream, AsyncChunks(normalized(stream, [stream.body])), include_usage=True):
            run.chunks.append(chunk)
    except errors.UnspoolError as error:
        run.error = error
    sync = run_wrapper(stream)
    # A stream without an id is given one at random.
    dumps = [[chunk.model_dump(exclude={"id"}) for chunk in each.chunks] for each in (run, sync)]
    assert dumps[0] == dumps[1]
    assert repr(run.error) == repr(sync.error)
