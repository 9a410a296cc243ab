"""What all faults have in common."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults import answers
from tests.faults.consuming import aconsume, consume
from tests.faults.every import ENDLESS, EVERY_FAULT
from tests.faults.reading import ending, pieces, times

import unspool
from unspool import faults
from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import *  # noqa: F403 - so that a repr can be evaluated
from unspool.faults import Break, Cut, Drop, Fault, Jitter, NoFault, Rechunk, Refuse
from unspool.faults.parts import Head, Piece, Sent, Stop, parts_of
from unspool.models import ModelResponseStream
from unspool.providers import pipeline_for

FAULTS = pytest.mark.parametrize("fault", EVERY_FAULT, ids=repr)


def applied(fault: Fault, recorded: Interaction) -> Interaction | str:
    """The broken interaction, or why it couldn't be broken."""
    try:
        return fault.apply(recorded)
    except FaultError as error:
        return str(error)


@FAULTS
def test_a_repr_is_the_code_that_makes_it(fault: Fault) -> None:
    assert eval(repr(fault)) == fault


def test_a_repr_says_what_is_not_usual() -> None:
    assert repr(Break()) == "Break()"
    assert repr(Cut(3) | Jitter(seed=7)) == "Cut(after=3) | Jitter(seed=7)"
    assert repr((Cut(3) | Drop(1)).on(1, 2)) == "(Cut(after=3) | Drop(after=1)).on(1, 2)"


@FAULTS
def test_it_breaks_equal_answers_equally(fault: Fault) -> None:
    for name, recorded in answers.ALL.items():
        assert applied(fault, recorded) == applied(fault, recorded), name


@FAULTS
def test_moments_never_go_back(fault: Fault) -> None:
    for name, recorded in answers.ALL.items():
        broken = applied(fault, recorded)
        if isinstance(broken, Interaction):
            moments = [*times(broken), ending(broken)[2]]
            assert moments == sorted(moments), name


@FAULTS
def test_the_recording_itself_stays_as_it_was(fault: Fault) -> None:
    for name, recorded in answers.ALL.items():
        before = repr(recorded)
        applied(fault, recorded)
        assert repr(recorded) == before, name


@FAULTS
def test_it_fits_some_answer(fault: Fault) -> None:
    assert any(
        isinstance(applied(fault, recorded), Interaction)
        for recorded in (*answers.ALL.values(), *answers.TOOL_EVENTS.values())
    )


def test_there_is_one_of_every_kind() -> None:
    public = [getattr(faults, name) for name in faults.__all__]
    kinds = {value for value in public if inspect.isclass(value) and issubclass(value, Fault)}

    assert kinds - {type(fault) for fault in EVERY_FAULT} == {Fault, faults.Scenario}


# Our own client under each of them

CONSUMED = [
    pytest.param(
        fault,
        recorded,
        id=f"{fault!r}-{name}",
        marks=[
            # As in test_catalogue: httpx leaves generators behind where a body can't be decompressed.
            pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
        ]
        if isinstance(fault, faults.BadGzip)
        else [],
    )
    for fault in EVERY_FAULT
    for name, recorded in (
        ("text", answers.OPENAI),
        ("tools", answers.TOOLS),
        ("anthropic", answers.ANTHROPIC),
    )
    if isinstance(applied(fault, recorded), Interaction)
]


@pytest.mark.anyio
@pytest.mark.parametrize(("fault", "recorded"), CONSUMED)
async def test_our_client_ends_properly_sync_and_async(fault: Fault, recorded: Interaction) -> None:
    outcome = consume(recorded, fault)

    assert not outcome.error or issubclass(getattr(unspool, outcome.error), unspool.ProviderError)
    assert outcome.seconds < 200
    assert await aconsume(recorded, fault) == outcome


@pytest.mark.parametrize(("fault", "recorded"), CONSUMED)
def test_our_wrapper_reads_the_broken_bytes(fault: Fault, recorded: Interaction) -> None:
    broken = fault.apply(recorded)
    wire_format = "anthropic-messages" if recorded is answers.ANTHROPIC else "openai-chat"

    def chunks() -> Iterator[ModelResponseStream]:
        pipeline = pipeline_for(wire_format)
        for data in pieces(broken):
            yield from pipeline.feed(data)
        yield from pipeline.flush()

    stream = unspool.CustomStreamWrapper(chunks(), model="m", custom_llm_provider="openai")
    try:
        seen = list(stream)
    except unspool.ProviderError:
        assert list(stream) == []
    else:
        assert [bool(choice.finish_reason) for chunk in seen for choice in chunk.choices].count(True) == 1


# Composing


def test_the_second_sees_what_the_first_leaves() -> None:
    broken = (Cut(20) | Rechunk(8)).apply(answers.OPENAI)

    assert [len(data) for data in pieces(broken)] == [8, 8, 4]


def test_nothing_comes_after_an_end() -> None:
    stage = Break(1).stage()
    parts = [part for fed in parts_of(answers.OPENAI) for part in stage.feed(fed)]

    assert [type(part) for part in parts] == [Sent, Head, Piece, Stop]
    assert list(stage.flush()) == []


def test_a_second_fault_that_finds_nothing_says_so() -> None:
    with pytest.raises(FaultError, match=r"^Drop\(after=9\) needs 10 events in the answer, which has 2;"):
        (faults.CutEvents(2) | Drop(9)).apply(answers.OPENAI)


def test_one_attempt_is_hit_and_the_others_are_left_alone() -> None:
    fault = Break(1).on(2)

    assert fault.apply(answers.OPENAI, attempt=1) is answers.OPENAI
    assert ending(fault.apply(answers.OPENAI, attempt=2))[0] == "reset"
    assert fault.apply(answers.OPENAI, attempt=3) is answers.OPENAI


def test_each_attempt_may_have_a_fault_of_its_own() -> None:
    fault = Refuse().on(1) | Break(1).on(2)

    assert [ending(fault.apply(answers.OPENAI, attempt=n))[1] for n in (1, 2, 3)] == [
        "ConnectError",
        "ReadError",
        None,
    ]


def test_no_fault_leaves_everything_as_it_is() -> None:
    assert NoFault().apply(answers.OPENAI) is answers.OPENAI


def test_an_endless_fault_is_not_for_recordings() -> None:
    with pytest.raises(FaultError, match="never ends: break it behind a FaultTransport, or in a script"):
        ENDLESS.apply(answers.OPENAI)


@pytest.mark.parametrize("fault", [ENDLESS.on(1), ENDLESS | Jitter(), NoFault() | ENDLESS], ids=repr)
def test_neither_is_what_is_made_of_one(fault: Fault) -> None:
    with pytest.raises(FaultError, match="never ends"):
        fault.apply(answers.OPENAI)


def test_an_endless_fault_may_be_cut_off() -> None:
    broken = (ENDLESS | Break(50)).apply(answers.OPENAI)

    assert len(pieces(broken)) == 50
    assert ending(broken)[1] == "ReadError"


def test_one_for_another_attempt_ends() -> None:
    assert ENDLESS.on(2).apply(answers.OPENAI, attempt=1) is answers.OPENAI


def test_the_repr_of_an_endless_fault_needs_no_import() -> None:
    assert eval(repr(ENDLESS), vars(faults).copy()) == ENDLESS


# Settings


@pytest.mark.parametrize(
    "code",
    [
        "Break().on()",
        "Break() | 3",
        "Break() | Drop",
        "Break().on('1')",
        "Break().on(0)",
        "Break().on(1.5)",
        "Answer(200, 'text')",
        "Answer(headers={'retry-after': '7'})",
        "Break(-1)",
        "Break(True)",
        "Break(0, 'KeyError')",
        "CallsWithout('name')",
        "Cut(-1)",
        "Cut(1, 'gone')",
        "ErrorEvent(provider='nobody')",
        "Jitter(-0.1)",
        "LineEnds('x')",
        "Loop(period=0)",
        "Loop(times=0)",
        "Loop(times=2.5)",
        "Merge(0)",
        "Rechunk(0)",
        "Rechunk(2.5)",
        "Scenario(1, 'story', 'link', Break())",
        "Shred(most=0)",
        "Split('words')",
        "SplitArguments(0)",
        "SlowStart(1.0, headers=1)",
        "Stall('3')",
        "Stall(seconds=float('inf'))",
        "Stall(seconds=float('nan'))",
        "Status('429')",
        "Status(429, headers={'retry-after': '7'})",
        "Status(429, retry_after='7')",
        "Status(500, 'nobody')",
        "UsageOn('moon')",
    ],
)
def test_impossible_settings_are_refused_at_once(code: str) -> None:
    with pytest.raises(FaultError, match=r"^expected "):
        eval(code)


def test_the_error_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(FaultError, match=r"^expected size to be a whole number of at least 0, got 2\.5$"):
        Rechunk(2.5)


def test_the_error_says_how_a_dict_of_headers_is_written() -> None:
    with pytest.raises(FaultError, match=r"write tuple\(headers\.items\(\)\)"):
        faults.Status(429, headers={"retry-after": "7"})


def test_a_class_in_the_place_of_a_fault_is_told_apart() -> None:
    with pytest.raises(FaultError, match=r"write Drop\(…\)$"):
        Break() | Drop


def test_a_fault_of_the_user_s_own_may_have_any_setting() -> None:
    @dataclass(frozen=True, repr=False)
    class Own(Fault):
        names: dict[str, list[int]]
        limit: complex = 1j

    assert Own({"a": [1]}).limit == 1j


@given(seed=st.integers(0, 2**32))
def test_a_seed_always_gives_the_same(seed: int) -> None:
    fault = faults.Shred(seed) | Jitter(1.0, seed) | faults.Corrupt(20, seed)

    assert fault.apply(answers.OPENAI) == eval(repr(fault)).apply(answers.OPENAI)


def test_seeds_differ() -> None:
    assert faults.Shred(1).apply(answers.OPENAI) != faults.Shred(2).apply(answers.OPENAI)
    assert Jitter(seed=1).apply(answers.OPENAI) != Jitter(seed=2).apply(answers.OPENAI)


def test_every_public_name_is_there() -> None:
    assert [name for name in faults.__all__ if not hasattr(unspool.faults, name)] == []


def test_public_names_are_sorted() -> None:
    assert faults.__all__ == sorted(
        faults.__all__, key=lambda name: (not name.isupper(), name.islower(), name)
    )


def test_a_name_comes_from_where_the_type_checker_thinks() -> None:
    source = ast.parse(Path(faults.__file__).read_text("utf-8"))
    block = next(node for node in source.body if isinstance(node, ast.If))
    homes = {
        alias.name: node.module.removeprefix("unspool.faults.") for node in block.body for alias in node.names
    }

    assert homes == faults._HOMES
    assert homes.keys() == set(faults.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'unspool\.faults' has no attribute 'nope'"):
        _ = faults.nope


def test_public_names_are_listed() -> None:
    assert set(faults.__all__) <= set(dir(faults))
