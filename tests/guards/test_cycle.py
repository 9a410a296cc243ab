"""Loops that LiteLLM's rule is blind to."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.guards.scripts import JSON, chunk, delivered
from tests.guards.texts import HONEST, LOST, WAIT

from unspool.errors import RepetitionError
from unspool.guards.cycle import CycleGuard
from unspool.guards.thresholds import CHANNELS
from unspool.models import ModelResponseStream

# -- CycleGuard: what is a loop -----------------------------------------------------------------------


EMPTY = ModelResponseStream(id="c-1", **chunk(""))


def cut(text: str, size: int = 4) -> Iterator[ModelResponseStream]:
    """A text in chunks, copied from one since that takes a fraction of the time."""
    (choice,) = EMPTY.choices
    for start in range(0, len(text), size):
        delta = choice.delta.model_copy(update={"content": text[start : start + size]})
        yield EMPTY.model_copy(update={"choices": [choice.model_copy(update={"delta": delta})]})


def loop_in(text: str, size: int = 4, **thresholds: Any) -> RepetitionError | None:
    return delivered(CycleGuard(**thresholds), cut(text, size))[1]


def found(text: str, size: int = 4, **thresholds: Any) -> RepetitionError:
    error = loop_in(text, size, **thresholds)
    assert error is not None
    return error


PANGRAM = "the quick brown fox jumps over a lazy dog while seven grey geese sleep under old pines"
WORDS = PANGRAM.split()


def prose(words: int, seed: int = 7) -> str:
    """Words in an order that doesn't repeat."""
    choose = random.Random(seed)
    return " ".join(choose.choice(WORDS) + choose.choice(["", "", "", ",", "."]) for _ in range(words)) + " "


def period_of(chunks: int) -> list[str]:
    """So many chunks of six letters, all different."""
    return [
        f"w{chr(97 + at % 26)}{chr(97 + at // 26)}{'xyz'[at % 3]}{'uvo'[at % 2]} " for at in range(chunks)
    ]


@pytest.mark.parametrize("period", range(1, 65))
def test_a_loop_of_any_period_is_found(period: int) -> None:
    pieces = period_of(period)
    _, error = delivered(CycleGuard(), [chunk(piece) for piece in pieces * (6400 // period)])
    assert error is not None
    assert (error.period, error.first_chunk) == (period, 0)
    assert sorted(error.repeated) == sorted("".join(pieces))


def test_a_longer_period_than_64_chunks_is_found_where_it_is_asked_for() -> None:
    longer = [chunk(piece * 20) for piece in period_of(65) * 100]

    assert delivered(CycleGuard(), longer)[1] is None
    assert delivered(CycleGuard(max_period=65), longer)[1] is not None


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000])
def test_a_loop_is_found_however_it_is_cut(size: int) -> None:
    assert found("Let me check that again. " * 200, size).repeated == "Let me check that again. "


@pytest.mark.parametrize("length", [40, 125, 400, 2000, 4000])
def test_a_loop_is_found_after_enough_copies_and_characters(length: int) -> None:
    text = prose(2000)[:length] * (100_000 // length)
    passed, error = delivered(CycleGuard(), cut(text))
    assert error is not None
    needed = max(16 * length, 2000)
    assert needed <= 4 * passed + 4 <= needed + 256 + 4


def test_a_loop_may_come_late() -> None:
    intro = prose(3000)
    error = found(intro + "I cannot do that. " * 200)
    assert abs(error.first_chunk - len(intro) // 4) <= 1
    assert error.repeated in "I cannot do that. " * 2


def test_a_loop_may_be_longer_than_a_few_thousand_characters_where_chunks_are_large() -> None:
    assert found(prose(10_000)[:12_000] * 20, 300).period == 40


def test_a_loop_may_have_smaller_repetitions_inside() -> None:
    rows = "| one cell | another cell |\n" * 40
    assert rows in found((rows + "And once more, from the start.\n") * 30).repeated * 2


def test_a_loop_whose_halves_begin_alike_is_found_whole() -> None:
    long = prose(200)
    assert (
        len(found((long + "the first end. " + long + "the second one. ") * 30).repeated) == 2 * len(long) + 31
    )


def test_a_loop_that_counts_is_found() -> None:
    passed, error = delivered(CycleGuard(), cut("".join(f"Step {n}: retry\n" for n in range(12, 999))))
    assert error is not None
    assert error.repeated == "Step 0: retry\n"
    assert error.count >= 100
    assert "but for their numbers" in str(error)
    assert 8_000 < 4 * passed < 12_000


def test_a_loop_that_counts_the_seconds_is_found() -> None:
    assert found("".join(f"00:{n // 60:02d}:{n % 60:02d} still waiting\n" for n in range(500)))


def test_a_counting_loop_is_found_however_it_is_cut() -> None:
    text = "".join(f"Attempt {n} failed, so I try again. " for n in range(500))
    assert {found(text, size).repeated for size in (1, 3, 8, 50)} == {"Attempt 0 failed, so I try again. "}


def test_a_loop_that_changes_words_is_found_on_demand() -> None:
    choose = random.Random(1)
    verbs = [f"{first}{last}" for first in ("check", "read", "see") for last in (" it, or", "", " first")]
    text = "".join(
        f"Wait, let me {choose.choice(verbs)} {choose.choice(WORDS)} my {choose.choice(WORDS)} question. "
        for _ in range(400)
    )
    assert loop_in(text) is None
    error = found(text, similarity=0.5)
    assert "few changes" in str(error)
    assert error.count == 100


def test_endless_padding_is_found_in_the_end() -> None:
    for unit in ("!", "-", " ", "\n", "| --- ", "0, ", "哈"):
        assert 4_000 <= found(unit * 9_000).count * len(unit) <= 4_256


def test_a_guard_that_has_fired_fires_again() -> None:
    guard = CycleGuard()
    chunks = list(cut("I cannot do that. " * 400))
    assert delivered(guard, chunks)[1] is not None
    assert delivered(guard, chunks)[1] is not None


# -- CycleGuard: where the loop is --------------------------------------------------------------------


def test_a_loop_in_the_reasoning_is_found() -> None:
    chunks = [chunk(reasoning_content=piece) for piece in ("Hmm, ", "let me ", "think. ") * 200]
    _, error = delivered(CycleGuard(), chunks)
    assert error is not None
    assert (error.channel, error.period) == ("reasoning", 3)


def call(arguments: str, index: int = 0, **fields: Any) -> JSON:
    return chunk(
        tool_calls=[
            {"index": index, "function": {"arguments": arguments, **fields.pop("function", {})}, **fields}
        ]
    )


def whole_call(at: int, arguments: str, name: str = "get_weather", index: int | None = None) -> JSON:
    return call(arguments, at if index is None else index, id=f"call_{at}", function={"name": name})


def test_a_loop_in_tool_arguments_is_found() -> None:
    chunks = [whole_call(0, '{"query": "'), *[call("and then some more ")] * 300]
    _, error = delivered(CycleGuard(), chunks)
    assert error is not None
    assert (error.channel, error.period, error.first_chunk) == ("tool_calls", 1, 1)


@pytest.mark.parametrize("index", [None, 0])
def test_the_same_tool_call_over_and_over_is_found(index: int | None) -> None:
    chunks = [whole_call(at, '{"city": "Paris"}', index=index) for at in range(40)]
    passed, error = delivered(CycleGuard(), chunks)
    assert error is not None
    assert (error.channel, error.repeated) == ("tool_calls", '\nget_weather {"city": "Paris"}')
    assert 16 <= passed + 1 <= 16 + 256 // 29


def test_the_same_two_tool_calls_in_fragments_over_and_over_are_found() -> None:
    chunks = []
    for at in range(80):
        city = ("Paris", "Rome")[at % 2]
        chunks += [whole_call(at, ""), call('{"city"', at), call(f': "{city}"}}', at)]
    _, error = delivered(CycleGuard(), chunks)
    assert error is not None
    assert error.period == 6


def test_a_tool_call_that_pages_on_and_on_is_found() -> None:
    chunks = [whole_call(at, f'{{"page": {at}}}', "read") for at in range(200)]
    _, error = delivered(CycleGuard(), chunks)
    assert error is not None
    assert error.count >= 100


def test_a_server_that_repeats_the_name_in_each_fragment_makes_one_call() -> None:
    rows = [call(f"[{at * at % 97}, 0],", id="call_0", function={"name": "f"}) for at in range(60)]
    assert delivered(CycleGuard(), rows)[1] is None


def test_many_different_tool_calls_are_no_loop() -> None:
    chunks = [whole_call(at, json.dumps({"city": WORDS[at % 16], "day": at * at % 89})) for at in range(200)]
    assert delivered(CycleGuard(), chunks)[1] is None


def test_custom_tools_and_functions_are_looked_at_too() -> None:
    custom = [chunk(tool_calls=[{"index": 0, "custom": {"input": "go on and on, "}}])] * 300
    function = [chunk(function_call={"arguments": "go on and on, "})] * 300
    assert delivered(CycleGuard(), custom)[1] is not None
    assert delivered(CycleGuard(), function)[1] is not None


def test_each_choice_has_its_own_text() -> None:
    turns = [chunk(piece, index) for piece in cut_text("I cannot do that. " * 300) for index in (0, 1)]
    _, error = delivered(CycleGuard(), turns)
    assert error is not None
    assert error.repeated in "I cannot do that. " * 2


def cut_text(text: str) -> list[str]:
    return [text[start : start + 5] for start in range(0, len(text), 5)]


def test_only_the_channels_asked_for_are_looked_at() -> None:
    chunks = cut("I cannot do that. " * 400)
    assert delivered(CycleGuard(channels=["reasoning", "tool_calls"]), chunks)[1] is None


def test_the_error_says_where_the_loop_is() -> None:
    error = found("I cannot do that. " * 200, 6)
    assert (error.repeated, error.period, error.count) == ("I cannot do that. ", 3, 114)
    assert str(error).startswith(
        "unspool.RepetitionError: The model is repeating the same 18 characters = I cannot do that. ."
        " They came 114 times in a row, since chunk 0, 3 chunk(s) each time, in the channel 'content'."
    )


# -- CycleGuard: what is no loop ----------------------------------------------------------------------

GOOD = {
    "prose": prose(5_000),
    "a ruler": "# Title\n" + "=" * 200 + "\n\n" + "-" * 300,
    "a padded table": "".join(f"| {w:<60} | {w[::-1]:<60} |\n" for w in WORDS * 4),
    "a wide table's rule": "| --- " * 60 + "|\n" + "| :---: " * 60 + "|\n",
    "an empty form": "| Name | Date | Sign |\n| --- | --- | --- |\n" + "|      |      |      |\n" * 60,
    "blank lines": "\n\n\n\n\n".join(prose(20, seed) for seed in range(50)),
    "indented code": "".join(
        f"        if x[{n * n % 23}] == {n * 7 % 31}:\n            return self.{WORDS[n % 16]}\n"
        for n in range(200)
    ),
    "closing braces": "}\n" * 40 + "</div>\n" * 60,
    "numbers": json.dumps([random.Random(n).randrange(1000) for n in range(3_000)]),
    "decimals": json.dumps([random.Random(n).random() for n in range(1_000)]),
    "zeros": json.dumps([0] * 784),
    "flags": json.dumps([False] * 256),
    "points": json.dumps([{"x": n * n % 101, "y": n * 37 % 89} for n in range(400)]),
    "records": json.dumps([{"id": n, "name": WORDS[n * n % 17 % 16], "ok": n % 3 == 0} for n in range(400)]),
    "rows": "".join(f"2024-01-{n % 28 + 1:02d},{n * n % 997 / 10},Berlin\n" for n in range(400)),
    "constant columns": "".join(f"{n},{n * n % 1009},Berlin,open,EUR\n" for n in range(400)),
    "a numbered list": "".join(f"- item {n}\n" for n in range(1, 90)),
    "counting to a thousand": ", ".join(map(str, range(1, 1001))),
    "a refrain": "".join(
        prose(30, seed) + "\nAnd so say all of us, and so say all of us.\n" for seed in range(60)
    ),
    "a dozen equal cards": '<div class="card"><h2>Title</h2><p>Lorem ipsum dolor sit amet.</p></div>\n' * 15,
    "base64 of nothing": "A" * 3_000,
    "digits": "".join(str(random.Random(n).randrange(10)) for n in range(5_000)),
    "Chinese": "".join(
        random.Random(n).choice("今天天气很好我们去公园散步吧然后回家吃饭") for n in range(4_000)
    ),
}


@pytest.mark.parametrize("size", [4, 37])
@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_good_answer_is_no_loop(text: str, size: int) -> None:
    assert loop_in(text, size) is None


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_good_answer_is_no_loop_to_a_tolerant_guard(text: str) -> None:
    assert loop_in(text, 37, similarity=0.9) is None


@pytest.mark.parametrize("size", [3, 40])
@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_an_honest_text_is_no_loop(text: str, size: int) -> None:
    assert loop_in(text, size) is None


@pytest.mark.parametrize("size", [3, 40])
@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
def test_a_model_that_has_lost_its_way_is_stopped(text: str, size: int) -> None:
    assert found(text, size).count > 1


def test_a_loop_without_a_period_says_what_it_is_made_of() -> None:
    error = found(LOST["two sentences in changing order"])
    assert "2 different ones, in changing order" in str(error)
    assert (error.repeated in WAIT[:2], error.channel) == (True, "content")


def test_refusals_and_thinking_blocks_are_looked_at() -> None:
    refusal = [chunk(refusal="I can't help you with that. ")] * 200
    block = [{"type": "thinking", "thinking": "Let me think about that again. "}]
    for chunks, channel in ((refusal, "content"), ([chunk(thinking_blocks=block)] * 200, "reasoning")):
        _, error = delivered(CycleGuard(), chunks)
        assert error is not None
        assert error.channel == channel


def test_thinking_that_comes_twice_in_a_chunk_counts_once() -> None:
    block = [{"type": "thinking", "thinking": "again and again, "}]
    both = [chunk(thinking_blocks=block, reasoning_content="again and again, ")] * 10
    assert delivered(CycleGuard(min_chars=300, min_repeats=2), both)[1] is None


def test_a_fresh_guard_has_seen_nothing_and_keeps_its_thresholds() -> None:
    guard = CycleGuard(min_repeats=3, min_chars=100, channels=["reasoning"])
    chunks = [chunk(reasoning_content="Let me think. ")] * 30
    assert delivered(guard, chunks)[1] is not None
    passed, error = delivered(guard.fresh(), chunks)
    assert error is not None
    assert passed > 10
    assert delivered(guard.fresh(), cut("I cannot do that. " * 400))[1] is None


# -- CycleGuard: its arguments ------------------------------------------------------------------------


def test_thresholds_can_be_lowered() -> None:
    assert found("I cannot do that. " * 20, min_repeats=3, min_chars=100).count <= 20
    assert found("-" * 600, padding_chars=300).count <= 600
    assert found("".join(f"Step {n}: retry\n" for n in range(60)), near_repeats=10, min_chars=100).count <= 60


def test_every_channel_is_looked_at_by_default() -> None:
    assert CHANNELS == ("content", "reasoning", "tool_calls")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_period": 0}, "expected max_period >= 1, got 0"),
        ({"max_period": None}, "expected max_period to be a whole number, got None"),
        ({"min_repeats": "5"}, "expected min_repeats to be a whole number, got '5'"),
        ({"near_repeats": 5.0}, "expected near_repeats to be a whole number, got 5.0"),
        ({"similarity": None}, "expected 0 < similarity <= 1, got None"),
        ({"min_chars": 0}, "expected min_chars >= 1"),
        ({"padding_chars": -1}, "expected padding_chars >= 1"),
        ({"min_repeats": 1}, "expected min_repeats >= 2, got 1: one copy is no loop"),
        ({"near_repeats": 1}, "expected near_repeats >= 2"),
        ({"similarity": 0}, "expected 0 < similarity <= 1"),
        ({"similarity": 1.1}, "expected 0 < similarity <= 1"),
        ({"channels": ["text"]}, "unknown channels"),
    ],
)
def test_impossible_arguments_are_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CycleGuard(**wrong)
