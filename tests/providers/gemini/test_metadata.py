"""What Gemini says beside an answer, and where it's kept."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini.events import call, candidate, deltas, event, response, run, text, whole

RATINGS = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
SOURCES = [{"web": {"uri": "https://a.test", "title": "A"}}, {"maps": {"uri": "https://m.test"}}]
CITED = {"citationSources": [{"startIndex": 1, "endIndex": 4, "uri": "https://a.test"}]}


def grounding(*supports: Any, **fields: Any) -> Any:
    return {"groundingChunks": SOURCES, "groundingSupports": list(supports), **fields}


def support(*places: int, **segment: Any) -> Any:
    return {"segment": {"text": "Sky", **segment}, "groundingChunkIndices": list(places)}


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("safetyRatings", ["vertex_ai_safety_ratings", "vertex_ai_safety_results"]),
        ("citationMetadata", ["vertex_ai_citation_metadata"]),
        ("groundingMetadata", ["vertex_ai_grounding_metadata"]),
        ("urlContextMetadata", ["vertex_ai_url_context_metadata"]),
    ],
)
def test_each_kind_of_metadata_is_under_litellms_name(key: str, names: list[str]) -> None:
    said = {"safetyRatings": RATINGS}.get(key, {"some": "thing"})
    (chunk,) = run(event(text("Sky"), **{key: said}))
    assert [chunk[name] for name in names] == [[said]] * len(names)


def test_the_metadata_of_a_stream_is_one_list() -> None:
    built = whole(event(text("a"), safetyRatings=RATINGS), event(text("b"), safetyRatings=RATINGS))
    assert built.get("vertex_ai_safety_ratings") == [RATINGS, RATINGS]


def test_the_metadata_of_two_candidates_is_one_list() -> None:
    (chunk,) = run(response(*(candidate(text("a"), index=at, citationMetadata={"at": at}) for at in (0, 1))))
    assert chunk["vertex_ai_citation_metadata"] == [{"at": 0}, {"at": 1}]


def test_metadata_alone_is_worth_a_chunk() -> None:
    assert deltas(event(citationMetadata=CITED))[0].provider_specific_fields == {}


def test_a_passage_with_a_source_is_an_annotation() -> None:
    found = grounding(support(0, startIndex=2, endIndex=5), support(0, endIndex=3), support(1, endIndex=9))
    citations = [
        each["url_citation"] for each in deltas(event(text("x"), groundingMetadata=found))[0].annotations
    ]
    assert [(each["start_index"], each["end_index"]) for each in citations] == [(2, 5), (0, 3)]
    assert citations[0]["url"] == "https://a.test"
    assert citations[0]["title"] == "A"


@pytest.mark.parametrize("wrong", [support(7, endIndex=3), support(endIndex=3), support(0)])
def test_a_passage_without_a_source_or_an_end_is_none(wrong: Any) -> None:
    assert not hasattr(deltas(event(text("x"), groundingMetadata=grounding(wrong)))[0], "annotations")


@pytest.mark.parametrize("sent", ["STOP", 1])
def test_what_was_sent_is_kept(sent: Any) -> None:
    (chunk,) = run(event(text("x"), finishReason=sent))
    assert chunk.choices[0].get("provider_specific_fields") == {"native_finish_reason": sent}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "stop"),
        ("FAKE_ENUM", "stop"),
        (1, "stop"),
        (2, "length"),
        (99, "stop"),
        (0, None),
        ("", None),
        (None, None),
    ],
)
def test_a_finish_reason_is_openais(sent: Any, reason: str | None) -> None:
    (chunk,) = run(event(text("x"), finishReason=sent))
    assert chunk.choices[0].finish_reason == reason


@pytest.mark.parametrize(
    ("sent", "reason"),
    [("STOP", "tool_calls"), ("UNEXPECTED_TOOL_CALL", "tool_calls"), ("MAX_TOKENS", "length")],
)
def test_a_stop_after_calls_is_tool_calls(sent: str, reason: str) -> None:
    choice = run(event(call()), event(text(""), finishReason=sent))[-1].choices[0]
    assert choice.finish_reason == reason
    assert choice.get("provider_specific_fields") == {"native_finish_reason": sent}


def test_a_candidates_other_fields_are_its_choices() -> None:
    choice = whole(event(text("x"), finishReason="STOP", finishMessage="Done.", avgLogprobs=-0.5)).choices[0]
    assert choice.get("provider_specific_fields") == {
        "native_finish_reason": "STOP",
        "finish_message": "Done.",
        "avg_logprobs": -0.5,
    }


def test_log_probabilities_are_openais() -> None:
    chosen = [{"token": "Sky", "logProbability": -0.1}, {"token": "!", "logProbability": -2}]
    top = [{"candidates": [chosen[0], {"token": "Sea", "logProbability": -3}]}]
    result = {"chosenCandidates": chosen, "topCandidates": top}
    (chunk,) = run(event(text("Sky!"), logprobsResult=result))
    assert chunk.choices[0].logprobs == {
        "content": [
            {
                "token": "Sky",
                "logprob": -0.1,
                "top_logprobs": [{"token": "Sky", "logprob": -0.1}, {"token": "Sea", "logprob": -3}],
            },
            {"token": "!", "logprob": -2, "top_logprobs": []},
        ]
    }
