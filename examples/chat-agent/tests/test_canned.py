"""What models seldom do, scripted: no cassette is needed."""

from __future__ import annotations

import pytest
from chat import chat
from chat_agent import answer

import unspool

WEATHER = unspool.tool_call_chunks("get_weather", '{"city": "Paris"}', size=3)


@pytest.mark.parametrize("implementation", ["unspool", "litellm"])
def test_a_call_comes_in_pieces(canned, stream_wrapper, implementation):
    turns = [WEATHER, "18 degrees."]
    ask = canned(*(stream_wrapper(turn, implementation=implementation) for turn in turns))
    assert chat(ask, "The weather in Paris?") == "18 degrees."


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("get_weather", '{"city": "Atlantis"}', "KeyError('Atlantis')"),
        ("get_weather", '{"city": "Par', "JSONDecodeError"),
        ("get_weather", '{"town": "Paris"}', "TypeError"),
        ("get_rich", "{}", "KeyError('get_rich')"),
    ],
)
def test_the_model_is_told_what_is_wrong_with_its_call(canned, stream_wrapper, name, arguments, told):
    conversation = []
    ask = canned(
        stream_wrapper(unspool.tool_call_chunks(name, arguments)),
        stream_wrapper("I'm sorry, I don't know."),
    )
    assert chat(ask, "The weather in Atlantis?", conversation) == "I'm sorry, I don't know."
    assert told in conversation[2]["content"]


def test_a_model_that_always_calls_is_left_in_the_end(canned, stream_wrapper):
    ask = canned(*(stream_wrapper(WEATHER) for _ in range(6)))
    assert chat(ask, "The weather in Paris?") == "[I have no answer after 5 turns.]"


def test_an_answer_is_handed_on_as_it_comes(canned, stream_wrapper):
    stream = stream_wrapper(["It ", "rains."])
    pieces = answer(canned(stream), [{"role": "user", "content": "The weather in Oslo?"}])
    assert next(pieces) == "It "
    assert stream.pulled == 1
    pieces.close()
    assert stream.source.closed
