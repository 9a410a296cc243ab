"""How an exchange went, and what that means for its recording."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.cassette.match import Matching
from unspool.cassette.model import NO_RESPONSE, End, Failure, Interaction, Request, Response, Timeline
from unspool.cassette.outcomes import (
    Marks,
    interrupted,
    is_broken,
    is_final,
    is_interrupted,
    is_left,
    is_refusal,
    is_unanswered,
    spoiled_by,
    with_user,
    without_user,
)

SSE = (("content-type", "text/event-stream"),)
DONE = b"data: 1\n\ndata: [DONE]\n\n"


def one(
    status: int = 200, body: bytes = DONE, *, to: str = "/", at: float | None = 0.1, **how: Any
) -> Interaction:
    timeline = Timeline(headers_at=at, **how)
    request = Request("POST", f"http://model.test{to}")
    return Interaction(request, Response(status, "", SSE, body, timeline=timeline))


WHOLE = one()
LEFT = one(body=b"data: 1\n\n", end=End.CLOSED)
BROKEN = one(body=b"data: 1\n\n", end=End.RESET, failure=Failure("ReadError", "reset"))
CUT_SHORT = one(body=b"data: 1\n\n", end=End.FAILED, failure=interrupted("KeyboardInterrupt"))
UNANSWERED = one(NO_RESPONSE, b"", at=None, end=End.FAILED, failure=Failure("ConnectError", "refused"))


@pytest.mark.parametrize(
    ("is_so", "which"),
    [
        (is_left, LEFT),
        (is_broken, BROKEN),
        (is_interrupted, CUT_SHORT),
        (is_unanswered, UNANSWERED),
    ],
    ids=["left", "broken", "interrupted", "unanswered"],
)
def test_each_is_one_thing_alone(is_so: Any, which: Interaction) -> None:
    assert [each is which for each in map_all() if is_so(each)] == [True]


def map_all() -> list[Interaction]:
    return [WHOLE, LEFT, BROKEN, CUT_SHORT, UNANSWERED]


def test_a_client_that_leaves_behind_the_end_mark_has_left_nothing() -> None:
    assert not is_left(one(end=End.CLOSED))


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 599])
def test_these_statuses_are_refusals(status: int) -> None:
    assert is_refusal(one(status))


@pytest.mark.parametrize("status", [200, 400, 404, 422, 499])
def test_these_are_none(status: int) -> None:
    assert not is_refusal(one(status))


def test_an_interrupted_one_is_never_final() -> None:
    assert not is_final(CUT_SHORT, unfinished=False)


@pytest.mark.parametrize("which", [LEFT, BROKEN, UNANSWERED])
def test_one_that_broke_is_final_in_a_finished_cassette_only(which: Interaction) -> None:
    assert is_final(which, unfinished=False)
    assert not is_final(which, unfinished=True)


def test_a_whole_one_is_final_in_any() -> None:
    assert is_final(WHOLE, unfinished=True)


# Whether a run may replace an earlier one


def test_a_new_refusal_spoils_a_run() -> None:
    refused = one(429)
    assert spoiled_by([WHOLE], [refused], Matching()) is refused


def test_one_that_the_old_file_holds_does_not() -> None:
    assert spoiled_by([WHOLE, one(429)], [one(429)], Matching()) is None


def test_nor_one_that_was_asked_again_and_answered() -> None:
    assert spoiled_by([WHOLE], [one(429), WHOLE], Matching()) is None


def test_no_answer_spoils_it_where_there_was_one() -> None:
    assert spoiled_by([WHOLE], [UNANSWERED], Matching()) is UNANSWERED
    assert spoiled_by([one(to="/other")], [UNANSWERED], Matching()) is None


# Marks


def test_marks_are_read_as_they_are_written() -> None:
    marks = Marks(("a test",), failures=True)
    assert Marks.of(marks.put({"other": 1})) == marks


def test_without_any_there_is_no_key() -> None:
    assert Marks().put({"other": 1}) == {"other": 1}


def test_what_others_wrote_beside_them_stays() -> None:
    assert Marks().put({"unspool": {"kind": "x", "unfinished": ["a"]}}) == {"unspool": {"kind": "x"}}


def test_a_run_marks_a_cassette_once_and_unmarks_it_alone() -> None:
    marks = with_user(with_user(with_user(Marks(), "a"), "b"), "a")
    assert marks.unfinished == ("a", "b")
    assert without_user(marks, "a").unfinished == ("b",)
