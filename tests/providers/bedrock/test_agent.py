"""An agent's events, and a knowledge base's, as chunks."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from tests.providers.bedrock.events import content, deltas, event, finishes, kept, run, tokens

from unspool.providers.bedrock import BedrockAgentNormalizer
from unspool.providers.json_events import JSON
from unspool.streaming.wrapper import CustomStreamWrapper
from unspool.wire.event import WireEvent

CITATION = {"generatedResponsePart": {"textResponsePart": {"text": "Hi"}}, "retrievedReferences": []}


def agent() -> BedrockAgentNormalizer:
    return BedrockAgentNormalizer()


def said(text: str | bytes, **fields: Any) -> WireEvent:
    data = text.encode() if isinstance(text, str) else text
    return event("chunk", bytes=b64encode(data).decode(), **fields)


def step(kind: str = "orchestrationTrace", new: int = 10, answered: int = 3) -> WireEvent:
    usage = {"inputTokens": new, "outputTokens": answered}
    return event("trace", trace={kind: {"modelInvocationOutput": {"metadata": {"usage": usage}}}})


def test_the_bytes_are_the_answer() -> None:
    assert content(said("Hi, "), said("é!"), by=agent()) == "Hi, é!"


def test_bytes_that_are_no_text_are_marked_as_such() -> None:
    assert content(said(b"\xff"), by=agent()) == "\ufffd"


def test_a_knowledge_base_sends_text() -> None:
    assert content(event("output", text="Hi"), event("output", text="!"), by=agent()) == "Hi!"


def test_there_is_no_finish_reason() -> None:
    assert finishes(said("Hi"), by=agent()) == []


def test_a_missing_finish_reason_is_no_error() -> None:
    chunks = run(said("Hi"), by=agent())
    *_, last = CustomStreamWrapper(chunks, "agent", custom_llm_provider="bedrock")
    assert last.choices[0].finish_reason == "stop"


def test_citations_are_kept_be_they_the_answer_s_or_events_of_their_own() -> None:
    cited = said("Hi", attribution={"citations": [CITATION]})
    other = {"citation": CITATION}
    assert kept(cited, event("citation", **other), by=agent()) == {"citations": [CITATION, other]}


def test_traces_are_kept_in_a_list_that_grows() -> None:
    fields = [each.provider_specific_fields["traces"] for each in deltas(step(), step(), by=agent())]
    assert [len(each) for each in fields] == [1, 2]
    assert "p" not in fields[0][0]


def test_all_steps_count() -> None:
    steps = [step("preProcessingTrace", 100, 7), step(), step("postProcessingTrace", 1, 2)]
    assert tokens(*steps, by=agent()) == [(100, 7, 107), (110, 10, 120), (111, 12, 123)]


def test_a_trace_without_usage_reports_none() -> None:
    assert (
        tokens(event("trace", trace={"orchestrationTrace": {"rationale": {"text": "…"}}}), by=agent()) == []
    )


def test_the_model_is_the_one_that_the_first_trace_names() -> None:
    asked: JSON = {"orchestrationTrace": {"modelInvocationInput": {"foundationModel": "claude"}}}
    assert [chunk.model for chunk in run(event("trace", trace=asked), said("Hi"), by=agent())] == [
        "claude",
        "claude",
    ]


def test_functions_that_the_caller_is_to_run_are_kept() -> None:
    control = {"invocationId": "i", "invocationInputs": [{"functionInvocationInput": {"function": "f"}}]}
    assert kept(event("returnControl", **control), by=agent()) == {"return_control": [control]}


def test_files_are_kept() -> None:
    files = {"files": [{"name": "plot.png", "type": "image/png", "bytes": "aQ=="}]}
    assert kept(event("files", **files), by=agent()) == {"files": [files]}


def test_an_event_that_is_not_known_is_kept() -> None:
    events = (event("guardrail", action="INTERVENED"), event("hologram", light=1))
    assert kept(*events, by=agent()) == {
        "other_events": [{"guardrail": {"action": "INTERVENED"}}, {"hologram": {"light": 1}}]
    }
