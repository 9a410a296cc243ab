from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.match import DEFAULT_MATCH_ON, Matching
from unspool.cassette.model import Interaction, Request, Response, Timeline
from unspool.cassette.player import Player

URI = "https://api.anthropic.com/v1/messages"


def request(text: str = "hi", **options: Any) -> Request:
    body = json.dumps({"messages": [text], **options}).encode()
    return Request("POST", URI, (("content-type", "application/json"),), body)


def recorded(text: str, answer: str) -> Interaction:
    return Interaction(request(text), Response(200, body=answer.encode()))


def answers(player: Player, *texts: str) -> list[str | None]:
    found = [player.find(request(text)) for text in texts]
    return [interaction.response.body.decode() if interaction else None for interaction in found]


A, B, C = recorded("a", "A"), recorded("b", "B"), recorded("c", "C")
POLLS = [recorded("poll", str(number)) for number in range(3)]


def test_each_request_gets_its_own_answer_in_whatever_order_it_comes() -> None:
    assert answers(Player([A, B, C], Matching()), "b", "c", "a") == ["B", "C", "A"]


def test_equal_requests_get_their_recordings_in_order() -> None:
    player = Player([POLLS[0], A, POLLS[1], POLLS[2]], Matching())
    assert answers(player, "poll", "poll", "a", "poll") == ["0", "1", "A", "2"]


def test_a_recording_is_played_once() -> None:
    assert answers(Player([A], Matching()), "a", "a") == ["A", None]


def test_a_miss_plays_nothing() -> None:
    player = Player([A, B], Matching())
    assert answers(player, "x", "a", "b") == [None, "A", "B"]
    assert player.play_counts == [1, 1]


def without_secret(one: Request) -> Request:
    return replace(one, body=one.body.replace(b"sesame", b"REDACTED"))


@pytest.mark.parametrize("timeline", [None, Timeline()], ids=["another recorder's", "ours"])
def test_what_was_recorded_with_a_secret_is_found_without_it(timeline: Timeline | None) -> None:
    secret = recorded("sesame", "open")
    secret = replace(secret, response=replace(secret.response, timeline=timeline))
    player = Player([A, secret, secret, B], Matching(), scrub=without_secret)
    assert answers(player, "b", "REDACTED", "a", "REDACTED", "x") == ["B", "open", "A", "open", None]


def test_a_recording_that_was_not_scrubbed_then_is_scrubbed_where_nothing_is_found_without() -> None:
    def anonymous(one: Request) -> Request:
        return replace(one, body=one.body.replace(b"alice", b"user"))

    ours = replace(recorded("alice", "A"), response=Response(200, body=b"A", timeline=Timeline()))
    assert answers(Player([ours], Matching(), scrub=anonymous), "user", "user") == ["A", None]


def test_recordings_with_and_without_a_secret_keep_their_order() -> None:
    ours = replace(B, request=request("REDACTED"), response=replace(B.response, timeline=Timeline()))
    player = Player([recorded("sesame", "old"), ours], Matching(), scrub=without_secret)
    assert answers(player, "REDACTED", "REDACTED") == ["old", "B"]


def test_an_empty_cassette_answers_nothing() -> None:
    player = Player([], Matching())
    assert answers(player, "a") == [None]
    assert not player.unplayed


def test_with_repeats_the_last_recording_is_played_over_and_over() -> None:
    player = Player(POLLS, Matching(), allow_playback_repeats=True)
    assert answers(player, *["poll"] * 5) == ["0", "1", "2", "2", "2"]
    assert player.play_counts == [1, 1, 3]


def test_repeats_invent_no_answer() -> None:
    player = Player([A], Matching(), allow_playback_repeats=True)
    assert answers(player, "a", "b", "a") == ["A", None, "A"]


def test_what_has_not_been_played_is_known() -> None:
    player = Player([A, B, C], Matching())
    answers(player, "b")
    assert player.unplayed == [A, C]
    answers(player, "a", "c")
    assert player.unplayed == []


def test_ignored_fields_do_not_hinder() -> None:
    player = Player([Interaction(request("a", user="u1"), Response(200))], Matching(ignore=("user",)))
    assert player.find(request("a", user="u2")) is not None


def test_a_matcher_of_ones_own_chooses_among_those_whose_names_agree() -> None:
    def same_text(came: Request, stored: Request) -> bool:
        return came.body == stored.body

    player = Player([A, B, A, C], Matching(match_on=("method", "uri", same_text)))
    assert answers(player, "c", "a", "a", "b", "b") == ["C", "A", "A", "B", None]


def test_a_matcher_of_ones_own_chooses_what_is_repeated() -> None:
    def same_text(came: Request, stored: Request) -> bool:
        return came.body == stored.body

    player = Player([A, B], Matching(match_on=(same_text,)), allow_playback_repeats=True)
    assert answers(player, "a", "b", "a", "x") == ["A", "B", "A", None]


def test_a_matcher_is_asked_only_where_the_names_agree() -> None:
    asked: list[Request] = []
    player = Player([A, B], Matching(match_on=("body", lambda came, stored: asked.append(stored))))
    assert answers(player, "b") == ["B"]
    assert asked == [B.request]


def test_recordings_behind_the_one_that_is_played_are_not_looked_at() -> None:
    class Counting(Matching):
        def key(self, request: Request) -> Any:
            keyed.append(request)
            return super().key(request)

    keyed: list[Request] = []
    player = Player([recorded(str(number), "") for number in range(1000)], Counting())
    for number in range(10):
        player.find(request(str(number)))
    assert len(keyed) <= 20


def test_a_key_is_computed_once() -> None:
    class Counting(Matching):
        def key(self, request: Request) -> Any:
            keyed.append(request)
            return super().key(request)

    keyed: list[Request] = []
    player = Player([recorded(str(number), "") for number in range(100)], Counting())
    for number in reversed(range(100)):
        assert player.find(request(str(number))) is not None
    assert len(keyed) <= 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
BODIES = st.binary(max_size=30) | JSON_VALUES.map(lambda value: json.dumps(value).encode())
REQUESTS = st.builds(
    Request,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from([URI, URI + "?a=1&a=2", "http://[::1", "https://h:x/%zz?%ff"]) | st.text(max_size=20),
    st.lists(st.tuples(st.sampled_from(["Content-Type", "accept"]), st.text(max_size=10)), max_size=2).map(
        tuple
    ),
    BODIES,
)
MATCHINGS = st.builds(
    Matching,
    st.sampled_from([DEFAULT_MATCH_ON, ("method", "uri"), ("body",), ("headers", "raw_body"), ()]),
    st.sampled_from([(), ("a", "**.b"), ("[0]", "?a")]),
)


@given(st.lists(REQUESTS, min_size=1, max_size=6), MATCHINGS, st.randoms(use_true_random=False))
def test_every_request_finds_a_recording_of_its_own(
    requests: list[Request], matching: Matching, random: Any
) -> None:
    interactions = [
        Interaction(sent, Response(200, reason=str(index))) for index, sent in enumerate(requests)
    ]
    player = Player(interactions, matching)
    random.shuffle(requests)
    found = [player.find(sent) for sent in requests]
    assert sorted(str(interaction and interaction.response.reason) for interaction in found) == sorted(
        map(str, range(len(requests)))
    )
    assert not player.unplayed


@pytest.mark.parametrize("repeats", [False, True])
def test_ten_thousand_equal_requests_are_played_in_order(*, repeats: bool) -> None:
    many = [recorded("poll", str(number)) for number in range(10_000)]
    player = Player(many, Matching(), allow_playback_repeats=repeats)
    assert answers(player, *["poll"] * 10_000) == [str(number) for number in range(10_000)]


def test_the_first_unplayed_of_several_is_found_and_then_the_first() -> None:
    player = Player([A, B, C], Matching())
    assert [player.find_among([2, 1]), player.find_among(iter([2, 1])), player.find_among([2, 1])] == [
        C,
        B,
        C,
    ]
    assert player.play_counts == [0, 1, 2]
    assert player.find_among([]) is None


def test_what_was_found_among_several_is_not_found_again_by_its_request() -> None:
    for asks_before in (False, True):
        player = Player([A, B], Matching())
        if asks_before:
            player.find(request("x"))  # every recording has its key by then
        assert player.find_among([1]) is B
        assert answers(player, "b", "a") == [None, "A"]


def test_what_is_given_back_answers_the_next_such_request_before_the_others() -> None:
    player = Player(POLLS, Matching())
    first, second = player.find(request("poll")), player.find(request("poll"))
    assert (first, second) == (POLLS[0], POLLS[1])
    player.give_back(POLLS[0])
    assert answers(player, "poll", "poll", "poll") == ["0", "2", None]


def test_what_was_never_played_cannot_be_given_back() -> None:
    player = Player([A, B], Matching())
    player.find(request("a"))
    player.give_back(B)
    assert answers(player, "a", "b", "b") == [None, "B", None]
