"""An interaction as parts, and back."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from tests.faults import answers
from tests.faults.reading import pieces

from unspool.cassette.model import NO_RESPONSE, End, Failure, Interaction, Response, Timeline
from unspool.faults import Break, Cut, Drip
from unspool.faults.parts import Head, Piece, Sent, Stop, decoding, interaction_of, parts_of


@pytest.mark.parametrize("recorded", answers.ALL.values(), ids=answers.ALL)
def test_there_and_back_nothing_is_lost_but_the_length(recorded: Interaction) -> None:
    there = interaction_of(parts_of(recorded), recorded)
    headers = tuple(pair for pair in recorded.response.headers if pair[0] != "content-length")

    assert there == replace(recorded, response=replace(recorded.response, headers=headers))


def test_a_request_without_an_answer_has_no_head() -> None:
    failure = Failure("ConnectError", "refused")
    timeline = Timeline(end=End.RESET, ended_at=0.2, failure=failure)
    recorded = replace(answers.OPENAI, response=Response(NO_RESPONSE, timeline=timeline))

    assert list(parts_of(recorded)) == [Sent(recorded.request), Stop(0.2, End.RESET, failure)]
    assert interaction_of(parts_of(recorded), recorded) == recorded


def test_an_answer_without_times_comes_event_by_event() -> None:
    recorded = replace(answers.OPENAI, response=replace(answers.OPENAI.response, timeline=None))

    assert pieces(Break(2).apply(recorded)) == pieces(answers.OPENAI)[:2]


def compressed(recorded: Interaction) -> Interaction:
    headers = (*recorded.response.headers, ("content-encoding", "gzip"))
    body = gzip.compress(recorded.response.body)
    return replace(recorded, response=replace(recorded.response, headers=headers, body=body))


def test_a_compressed_body_is_broken_where_it_speaks() -> None:
    broken = Cut(10).apply(compressed(answers.OPENAI)).response

    assert broken.body == answers.OPENAI.response.body[:10]
    assert "content-encoding" not in dict(broken.headers)


def test_a_live_body_is_decompressed_piece_by_piece() -> None:
    feed = decoding()
    packed = gzip.compress(b"some text")
    head = Head(headers=(("Content-Encoding", "gzip"), ("content-length", "29"), ("x", "y")))

    assert list(feed(head)) == [Head(headers=(("x", "y"),))]
    parts = [part for byte in packed for part in feed(Piece(bytes([byte]), 1.0))]
    assert b"".join(part.data for part in parts) == b"some text"
    assert list(feed(Stop(2.0))) == [Stop(2.0)]


def test_moments_are_those_that_a_cassette_holds() -> None:
    broken = Drip(0.123456).apply(answers.OPENAI)

    assert broken.response.timeline.chunks[1].at == 1.0
    assert broken.response.timeline.ended_at == round(broken.response.timeline.ended_at, 4)
