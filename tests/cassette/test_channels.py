from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest

from unspool.cassette.channels import allowed_ranges, format_path, pieces_of, scrub_channels, strings_of
from unspool.cassette.model import Response
from unspool.cassette.redact import Redactor
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

KEY = "sk-" + "aB3dE6gH9jK2mN5pQ8sT1vW4" * 2
LABELS = {"type", "role", "id", "item_id", "p", "model"}
STAND_IN = "sk-" + "REDACTED".ljust(48, "*")


def sse(*events: object) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)


def chat(text: str, index: int = 0) -> object:
    return {"id": "chatcmpl-1", "choices": [{"delta": {"content": text}, "index": index}]}


FORMATS: dict[str, Callable[[str], object]] = {
    "chat": chat,
    "chat reasoning": lambda text: {"choices": [{"index": 0, "delta": {"reasoning_content": text}}]},
    "chat tool call": lambda text: {
        "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 1, "function": {"arguments": text}}]}}]
    },
    "Mistral's content as a list": lambda text: {
        "choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": text}]}}]
    },
    "completions": lambda text: {"choices": [{"index": 0, "text": text}]},
    "Anthropic text": lambda text: {"type": "content_block_delta", "index": 0, "delta": {"text": text}},
    "Anthropic thinking": lambda text: {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"thinking": text},
    },
    "Anthropic tool input": lambda text: {"index": 2, "delta": {"partial_json": text}},
    "Responses": lambda text: {"type": "response.output_text.delta", "item_id": "m_1", "delta": text},
    "transcript": lambda text: {"type": "transcript.text.delta", "delta": text},
    "Gemini": lambda text: {"candidates": [{"content": {"parts": [{"text": text}]}, "index": 0}]},
    "Bedrock": lambda text: {"contentBlockIndex": 0, "delta": {"text": text}, "p": "abcdefghi"},
    "Cohere": lambda text: {
        "type": "content-delta",
        "index": 0,
        "delta": {"message": {"content": {"text": text}}},
    },
    "Ollama": lambda text: {"model": "m", "message": {"role": "assistant", "content": text}},
    "watsonx": lambda text: {"results": [{"generated_text": text}]},
}


def cut(text: str, *places: int) -> list[str]:
    return [text[a:b] for a, b in pairwise([0, *places, len(text)])]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [1, 4, 19])
def test_a_key_in_several_deltas_is_scrubbed(name: str, size: int) -> None:
    text = f"It is {KEY}, keep it."
    body = sse(*map(FORMATS[name], cut(text, *range(size, len(text), size))))

    got = Redactor().response(Response(200, body=body)).body

    texts = [got[start:end].decode() for path, start, end in strings_of(got) if path[-1] not in LABELS]
    assert f"It is {STAND_IN}, keep it." in "".join(texts)
    assert len(got) == len(body)


def test_lines_of_json_and_arrays_are_streams_too() -> None:
    deltas = cut(KEY, 9, 20)
    for body in (
        b"".join(json.dumps({"response": text}).encode() + b"\n" for text in deltas),
        b"[" + b"\n,".join(json.dumps({"text": text}).encode() for text in deltas) + b"]",
        json.dumps([{"text": text} for text in deltas], indent=2).encode(),
    ):
        got = Redactor().response(Response(200, body=body)).body
        assert "".join(got[start:end].decode() for _, start, end in strings_of(got)) == STAND_IN


def test_bare_lines_of_events_are_one_text() -> None:
    body = b"".join(b"event: output\ndata: %b\n\n" % text.encode() for text in cut(KEY, 5, 30))

    assert (
        b"".join(
            line[6:]
            for line in Redactor().response(Response(200, body=body)).body.split(b"\n")
            if line[:5] == b"data:"
        )
        == STAND_IN.encode()
    )


def test_frames_of_aws_are_one_text() -> None:
    frames = [
        encode_aws(WireEvent(name="chunk", data=json.dumps(FORMATS["Bedrock"](text)))) for text in cut(KEY, 9)
    ]
    headers = (("content-type", "application/vnd.amazon.eventstream"),)

    got = Redactor().response(Response(200, headers=headers, body=b"".join(frames)))

    assert KEY[:9].encode() + b'"' not in got.body
    assert KEY[9:].encode() not in got.body


def test_choices_that_alternate_are_texts_of_their_own() -> None:
    first, second = cut(KEY, 10), cut("Nothing to see here.", 4)
    body = sse(chat(first[0], 0), chat(second[0], 1), chat(first[1], 0), chat(second[1], 1))

    got = Redactor().response(Response(200, body=body)).body

    texts = [json.loads(line[6:])["choices"][0]["delta"]["content"] for line in got.split(b"\n\n") if line]
    assert texts[0] + texts[2] == STAND_IN
    assert texts[1] + texts[3] == "Nothing to see here."


def test_a_block_s_first_piece_belongs_to_its_text() -> None:
    body = sse(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": KEY[:8]}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": KEY[8:]}},
    )

    assert KEY[8:].encode() not in Redactor().response(Response(200, body=body)).body


def test_a_password_in_tool_arguments_is_known_by_its_name() -> None:
    arguments = json.dumps({"user": "me", "password": "hunter2hunter"})
    body = sse(*map(FORMATS["chat tool call"], cut(arguments, 5, 19, 26, 33)))

    got = Redactor().response(Response(200, body=body)).body

    joined = "".join(
        json.loads(line[6:])["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
        for line in got.split(b"\n\n")
        if line
    )
    assert json.loads(joined) == {"user": "me", "password": "REDACTED*****"}


def test_escapes_keep_the_size_of_each_delta() -> None:
    body = b'{"text":"k\\u0065y\\n: ab"}\n{"text":"c\\ndef"}\n'

    got = scrub_channels(body, lambda text: text.replace(b"key\n: abc", b"REDACTED*"))

    assert got == b'{"text":"RE*****DA*CTED"}\n{"text":"*\\ndef"}\n'


def test_text_without_a_secret_comes_back_itself() -> None:
    body = sse(*map(chat, ["a", "b"]))

    assert scrub_channels(body, lambda text: text) is body


def test_ids_and_labels_are_no_channels() -> None:
    assert pieces_of(b'data: {"id": "1", "type": "x", "role": "user", "object": "y"}\n') == []


def test_a_path_can_be_allowed() -> None:
    body = sse(*map(chat, cut(KEY, 9)))
    kept = Redactor(allow_paths=("choices[*].delta.content",)).response(Response(200, body=body))

    assert kept.body == body


def test_only_the_allowed_path_stays() -> None:
    body = json.dumps({"error": {"message": KEY}, "text": KEY}).encode()

    got = json.loads(Redactor(allow_paths=("error.message",)).response(Response(200, body=body)).body)

    assert got == {"error": {"message": KEY}, "text": STAND_IN}


def test_paths_have_a_star_for_places() -> None:
    body = json.dumps({"choices": [{"delta": {"content": "x"}}]}).encode()

    ((path, start, end),) = strings_of(body)

    assert format_path(path) == "choices[*].delta.content"
    assert allowed_ranges(body, [format_path(path)]) == [(start, end)]
