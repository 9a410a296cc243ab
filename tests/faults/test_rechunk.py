"""Bytes in other pieces: what they say stays the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults import answers
from tests.faults.reading import events, pieces, times

from unspool.cassette.model import Interaction
from unspool.errors import ChecksumError, FaultError
from unspool.faults import BadChecksum, Corrupt, Fault, Merge, Rechunk, Shred, Split
from unspool.providers import FORMATS
from unspool.wire.aws import AWSEventStreamDecoder

SEAMS = ("characters", "crlf", "data", "lines")
RECHUNKING = st.one_of(
    st.builds(Rechunk, st.integers(1, 200)),
    st.builds(Shred, st.integers(0, 2**16), st.integers(1, 99)),
    st.builds(Split, st.sampled_from(SEAMS)),
    st.builds(Merge, st.none() | st.integers(1, 9)),
)
RECORDINGS = st.sampled_from(list(answers.ALL.values()))


@given(recorded=RECORDINGS, faults=st.lists(RECHUNKING, min_size=1, max_size=3))
def test_rechunking_changes_no_event(recorded: Interaction, faults: list[Fault]) -> None:
    broken = recorded
    for fault in faults:
        broken = fault.apply(broken)

    assert broken.response.body == recorded.response.body
    assert events(broken) == events(recorded)
    assert b"".join(pieces(broken)) == recorded.response.body
    assert all(pieces(broken))


@pytest.mark.parametrize("name", ["openai-chat", "anthropic-messages"])
@given(fault=RECHUNKING)
def test_a_decoder_sees_the_same_events(name: str, fault: Fault) -> None:
    recorded = {"openai-chat": answers.OPENAI, "anthropic-messages": answers.ANTHROPIC}[name]
    decoder = FORMATS[name].decoder()
    seen = [event for data in pieces(fault.apply(recorded)) for event in decoder.feed(data)]

    assert seen == events(recorded)


def test_a_piece_comes_when_its_last_byte_would_have() -> None:
    recorded = answers.interaction(b"abc", b"def", b"g")
    broken = Rechunk(2).apply(recorded)

    assert pieces(broken) == [b"ab", b"cd", b"ef", b"g"]
    assert times(broken) == [0.75, 1.0, 1.0, 1.25]


def test_every_character_is_cut_between_its_bytes() -> None:
    broken = Split("characters").apply(answers.interaction("aŁ☔b".encode()))

    assert pieces(broken) == [b"a\xc5", b"\x81\xe2", b"\x98", b"\x94b"]


def test_every_crlf_is_cut() -> None:
    broken = Split("crlf").apply(answers.interaction(b"data: 1\r\n\r\n"))

    assert pieces(broken) == [b"data: 1\r", b"\n\r", b"\n"]


def test_every_field_name_is_cut() -> None:
    broken = Split("data").apply(answers.interaction(b"data: 1\n\ndata: 2\n\n"))

    assert pieces(broken) == [b"da", b"ta: 1\n\nda", b"ta: 2\n\n"]


def test_every_line_is_a_piece() -> None:
    assert pieces(Split("lines").apply(answers.interaction(b"1\n\n2\n"))) == [b"1\n", b"\n", b"2\n"]


def test_there_may_be_nowhere_to_cut() -> None:
    assert pieces(Split("crlf").apply(answers.OPENAI)) == pieces(answers.OPENAI)


def test_chunks_come_together_with_the_last_of_them() -> None:
    broken = Merge(2).apply(answers.interaction(b"a", b"b", b"c"))

    assert pieces(broken) == [b"ab", b"c"]
    assert times(broken) == [1.0, 1.25]


def test_all_come_together() -> None:
    assert len(pieces(Merge().apply(answers.OPENAI))) == 1


@given(after=st.integers(0, 500), seed=st.integers(0, 99))
def test_one_byte_is_changed(after: int, seed: int) -> None:
    before = answers.OPENAI.response.body
    changed = Corrupt(after, seed).apply(answers.OPENAI).response.body

    assert [place for place in range(len(before)) if before[place] != changed[place]] == [after]


def test_a_byte_that_is_not_there_is_not_changed() -> None:
    with pytest.raises(FaultError, match=r"needs 4 bytes in the answer, which has 3;"):
        Corrupt(3).apply(answers.interaction(b"abc"))


def test_a_checksum_is_wrong() -> None:
    body = BadChecksum(2).apply(answers.BEDROCK).response.body
    read = AWSEventStreamDecoder().feed(body)

    assert [next(read).name, next(read).name] == ["messageStart", "contentBlockDelta"]
    with pytest.raises(ChecksumError):
        next(read)


def test_only_aws_has_checksums() -> None:
    with pytest.raises(FaultError, match="needs frames of an AWS event stream"):
        BadChecksum().apply(answers.OPENAI)
