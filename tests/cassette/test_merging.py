from __future__ import annotations

from collections.abc import Sequence

from unspool.cassette.merging import merged
from unspool.cassette.model import Interaction, Request, Response, Timeline


def made(name: str, at: float | None = 0.0) -> Interaction:
    timeline = None if at is None else Timeline(recorded_at=at)
    return Interaction(Request("GET", f"/{name}"), Response(200, timeline=timeline))


def names(found: Sequence[Interaction], **changes: Sequence[Interaction]) -> str:
    base, added, gone = (changes.get(key, ()) for key in ("base", "added", "gone"))
    result = merged(found, base=base, added=added, dropped=lambda one: one in gone)
    return "".join(one.request.uri.strip("/") for one in result)


A, B, C, D = made("a", 1.0), made("b", 2.0), made("c", 3.0), made("d", 4.0)


def test_what_is_added_comes_last() -> None:
    assert names([A, B], base=[A, B], added=[C, D]) == "abcd"


def test_what_is_added_keeps_its_order_even_where_its_clock_was_set_back() -> None:
    assert names([B], added=[D, A, C]) == "bdac"


def test_what_others_added_is_kept_and_stands_in_the_order_of_recording() -> None:
    assert names([A, C], base=[A], added=[B, D]) == "abcd"


def test_of_what_was_recorded_at_one_moment_the_others_come_first() -> None:
    assert names([made("x"), made("y")], added=[made("z")]) == "xyz"


def test_what_is_dropped_is_gone() -> None:
    assert names([A, B, C], base=[A, B, C], gone=[A, C]) == "b"


def test_what_others_added_is_not_dropped() -> None:
    assert names([A, B], base=[A], gone=[A, B]) == "b"


def test_of_two_that_are_equal_one_may_be_another_writers() -> None:
    assert names([A, A], base=[A], gone=[A]) == "a"


def test_what_others_have_dropped_stays_dropped() -> None:
    assert names([B], base=[A, B], added=[C]) == "bc"


def test_a_recording_changed_by_others_is_theirs() -> None:
    changed = Interaction(A.request, Response(500, timeline=A.response.timeline))

    assert list(merged([changed], base=[A], added=[], dropped=lambda _: True)) == [changed]


def test_what_is_there_is_never_reordered() -> None:
    assert names([A, D, B], base=[A, B], added=[C]) == "adbc"


def test_recordings_without_a_moment_stay_before_new_ones() -> None:
    assert names([made("x", None), made("y", None)], added=[A]) == "xya"


def test_interactions_with_extra_keys_can_be_merged() -> None:
    extra = Interaction(A.request, A.response, {"recorded_with": ["vcrpy"]})

    assert list(merged([extra], base=[extra], added=[B], dropped=lambda _: True)) == [B]


def test_headers_grouped_by_a_file_are_the_same_headers() -> None:
    headers = (("Accept", "a"), ("X", "x"), ("accept", "b"))
    mine = Interaction(Request("GET", "/", headers), Response(200, "", headers))
    joined = (("Accept", "a, b"), ("X", "x"))
    grouped = (("Accept", "a"), ("Accept", "b"), ("X", "x"))
    saved = Interaction(Request("GET", "/", joined), Response(200, "", grouped))

    assert list(merged([saved], base=[mine], added=[], dropped=lambda _: True)) == []
