"""Header lines: any case, repeats, order."""

from __future__ import annotations

from unspool.headers import grouped, header, joined, media_type, only, tokens_of, values_of, without

LINES = (("Vary", "accept"), ("X-One", "1"), ("vary", "origin"), ("Vary", "cookie"))


def test_a_header_is_the_first_of_its_name_in_any_case() -> None:
    assert header(LINES, "VARY") == "accept"
    assert header(LINES, "x-two") is None


def test_values_are_those_of_every_line_of_the_name() -> None:
    assert values_of(LINES, "vARY") == ["accept", "origin", "cookie"]
    assert values_of(LINES, "x-two") == []


def test_tokens_are_the_words_of_every_line() -> None:
    lines = (("Connection", "Keep-Alive, TE"), ("te", "trailers"), ("connection", ",Upgrade ,"))
    assert tokens_of(lines, "connection") == ["keep-alive", "te", "upgrade"]
    assert tokens_of(lines, "trailer") == []


def test_a_media_type_has_no_parameters() -> None:
    assert media_type((("Content-Type", "Text/Event-Stream ; charset=utf-8"),)) == "text/event-stream"
    assert media_type(LINES) == ""


def test_only_and_without_keep_order_and_repeats() -> None:
    assert only(LINES, {"vary"}) == (LINES[0], LINES[2], LINES[3])
    assert without(LINES, {"vary"}) == without(LINES, "Vary") == (LINES[1],)
    assert without(LINES, "x-one") == only(LINES, {"vary"})


def test_lines_are_grouped_by_the_name_as_it_is_spelled() -> None:
    assert grouped(LINES) == {"Vary": ["accept", "cookie"], "X-One": ["1"], "vary": ["origin"]}


def test_lines_are_joined_whatever_the_case_of_the_name() -> None:
    assert joined(LINES) == {"Vary": "accept, origin, cookie", "X-One": "1"}
