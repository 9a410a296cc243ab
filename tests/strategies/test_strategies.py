"""The Hypothesis strategies: what they give, and what a failure is shrunk to."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import unspool
from unspool import faults, strategies
from unspool.cassette.model import Interaction
from unspool.errors import FaultError, MockError
from unspool.strategies import recording
from unspool.strategies.faults import KINDS

FORMATS = ("openai-chat", "anthropic-messages", "gemini-generate")


def read(script: Any, provider: str = "openai") -> unspool.ModelResponse:
    source = unspool.FakeStream(script, provider=provider)
    response = unspool.stream_chunk_builder(list(unspool.CustomStreamWrapper(source, model="m", strict=True)))
    assert response is not None
    return response


@given(strategies.answers())
def test_an_answer_is_whole(chunks: list[dict[str, Any]]) -> None:
    message = read(chunks).choices[0].message
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert (message.content or "") == "".join(delta.get("content", "") for delta in deltas)


@given(st.data(), st.sampled_from(FORMATS))
def test_every_format_says_the_same(data: st.DataObject, wire_format: str) -> None:
    pieces = data.draw(strategies.byte_streams(wire_format))
    assert read(pieces, wire_format).choices[0].finish_reason in {"stop", "length", "tool_calls"}


@given(strategies.chunk_lists())
def test_the_wrapper_takes_any_list(chunks: list[dict[str, Any]]) -> None:
    source = unspool.FakeStream(chunks)
    stream = unspool.CustomStreamWrapper(source, model="m", repeated_chunk_limit=1_000, strict=False)
    assert unspool.stream_chunk_builder(list(stream)) is not None


@given(st.binary(max_size=40).flatmap(lambda data: st.tuples(st.just(data), strategies.pieces(data))))
def test_pieces_add_up(given: tuple[bytes, list[bytes]]) -> None:
    data, pieces = given
    assert b"".join(pieces) == data


@given(strategies.recordings(), strategies.faults())
def test_a_fault_breaks_a_recording_or_says_why_not(recorded: Interaction, fault: faults.Fault) -> None:
    try:
        fault.apply(recorded)
    except FaultError as error:
        assert "in the answer" in str(error)  # noqa: PT017 - most have a place


@given(strategies.faults())
def test_a_fault_prints_as_its_code(fault: faults.Fault) -> None:
    assert eval(repr(fault), vars(faults) | {"__builtins__": {}} | names_of_faults()) == fault


def test_every_fault_is_drawn() -> None:
    single = {
        kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, faults.Fault)
    }
    assert set(KINDS) == single - {faults.Fault, faults.Scenario}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_drawn_for_a_fault_makes_one(kind: type[faults.Fault]) -> None:
    @settings(database=None, max_examples=10, derandomize=True)
    @given(KINDS[kind])
    def test_it(given: dict[str, Any]) -> None:
        kind(**given)

    test_it()


def names_of_faults() -> dict[str, Any]:
    return {name: getattr(faults, name) for name in faults.__all__}


def test_another_format_is_refused() -> None:
    with pytest.raises(MockError, match=r"openai-chat, anthropic-messages, gemini-generate, got 'morse'"):
        find(strategies.byte_streams("morse"), lambda _: True)


# What a failure is shrunk to


def smallest(strategy: Any, fails: Any) -> Any:
    return find(strategy, fails, settings=settings(database=None, max_examples=2_000, derandomize=True))


def test_a_reader_of_the_first_choice_meets_a_chunk_without_any() -> None:
    assert smallest(strategies.chunk_lists(), lambda chunks: any(not one["choices"] for one in chunks)) == [
        {"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}
    ]


def test_two_calls_are_the_fewest_that_can_be_mixed_up() -> None:
    def mixes(chunks: list[dict[str, Any]]) -> bool:
        return len(read(chunks).choices[0].message.tool_calls or ()) > 1

    found = smallest(strategies.answers(), mixes)
    calls = [
        call for chunk in found for one in chunk["choices"] for call in one["delta"].get("tool_calls", ())
    ]
    assert [call["index"] for call in calls if "id" in call] == [0, 1]
    assert len(found) <= 5


def test_one_cut_is_the_fewest_that_tears_an_event() -> None:
    found = smallest(strategies.byte_streams(), lambda pieces: len(pieces) > 1)
    assert len(found) == 2


def test_a_simple_fault_is_found_for_a_stream_that_is_cut_off() -> None:
    def cuts(fault: faults.Fault) -> bool:
        try:
            broken = fault.apply(recording([b'data: {"a":1}\n\n', b"data: [DONE]\n\n"]))
        except FaultError:
            return False
        return b"[DONE]" not in broken.response.body

    assert repr(smallest(strategies.faults(), cuts)) == "CutEvents(after=0)"


@pytest.mark.parametrize("strategy", [strategies.chunk_lists(), strategies.recordings()])
def test_a_failure_prints_code_that_can_be_pasted(strategy: Any) -> None:
    @settings(database=None, phases=[Phase.generate, Phase.shrink], derandomize=True, print_blob=False)
    @given(strategy)
    def test_it(found: Any) -> None:
        shown.append(found)
        raise ZeroDivisionError

    shown: list[Any] = []
    with pytest.raises(ZeroDivisionError) as caught:
        test_it()
    code = re.search(r"test_it\(.*\)", "\n".join(caught.value.__notes__), re.DOTALL)
    assert code is not None
    assert eval(code[0], {"recording": recording, "test_it": lambda found: found}) == shown[-1]


# Without Hypothesis


def test_without_hypothesis_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['hypothesis'] = None; import unspool; import unspool.strategies"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'needs Hypothesis, which isn\'t installed: pip install "unspool[hypothesis]"' in done.stderr


def test_unspool_itself_does_not_import_it() -> None:
    code = "import sys, unspool, pytest_unspool.plugin; print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_names_are_listed() -> None:
    assert sorted(strategies.__all__) == strategies.__all__
