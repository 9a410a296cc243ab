"""Replicate's events as chunks, and its predictions as responses."""

from __future__ import annotations

import pytest
from tests.providers.streams import JSON, deltas, finishes, run, said

from unspool.errors import APIResponseValidationError, InternalServerError, NotFoundError
from unspool.models import ModelResponseStream
from unspool.providers.replicate.normalizer import ReplicateNormalizer, response_from_replicate

DONE = b"event: done\nid: 2\ndata: {}\n\n"


def output(text: str) -> bytes:
    """An event of text: each of its lines is one of SSE's."""
    data = "\n".join(f"data: {line}" for line in text.split("\n"))
    return f"event: output\nid: 1:0\n{data}\n\n".encode()


def read(*pieces: bytes) -> list[ModelResponseStream]:
    return run("replicate-sse", b"".join(pieces))


def test_text_comes_as_it_is_line_feeds_and_all() -> None:
    chunks = read(b": hi\n\n", output(""), output("Low"), output(" tide:\n\n1."), DONE)
    assert [delta.content for delta in deltas(chunks)] == ["", "Low", " tide:\n\n1.", None]
    assert finishes(chunks) == ["stop"]


def test_text_that_looks_like_json_is_text() -> None:
    assert said(read(output('{"n": 1}'), DONE)).content == '{"n": 1}'


def test_a_comment_after_the_end_says_nothing() -> None:
    assert len(read(output("Low."), DONE, b":408: 408 Request Timeout\n\n")) == 2


def test_logs_are_kept() -> None:
    logs = b"event: logs\ndata: loading\n\nevent: logs\ndata: , done\n\n"
    assert said(read(logs, output("Low."), DONE)).provider_specific_fields == {"logs": "loading, done"}


def test_a_cancelled_prediction_says_so() -> None:
    last = read(output("Low"), b'event: done\ndata: {"reason": "canceled"}\n\n')[-1].choices[0]
    assert last.finish_reason == "stop"
    assert last.provider_specific_fields == {"native_finish_reason": "canceled"}


@pytest.mark.parametrize("data", [b'{"detail": "out of memory"}', b"out of memory"])
def test_an_error_is_raised_with_its_text(data: bytes) -> None:
    with pytest.raises(InternalServerError, match="out of memory") as caught:
        read(output("So far"), b"event: error\ndata: " + data + b"\n\n")
    assert caught.value.llm_provider == "replicate"


def test_an_end_because_of_an_error_is_raised() -> None:
    with pytest.raises(InternalServerError, match="the prediction failed"):
        read(output("So far"), b'event: done\ndata: {"reason": "error"}\n\n')


def test_text_without_its_blank_line_was_cut_off() -> None:
    assert read(output("Low"), b"event: output\ndata:  ti") == read(output("Low"))


def test_an_end_without_its_blank_line_is_one() -> None:
    assert finishes(read(output("Low"), b"event: done\ndata: {}")) == ["stop"]


def test_other_events_say_nothing_and_nothing_is_held_back() -> None:
    assert read(b"event: ping\ndata: {}\n\n") == []
    assert list(ReplicateNormalizer().flush()) == []


PREDICTION: JSON = {"id": "p-1", "model": "meta/tiny", "status": "succeeded", "error": None, "logs": "fine"}


@pytest.mark.parametrize("whole", ["Low tide.", ["Low ", "tide."]])
def test_a_predictions_output_is_text_or_its_pieces(whole: object) -> None:
    response = response_from_replicate({**PREDICTION, "output": whole, "metrics": {"predict_time": 0.5}})
    message = response.choices[0].message
    assert (response.id, response.model, message.content) == ("p-1", "meta/tiny", "Low tide.")
    assert message.provider_specific_fields == {"logs": "fine", "metrics": {"predict_time": 0.5}}
    assert response.choices[0].finish_reason == "stop"


def test_a_failed_prediction_is_raised() -> None:
    with pytest.raises(InternalServerError, match="out of memory"):
        response_from_replicate({**PREDICTION, "status": "failed", "error": "out of memory"})


def test_an_errors_body_instead_of_a_prediction_is_raised() -> None:
    with pytest.raises(NotFoundError, match="no such prediction"):
        response_from_replicate({"detail": "no such prediction", "code": 404})


@pytest.mark.parametrize("body", [{**PREDICTION, "output": None}, {"status": "starting"}])
def test_a_prediction_that_has_not_ended_is_no_answer(body: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="'output' must be text, or a list of texts"):
        response_from_replicate(body)
