from __future__ import annotations

import json
from dataclasses import replace

import pytest

from unspool.cassette.model import NO_RESPONSE, Interaction, Request, Response
from unspool.cassette.store import load
from unspool.faults import CutEvents, ErrorEvent, Malformed
from unspool.providers.reply import Tokens
from unspool.reading.exchange import Exchange, ToolCall, exchanges, read_exchange
from unspool.samples import sample_names, sample_path

URL = "https://api.openai.com/v1/chat/completions"
JSON = (("content-type", "application/json"),)


def sample(name: str) -> Interaction:
    return load(sample_path(name)).interactions[0]


def read(interaction: Interaction) -> Exchange:
    return read_exchange(0, interaction)


def whole(document: object, *, status: int = 200) -> Exchange:
    request = Request("POST", URL, JSON, b'{"model": "m", "messages": []}')
    return read(Interaction(request, Response(status, "", JSON, json.dumps(document).encode())))


@pytest.mark.parametrize("name", sample_names())
def test_every_sample_is_read(name: str) -> None:
    for one in exchanges(load(sample_path(name)).interactions):
        assert one.seen is not None
        assert one.reply is not None
        assert one.reply.problem is None
        said = one.reply.text or one.reply.calls
        assert said
        assert "".join(chunk.text for chunk in one.reply.chunks if chunk.lane == "text") == one.reply.text


def test_a_stream_is_told_in_words_calls_and_usage() -> None:
    reply = read(sample("openai/parallel-tools")).reply

    assert reply is not None
    assert reply.text.endswith("Paris. ☔")
    assert [(call.name, call.arguments) for call in reply.calls] == [
        ("get_weather", '{"city":"Paris"}'),
        ("get_time", '{"city":"Paris"}'),
    ]
    assert (reply.finish, reply.tokens) == ("tool_calls", Tokens(84, 47))


def test_a_usage_that_the_provider_did_not_send_is_not_made_up() -> None:
    reply = read(sample("openai/text")).reply

    assert reply is not None
    assert reply.tokens is None


def test_a_chunk_has_the_time_of_the_piece_that_completed_it() -> None:
    one = read(sample("anthropic/thinking"))

    assert one.reply is not None
    assert one.time_line is not None
    moments = [at for at, _ in one.time_line.chunks]
    assert all(chunk.at == moments[chunk.piece] for chunk in one.reply.chunks)
    assert one.time_line.first_at == next(chunk.at for chunk in one.reply.chunks if chunk.lane)


def test_an_error_event_is_the_reply_s_error_beside_the_words_before_it() -> None:
    reply = read(ErrorEvent(after=3).apply(sample("openai/text"))).reply

    assert reply is not None
    assert reply.text
    assert reply.error == "The service is overloaded. Please try again later."
    assert (reply.finish, reply.problem) == (None, None)


def test_a_cut_stream_has_no_finish_reason() -> None:
    reply = read(CutEvents(4).apply(sample("openai/text"))).reply

    assert reply is not None
    assert reply.finish is None


def test_what_cannot_be_read_is_a_problem_and_keeps_what_came_before() -> None:
    reply = read(Malformed(after=4).apply(sample("openai/text"))).reply

    assert reply is not None
    assert reply.problem
    assert reply.text


def test_a_response_that_came_whole_is_read() -> None:
    message = {"role": "assistant", "content": "Rain."}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    reply = whole(
        {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    ).reply

    assert reply is not None
    assert (reply.text, reply.finish, reply.tokens, reply.chunks) == ("Rain.", "stop", Tokens(3, 1), ())


def test_a_stream_with_the_content_type_of_json_is_read_as_a_stream() -> None:
    one = sample("ollama/generate")
    mislabelled = replace(one, response=replace(one.response, headers=JSON))

    assert read(mislabelled).reply == read(one).reply


def test_an_error_s_body_is_told_in_the_provider_s_words() -> None:
    reply = whole({"error": {"message": "No such model", "type": "x"}}, status=404).reply

    assert reply is not None
    assert reply.error == "No such model"


def test_no_response_is_no_reply() -> None:
    request = Request("POST", URL, JSON, b"{}")
    reply = read(Interaction(request, Response(NO_RESPONSE))).reply

    assert reply is not None
    assert (reply.text, reply.error, reply.problem) == ("", None, None)


def test_a_request_to_no_model_has_neither_request_nor_reply() -> None:
    one = read(Interaction(Request("GET", "https://example.org/"), Response(200, "", (), b"hi")))

    assert (one.format, one.seen, one.reply) == (None, None, None)


@pytest.mark.parametrize(
    ("arguments", "is_valid"),
    [('{"a": 1}', True), ("", True), ("null", True), ('{"a": ', False), ("[1]", False), ('"x"', False)],
)
def test_arguments_are_a_json_object_or_none(arguments: str, is_valid: bool) -> None:
    assert ToolCall("f", arguments).is_valid is is_valid
