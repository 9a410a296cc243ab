from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from unspool.cassette.model import Interaction
from unspool.cassette.store import load
from unspool.faults import CutEvents, ErrorEvent, NoFinish
from unspool.reading.compare import Pair, pairs, shape
from unspool.samples import sample_path


def sample(name: str) -> Interaction:
    return load(sample_path(name)).interactions[0]


TEXT, TOOLS = sample("openai/text"), sample("openai/parallel-tools")


def pair(before: Interaction, after: Interaction) -> Pair:
    (only,) = pairs([before], [after])
    return only


def found(before: Interaction, after: Interaction) -> dict[str, tuple[str, str]]:
    return {one.what: (one.before, one.after) for one in pair(before, after).differences}


def asking(interaction: Interaction, change: Callable[[dict[str, Any]], None]) -> Interaction:
    body = json.loads(interaction.request.body)
    change(body)
    return replace(interaction, request=replace(interaction.request, body=json.dumps(body).encode()))


def saying(interaction: Interaction, old: bytes, new: bytes) -> Interaction:
    assert old in interaction.response.body
    body = interaction.response.body.replace(old, new)
    return replace(interaction, response=replace(interaction.response, body=body))


def test_a_recording_is_the_same_as_itself() -> None:
    assert pair(TEXT, TEXT).differences == ()
    assert pair(TEXT, TEXT).rules == ()


def test_a_date_in_the_request_does_not_count_and_the_rule_is_named() -> None:
    def on(day: str) -> Interaction:
        return asking(TEXT, lambda body: body["messages"].append({"role": "user", "content": f"It's {day}."}))

    compared = pair(on("2026-11-01"), on("2026-12-01"))

    assert compared.differences == ()
    assert compared.rules == ("dates",)


def test_a_request_that_asks_something_else_differs_in_shape() -> None:
    other = asking(TEXT, lambda body: body.update(temperature=0.5))

    (one,) = pair(TEXT, other).differences
    assert (one.what, one.kind) == ("request", "shape")
    assert "temperature" in one.after


def test_other_words_are_words() -> None:
    other = saying(TEXT, b"well", b"fine")

    (one,) = pair(
        TEXT, replace(other, response=replace(other.response, timeline=TEXT.response.timeline))
    ).differences
    assert (one.what, one.kind) == ("text", "words")
    assert one.after.startswith("1 word changed: ")


def test_the_ids_of_calls_do_not_count() -> None:
    assert pair(TOOLS, saying(TOOLS, b"call_unspool_weather", b"call_unspool_another")).differences == ()


def test_other_arguments_count() -> None:
    assert "calls" in found(TOOLS, saying(TOOLS, b"Paris", b"Prague"))


def test_a_missing_finish_reason_and_other_events_are_shape() -> None:
    differences = pair(TEXT, NoFinish().apply(TEXT)).differences

    assert {(one.what, one.kind) for one in differences} >= {("finish", "shape"), ("events", "shape")}


def test_an_error_counts() -> None:
    assert found(TEXT, ErrorEvent(after=3).apply(TEXT))["error"][0] == "none"


def test_a_little_more_time_does_not_count_and_much_more_is_time() -> None:
    def slower(factor: float) -> Interaction:
        timeline = TEXT.response.timeline
        assert timeline is not None
        chunks = tuple(replaced._replace(at=replaced.at * factor) for replaced in timeline.chunks)
        changed = replace(timeline, chunks=chunks, ended_at=(timeline.ended_at or 0) * factor)
        return replace(TEXT, response=replace(TEXT.response, timeline=changed))

    assert not pair(TEXT, slower(1.1)).differences
    kinds = {one.kind for one in pair(TEXT, slower(3.0)).differences}
    assert kinds == {"time"}


def test_recordings_are_paired_by_their_requests_whatever_their_order() -> None:
    compared = pairs([TEXT, TOOLS], [TOOLS, TEXT])

    assert [(one.before and one.before.index, one.after and one.after.index) for one in compared] == [
        (0, 1),
        (1, 0),
    ]
    assert all(not one.differences for one in compared)


def test_one_without_a_counterpart_stands_alone_and_differs_in_shape() -> None:
    first, second = pairs([TEXT, sample("anthropic/thinking")], [TEXT])

    assert not first.differs("shape")
    assert second.after is None
    assert second.differs("shape")
    (_, new) = pairs([TEXT], [TEXT, sample("anthropic/thinking")])
    assert new.before is None


def test_a_shape_is_the_kinds_of_events_in_order() -> None:
    assert shape(TEXT)[-2:] == ("finish", "[DONE]")
    assert shape(sample("anthropic/thinking"))[0] == "message_start"


def test_a_cut_stream_has_a_shorter_shape() -> None:
    assert len(shape(CutEvents(3).apply(TEXT))) < len(shape(TEXT))
