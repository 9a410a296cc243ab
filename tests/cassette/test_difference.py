from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.body import JSON, TEXT, Body
from unspool.cassette.difference import (
    MOST_DIFFERENCES,
    Absent,
    Difference,
    differences,
    excerpts,
    explain_growth,
    explain_miss,
    nearest,
    same_until,
    unequal,
)
from unspool.cassette.ignore_paths import parse_ignore
from unspool.cassette.match import DEFAULT_MATCH_ON, PARTS, Matching
from unspool.cassette.model import Interaction, Request, Response

URI = "https://api.openai.com/v1/chat/completions"
RECORD = (
    "To record it, use record_mode='new_episodes'; record_mode='rewrite' records the whole cassette again."
)
REPEAT = (
    "A recording is played once, unless allow_playback_repeats=True lets the last one repeat; "
    "record_mode='new_episodes' records one more."
)


def request(document: Any = None, *, method: str = "POST", uri: str = URI) -> Request:
    body = json.dumps(document).encode() if document is not None else b""
    return Request(method, uri, (("content-type", "application/json"),), body)


def chat(text: str, **options: Any) -> Request:
    return request({"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **options})


def recordings(*requests: Request) -> list[Interaction]:
    return [Interaction(recorded, Response(200)) for recorded in requests]


def explained(
    came: Request, *recorded: Request, played: tuple[int, ...] = (), matching: Matching | None = None
) -> list[str]:
    counts = played or (0,) * len(recorded)
    matching = matching or Matching()
    text = explain_miss(
        came, recordings(*recorded), counts, matching, path="cassettes/x.yaml", record_mode="none"
    )
    return text.splitlines()


def test_differences_stand_in_the_order_of_what_has_to_match() -> None:
    recorded = request({"a": 1}, uri="https://h/x?alt=sse")
    came = request({"a": 2}, method="PUT", uri="http://h/y?alt=json")
    assert differences(recorded, came, Matching()) == [
        Difference("method", '"POST"', '"PUT"'),
        Difference("scheme", '"https"', '"http"'),
        Difference("port", "443", "80"),
        Difference("path", '"/x"', '"/y"'),
        Difference("query.alt", '"sse"', '"json"'),
        Difference("body.a", "1", "2"),
    ]


def test_what_need_not_match_is_no_difference() -> None:
    assert differences(request({"a": 1}), request({"a": 2}), Matching(match_on=("method", "uri"))) == []


def test_what_is_ignored_is_no_difference() -> None:
    assert differences(request({"a": 1}), request({"a": 2}), Matching(ignore=("a",))) == []


def test_a_matcher_of_ones_own_gives_its_reason() -> None:
    def same_user(came: Request, recorded: Request) -> None:
        raise AssertionError("u1 is not u2")

    found = differences(request(), request(), Matching(match_on=("method", same_user)))
    assert found == [Difference("matcher same_user", "", "u1 is not u2")]


def test_the_list_of_differences_has_an_end() -> None:
    found = differences(request(list(range(5000))), request(list(range(1, 5001))), Matching())
    assert len(found) == MOST_DIFFERENCES


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("body.messages[1].content", "messages[*].content"),
        ('body["a.b"]', '["a.b"]'),
        ("body[0]", "[0]"),
        ("query.api-version", "?api-version"),
        ("body", None),
        ("host", None),
        ("headers.accept", None),
        ("matcher same_user", None),
    ],
)
def test_a_difference_says_how_to_ignore_it(where: str, path: str | None) -> None:
    assert Difference(where, "1", "2").ignorable_as == path


@pytest.mark.parametrize(
    ("recorded", "came"),
    [
        (request({"a": {"b": [{"c d": 1}]}}), request({"a": {"b": [{"c d": 2}]}})),
        (request(uri=URI + "?a%20b=1&c=2"), request(uri=URI + "?a%20b=2")),
        (request(["x"]), request(["x", "y"])),
    ],
)
def test_ignoring_the_differences_makes_the_recording_match(recorded: Request, came: Request) -> None:
    found = differences(recorded, came, Matching())
    ignore = tuple(str(difference.ignorable_as) for difference in found)
    assert found
    assert differences(recorded, came, Matching(ignore=ignore)) == []


def test_of_no_recordings_none_is_the_nearest() -> None:
    assert nearest([], request(), Matching()) is None


def test_the_nearest_has_the_fewest_differences() -> None:
    near = chat("hi", temperature=0.5)
    found = nearest(recordings(chat("ho", user="u"), near), chat("hi"), Matching())
    assert found is not None
    assert found[0].request == near
    assert found[1] == [Difference("body.temperature", "0.5", "absent")]


@pytest.mark.parametrize(
    "far",
    [
        request({"a": 1}, uri="https://other/v1"),
        request({"a": 1}, uri=URI + "/x"),
        request({"a": 1}, method="PUT"),
    ],
)
def test_the_same_address_is_nearer_than_the_same_body(far: Request) -> None:
    near = request({"b": 1, "c": 2, "d": 3})
    found = nearest(recordings(far, near), request({"a": 1}), Matching())
    assert found is not None
    assert found[0].request == near


def test_an_address_that_need_not_match_brings_nothing_nearer() -> None:
    near = request({"a": 1}, uri="https://other/v1")
    found = nearest(recordings(request({"a": 2}), near), request({"a": 1}), Matching(match_on=("body",)))
    assert found is not None
    assert found[0].request == near


def test_of_texts_that_differ_once_the_most_alike_is_the_nearest() -> None:
    texts = ["How are you today?", "What's the weather in Rome?", "What's the weather in Oslo tomorrow?"]
    found = nearest(recordings(*map(chat, texts)), chat("What's the weather in Paris?"), Matching())
    assert found is not None
    assert "Rome" in found[1][0].recorded


def test_of_equally_near_ones_the_first_is_taken() -> None:
    found = nearest(recordings(chat("a"), chat("b")), chat("c"), Matching())
    assert found is not None
    assert found[0].request == chat("a")


def test_only_the_likeliest_are_compared_closely() -> None:
    def counting(came: Request, recorded: Request) -> bool:
        compared.append(recorded)
        return True

    compared: list[Request] = []
    many = [chat("x" * size) for size in range(1000)]
    matching = Matching(match_on=(*DEFAULT_MATCH_ON, counting))
    found = nearest(recordings(*many), chat("y" * 900), matching)
    assert found is not None
    assert many[900] in compared
    assert len(compared) < 250


def test_big_recordings_are_compared_for_a_while_only() -> None:
    def counting(came: Request, recorded: Request) -> bool:
        compared.append(recorded)
        return True

    compared: list[Request] = []
    many = [request(f"{number}{'x' * 3_000_000}") for number in range(10)]
    nearest(recordings(*many), request("y"), Matching(match_on=("method", counting)))
    assert len(compared) < 6


def test_a_miss_is_explained_by_the_nearest_recording() -> None:
    came = chat("The weather in Rome?")
    assert explained(came, chat("How are you?"), chat("The weather in Paris?")) == [
        f"cassettes/x.yaml has no recording for POST {URI} (record_mode='none').",
        "Of 2, the nearest is interactions[1]; it differs in one place:",
        '  body.messages[0].content: recorded "The weather in Paris?", came "The weather in Rome?"',
        "What is asked differs: if the code is meant to ask this now, record it again.",
        RECORD,
    ]


def test_a_miss_tells_if_the_nearest_has_been_played() -> None:
    assert "interactions[0] (played already);" in explained(chat("a"), chat("b"), played=(1,))[1]


def test_many_differences_are_counted() -> None:
    lines = explained(request(list(range(12))), request(list(range(1, 13))))
    assert lines[1].endswith("it differs in 12 places:")
    assert lines[9:12] == [
        "  body[7]: recorded 8, came 7",
        "  and 4 more",
        "If such a value changes with every run, leave it out: ignore=['[0]', '[1]', '[2]', …].",
    ]


def test_endless_differences_are_not_counted_out() -> None:
    lines = explained(request(list(range(500))), request(list(range(1, 501))))
    assert lines[1].endswith("it differs in 100 places or more:")


def test_where_ignoring_does_not_help_it_is_not_advised() -> None:
    lines = explained(request({"a": 1}, uri="https://b/"), request({"a": 2}, uri="https://a/"))
    assert lines[2:4] == ['  host: recorded "a", came "b"', "  body.a: recorded 2, came 1"]
    assert not any("ignore=" in line for line in lines)


def test_the_reason_of_a_matcher_is_shown() -> None:
    def same_user(came: Request, recorded: Request) -> None:
        raise AssertionError("u1 is not u2")

    lines = explained(request(), request(), matching=Matching(match_on=(same_user,)))
    assert lines[2] == "  matcher same_user: u1 is not u2"


@pytest.mark.parametrize(
    ("recorded", "name"),
    [
        ((chat("b"), chat("a")), "interactions[1]"),
        ((chat("a"), chat("b"), chat("a"), chat("a")), "interactions[0] and 2 more"),
    ],
)
def test_a_recording_that_has_been_played_is_named(recorded: tuple[Request, ...], name: str) -> None:
    lines = explained(chat("a"), *recorded, played=(1,) * len(recorded))
    assert lines[1:] == [
        f"It matches {name}, played already.",
        REPEAT,
    ]


def test_an_empty_cassette_is_said_to_be_empty() -> None:
    assert explained(chat("a"))[1:] == [
        "The cassette is empty, or there is none yet.",
        RECORD,
    ]


# What to do about it


def talk(*contents: str, call_id: str = "call_1", **options: Any) -> Request:
    """A conversation whose turns say this, with a tool's call in its second."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": content} for content in contents]
    if len(messages) > 1:
        messages[1]["tool_calls"] = [{"id": call_id, "function": {"name": "look"}}]
    return request({"messages": messages, **options})


def test_the_nearest_is_an_unplayed_conversation_of_as_many_turns() -> None:
    recorded = [talk("a"), talk("a", "b", "c"), talk("a", "b", "c", "d", "e")]

    lines = explained(talk("a", "b", "X"), *recorded, played=(1, 0, 0))
    assert "the nearest is interactions[1]; it differs in one place" in lines[1]
    assert lines[2].startswith("  body.messages[2].content: ")


def test_of_two_alike_the_unplayed_one_is_nearer() -> None:
    lines = explained(talk("b", "x"), talk("b", "y"), talk("c", "z"), played=(1, 0))
    assert "the nearest is interactions[1];" in lines[1]


def test_a_hint_holds_for_all_items_of_a_list() -> None:
    lines = explained(talk("a", "b", call_id="call_2"), talk("a", "b"))
    assert lines[-3] == (
        "If such a value changes with every run, leave it out: ignore=['messages[*].tool_calls[*].id']."
    )
    assert lines[-2] == (
        "interactions[0] differs only in what changes by itself: with match='ids' it answers, as with"
        " match='llm'."
    )


@pytest.mark.parametrize(
    ("recorded", "came"),
    [
        ("Today is 2026-11-23. Hi", "Today is 2026-12-01. Hi"),
        ("It is 12:30", "It is 09:01"),
        ("now: 1764523100", "now: 1764529999"),
        ("Today is November 23, 2026", "Today is December 1, 2026"),
    ],
)
def test_a_date_in_the_prompt_suggests_to_stop_time_and_not_to_ignore_it(recorded: str, came: str) -> None:
    lines = explained(chat(came), chat(recorded))
    assert lines[3].startswith("A date or a time differs: freeze_time=True lets time stand")
    assert "ignore=" not in "\n".join(lines)
    assert "record it again" not in "\n".join(lines[:-1])


def test_an_id_in_the_prompt_suggests_a_function() -> None:
    lines = explained(chat("Look up order_8d1f2a9b77"), chat("Look up order_1a2b3c4d55"))
    assert lines[3] == "An id in the text differs: let a function write a fixed one: before_record_request."


@pytest.mark.parametrize("name", ["messages", "input", "contents", "system", "instructions"])
def test_no_prompt_is_ever_to_be_ignored(name: str) -> None:
    lines = explained(request({name: "What now?", "user": "b"}), request({name: "What then?", "user": "a"}))
    assert "ignore=" not in "\n".join(lines)


def test_another_model_is_said_to_be_one() -> None:
    lines = explained(talk("a", model="m2"), talk("a", model="m1"))
    assert lines[3] == "The model or its tools differ: if they are meant to, record it again."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("sse", '"sse"'),
        (443, "443"),
        (None, "null"),
        (True, "true"),
        ({"a": [1, "é"]}, '{"a": [1, "é"]}'),
        (Absent.ABSENT, "absent"),
        (b"\xff", "b'\\xff'"),
        (Body(JSON, {"a": 1}), 'JSON {"a": 1}'),
        (Body(TEXT, "a"), 'text "a"'),
        ("\ud800", '"\\ud800"'),
        ("two\nlines", '"two\\nlines"'),
    ],
)
def test_a_short_value_is_shown_whole(value: Any, text: str) -> None:
    assert excerpts(value, 0)[0] == text


def test_long_texts_are_cut_around_the_place_where_they_part() -> None:
    recorded, came = "x" * 100 + "Paris" + "y" * 100, "x" * 100 + "Rome" + "y" * 100
    assert excerpts(recorded, came) == (
        '"…' + "x" * 20 + "Paris" + "y" * 35 + '…"',
        '"…' + "x" * 20 + "Rome" + "y" * 36 + '…"',
    )


def test_a_text_that_goes_on_is_shown_where_the_other_ends() -> None:
    assert excerpts("x" * 100, "x" * 100 + "!") == ('"…' + "x" * 20 + '"', '"…' + "x" * 20 + '!"')


def test_a_short_text_is_whole_even_beside_a_long_one() -> None:
    assert excerpts("x" * 30, "x" * 30 + "y" * 100)[0] == '"' + "x" * 30 + '"'


def test_long_bytes_are_cut_where_they_part() -> None:
    assert excerpts(b"x" * 99 + b"1", b"x" * 99 + b"2")[1] == f"…{b'x' * 20 + b'2'!r}"


def test_long_json_is_cut_at_its_end() -> None:
    shown = excerpts(list(range(100)), None)[0]
    assert len(shown) == 61
    assert shown.endswith("…")


def test_bytes_within_a_document_are_told_apart_by_their_digest() -> None:
    one, other = excerpts({"content": b"\xff"}, {"content": b"\xfe"})
    assert one.startswith('{"content": "1 byte, blake2b ')
    assert one != other


@given(st.text(), st.text(), st.text())
def test_the_common_beginning_is_found(head: str, one: str, other: str) -> None:
    first, second = head + one, head + other
    length = same_until(first, second)
    assert first[:length] == second[:length]
    assert first[length : length + 1] != second[length : length + 1] or first == second


@given(st.text() | st.binary(), st.text() | st.binary())
def test_no_excerpt_is_long_or_unprintable(one: str | bytes, other: str | bytes) -> None:
    for shown in excerpts(one, other):
        shown.encode()
        assert len(shown) < 400


@given(st.text(min_size=1, max_size=500), st.text(max_size=500))
def test_unequal_texts_never_look_equal(one: str, other: str) -> None:
    shown = excerpts(one, other)
    assert (shown[0] == shown[1]) == (one == other)


ABSENT = Absent.ABSENT


def request_of(document: Any) -> Request:
    return Request(
        "POST", "https://h/", (("content-type", "application/json"),), json.dumps(document).encode()
    )


def places(recorded: Any, came: Any, *ignore: str) -> list[tuple[str, Any, Any]]:
    return list(unequal("body", request_of(recorded), request_of(came), parse_ignore(ignore)))


@pytest.mark.parametrize(
    ("recorded", "came", "place"),
    [
        ({"a": 1}, {"a": 2}, ("body.a", 1, 2)),
        ({"a": 1}, {"a": "1"}, ("body.a", 1, "1")),
        ({"a": 1}, {"a": True}, ("body.a", 1, True)),
        ({"a": 0}, {"a": False}, ("body.a", 0, False)),
        ({"a": None}, {}, ("body.a", None, ABSENT)),
        ({}, {"a": None}, ("body.a", ABSENT, None)),
        ({"a": {}}, {"a": []}, ("body.a", {}, [])),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ("body.a[0].b", 1, 2)),
        ({"a": [1]}, {"a": [1, 2]}, ("body.a[1]", ABSENT, 2)),
        ({"a": [1, 2]}, {"a": [1]}, ("body.a[1]", 2, ABSENT)),
        ({"a.b": {"c d": 1}}, {"a.b": {"c d": 2}}, ('body["a.b"]["c d"]', 1, 2)),
        ([1], [2], ("body[0]", 1, 2)),
        (1, 2, ("body", 1, 2)),
    ],
)
def test_the_place_is_a_path(recorded: Any, came: Any, place: tuple[str, Any, Any]) -> None:
    assert places(recorded, came) == [place]


def test_places_come_in_the_order_of_the_recording() -> None:
    found = places({"b": 1, "a": 1, "c": 1}, {"a": 2, "d": 2, "b": 2})
    assert [where for where, _, _ in found] == ["body.b", "body.a", "body.c", "body.d"]


def test_equal_bodies_differ_nowhere() -> None:
    assert places({"a": [1, {"b": float("nan")}]}, {"a": [1.0, {"b": float("nan")}]}) == []


def test_ignored_fields_are_passed_over() -> None:
    assert places({"id": 1, "a": 1}, {"a": 2}, "id") == [("body.a", 1, 2)]


def test_items_beside_an_ignored_one_keep_their_indexes() -> None:
    assert places(["now", "a", "b"], ["then", "a", "c"], "[0]") == [("body[2]", "b", "c")]


def test_an_index_is_that_of_the_request_that_came() -> None:
    assert places(["old", "x", "a"], ["b", "y"], "[-1]") == [
        ("body[0]", "old", "b"),
        ("body[1]", "x", ABSENT),
    ]


def test_bodies_of_two_kinds_differ_as_a_whole() -> None:
    recorded = Request("POST", "https://h/", (), b"some text")
    ((where, old, new),) = unequal("body", recorded, request_of({"a": 1}), parse_ignore([]))
    assert (where, old.kind, new.kind) == ("body", "text", "JSON")


@pytest.mark.parametrize(
    ("recorded", "came", "place"),
    [
        ("?alt=sse", "?alt=json", ("query.alt", "sse", "json")),
        ("?alt=sse", "", ("query.alt", "sse", ABSENT)),
        ("", "?alt=", ("query.alt", ABSENT, "")),
        ("?a=1", "?a=1&a=2", ("query.a", "1", ["1", "2"])),
    ],
)
def test_the_place_in_a_query_is_a_parameter(recorded: str, came: str, place: tuple[str, Any, Any]) -> None:
    one, other = (Request("GET", f"https://h/{query}") for query in (recorded, came))
    assert list(unequal("query", one, other, parse_ignore(["?x"]))) == [place]


def test_the_place_among_headers_is_a_name() -> None:
    one, other = (
        Request("GET", "https://h/", (("Accept", "a"),)),
        Request("GET", "https://h/", (("accept", "b"),)),
    )
    assert list(unequal("headers", one, other, parse_ignore([]))) == [("headers.accept", "a", "b")]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("method", ("method", "GET", "PUT")),
        ("scheme", ("scheme", "https", "http")),
        ("host", ("host", "a", "b")),
        ("port", ("port", 443, 80)),
        ("path", ("path", "/x", "/y")),
        ("raw_body", ("raw_body", b"1", b"2")),
    ],
)
def test_any_other_part_differs_as_a_whole(part: str, place: tuple[str, Any, Any]) -> None:
    one, other = Request("GET", "https://a/x", (), b"1"), Request("PUT", "http://b/y", (), b"2")
    assert list(unequal(part, one, other, parse_ignore([]))) == [place]


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, 1.5, float("nan"), "", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab*."), inner, max_size=3),
    max_leaves=8,
)
IGNORED = st.lists(
    st.sampled_from(["a", "**.b", "a[*]", "[0]", "[-1]", "a[-1].b", "**[1]", '["*"]', "a.*"]), max_size=2
)


@given(VALUES, VALUES, IGNORED)
def test_requests_differ_somewhere_if_and_only_if_their_keys_do(
    one: Any, other: Any, ignore: list[str]
) -> None:
    ignored = parse_ignore(ignore)
    keys = [PARTS["body"](request_of(value), ignored) for value in (one, other)]
    assert (places(one, other, *ignore) == []) == (keys[0] == keys[1])


@given(VALUES, VALUES)
def test_a_place_can_be_ignored_by_its_own_path(one: Any, other: Any) -> None:
    found = [where.removeprefix("body").removeprefix(".") for where, _, _ in places(one, other)]
    if "" not in found:
        assert places(one, other, *found) == []


# Why a cassette grew


def turn_of(text: str, path: str = "chat", **more: Any) -> Interaction:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    headers = (("content-type", "application/json"),)
    request = Request("POST", f"https://api.example.com/{path}", headers, json.dumps(body).encode())
    return Interaction(request, Response(200))


def grown(new: Interaction, *old: Interaction) -> tuple[str, bool]:
    return explain_growth([new], old, Matching(), name="a.yaml")


def test_it_says_by_how_much() -> None:
    old = [turn_of("Hi")]
    message, _ = explain_growth([turn_of("Ho"), turn_of("He")], old, Matching(), name="a.yaml")
    assert message.startswith("a.yaml grew by 2 interactions: record_mode='new_episodes' sends")


@pytest.mark.parametrize(
    ("text", "more", "named", "is_certain"),
    [
        ("It is 2026-11-30.", {}, "freeze_time=True", True),
        ("Call call_AbCdEfGh1234", {}, "before_record_request", True),
        ("Hi", {"user": "2"}, "ignore=['user']", False),
        ("Hi", {"metadata": {"trace": "b"}}, "ignore=['metadata']", False),
    ],
)
def test_a_value_that_changes_makes_it_grow_again(
    text: str, more: dict[str, Any], named: str, is_certain: bool
) -> None:
    old = {"It is 2026-11-30.": "It is 2026-11-29.", "Call call_AbCdEfGh1234": "Call call_Zyxwvuts9876"}
    message, again = grown(turn_of(text, **more), turn_of(old.get(text, text)))
    assert again is is_certain
    assert "grew by 1 interaction, and may with every run" in message
    assert named in message


@pytest.mark.parametrize(
    "new",
    [
        turn_of("Another question"),
        turn_of("Hi", path="other"),
        turn_of("Hi", model="n"),
        turn_of("Hi", tools=[1]),
    ],
)
def test_a_new_request_does_not(new: Interaction) -> None:
    message, again = grown(new, turn_of("Hi"))
    assert not again
    assert "every run" not in message
