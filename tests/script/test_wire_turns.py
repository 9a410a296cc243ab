"""A turn on the wire: when its pieces arrive, without an end, and for other models on Bedrock."""

from __future__ import annotations

import json
from itertools import islice, pairwise
from typing import Any

import openai
import pytest
from tests.script.asking import BEDROCK, ME, ask

from unspool.cassette.model import Request
from unspool.faults import Loop
from unspool.providers import pipeline_for
from unspool.script import FOREVER, Script, call, pace, text, turn, use_script


def moments(script: Script) -> list[float]:
    timeline = ask(script, "openai").response.timeline
    assert timeline is not None
    return [chunk.at for chunk in timeline.chunks]


def test_a_pace_is_the_time_to_the_first_piece_and_between_them() -> None:
    found = moments(Script(turn("one two three", pace=pace(first=2, between=0.5))))

    assert found[:3] == [2.0, 2.5, 3.0]
    assert found[-1] == 2.0 + 0.5 * (len(found) - 1)


def test_a_turn_s_pace_goes_before_the_script_s() -> None:
    assert moments(Script(turn("one", pace=1), "two", pace=3))[1] == 1.0
    assert moments(Script("one", pace=3))[1] == 3.0


def test_jitter_is_the_same_for_a_seed_and_within_its_bounds() -> None:
    def gaps(seed: int) -> list[float]:
        at = moments(Script(turn("a b c d e f", pace=pace(between=1, jitter=0.5, seed=seed))))
        return [round(after - before, 4) for before, after in pairwise(at)]

    assert gaps(1) == gaps(1) != gaps(2)
    assert len(set(gaps(1))) > 1
    assert all(0.5 <= gap <= 1.5 for gap in gaps(1))


def streamed(**options: Any) -> Any:
    client = openai.OpenAI(api_key="none", **options)
    messages: Any = [{"role": "user", "content": "Weather?"}]
    return client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)


def test_a_pace_is_the_client_s_time() -> None:
    """Its read timeout fires between pieces that come too late, and nobody waits for it."""
    with use_script("Rain in Oslo.", pace=pace(between=30)):
        assert len(list(streamed(timeout=60))) > 3
    with use_script("Rain in Oslo.", pace=pace(between=90)), pytest.raises(openai.APITimeoutError):
        list(streamed(timeout=60, max_retries=0))


def test_a_loop_without_an_end_reaches_a_client() -> None:
    with use_script(text("Again and again.") | Loop(times=FOREVER)):
        stream = streamed()
        assert len(list(islice(stream, 3000))) == 3000
        stream.close()


INVOKED: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("meta.llama3-70b-instruct-v1:0", {"prompt": "Weather?", "max_gen_len": 99}),
    "titan": ("amazon.titan-text-express-v1", {"inputText": "Weather?"}),
    "mistral": ("mistral.mistral-large-2407-v1:0", {"messages": [{"role": "user", "content": "Weather?"}]}),
}


@pytest.mark.parametrize("name", INVOKED)
def test_bedrock_s_other_models_stream_their_own_events(name: str) -> None:
    model, body = INVOKED[name]
    url = f"{BEDROCK}/{model}/invoke-with-response-stream"
    request = Request("POST", url, (("content-type", "application/json"),), json.dumps(body).encode())
    made = Script("Rain ☔ in Oslo.").answer(request, ME).interaction

    pipeline = pipeline_for("bedrock-invoke")
    chunks = [*pipeline.feed(made.response.body), *pipeline.flush()]

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Rain ☔ in Oslo."
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("name", ["llama", "titan"])
def test_a_model_without_tools_can_t_call_one(name: str) -> None:
    model, body = INVOKED[name]
    url = f"{BEDROCK}/{model}/invoke"
    request = Request("POST", url, (("content-type", "application/json"),), json.dumps(body).encode())
    with pytest.raises(Exception, match=r"(?i)call|tool"):
        Script(call("get_weather", city="Oslo")).answer(request, ME)
