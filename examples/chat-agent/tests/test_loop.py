"""A bug and its end: a model that went round in circles was read, and paid for, until it was switched off.

`agent_before.py` is the agent of that time.
"""

from __future__ import annotations

import agent_before
import litellm
import pytest
from chat import chat
from chat_agent.backends import parts_of_chunks
from inline_snapshot import snapshot

CIRCLE = ["Hm. ", "Ah. "]
IMPLEMENTATIONS = pytest.mark.parametrize("implementation", ["unspool", "litellm"])


@IMPLEMENTATIONS
def test_the_agent_of_then_reads_all_that_comes(looping_stream, implementation):
    loop = looping_stream(CIRCLE, repeat=1000, implementation=implementation)  # for ever, but for this test
    question = {"role": "user", "content": "The weather in Paris?"}
    said = "".join(agent_before.answer(lambda _conversation: parts_of_chunks(loop), [question]))
    assert said == "Hm. Ah. " * 1000
    with pytest.raises(AssertionError, match="stopped after 2000 chunks"):
        loop.assert_stopped(within_chunks=20)


@IMPLEMENTATIONS
def test_the_agent_of_now_stops_it(looping_stream, canned, rebuilt, implementation):
    loop = looping_stream(CIRCLE, implementation=implementation)  # for ever
    said = chat(canned(loop), "The weather in Paris?")
    assert said.endswith(" [The model repeated itself, so I stopped it. Please ask in other words.]")
    loop.assert_stopped(within_chunks=20)
    assert rebuilt(loop.delivered)["choices"][0]["message"] == snapshot(
        {
            "content": "Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. Hm. Ah. ",
            "role": "assistant",
        }
    )


def test_a_call_without_end_is_stopped_too(looping_stream, canned):
    loop = looping_stream.tool_call("get_weather", '{"city": "', "Paris, ")
    conversation = []
    assert chat(canned(loop), "The weather in Paris?", conversation).startswith("[The model repeated itself")
    loop.assert_stopped(within_chunks=15)
    assert len(conversation) == 1  # half a call isn't kept


def test_what_litellm_itself_notices_is_told_to_the_user(looping_stream, canned, rebuilt):
    """It looks for single chunks that repeat: for a hundred of them, unless a limit says otherwise."""
    loop = looping_stream("How are you? ", limit=4, implementation="litellm")
    said = chat(canned(loop), "Hello!")
    assert said.endswith(" [The model has failed. Please ask again.]")
    loop.assert_stopped(within_chunks=5, error=litellm.InternalServerError)
    assert rebuilt(loop)["choices"][0]["message"] == snapshot(
        {"content": "How are you? How are you? How are you? How are you? ", "role": "assistant"}
    )


def test_a_list_is_no_loop(canned, stream_wrapper):
    lines = [f"- item {n}\n" for n in range(50)]
    assert chat(canned(stream_wrapper(lines)), "Make a list.") == "".join(lines)
