"""A call of each wire format that can be asked in: the request, its stream and its whole answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

import unspool

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"


@dataclass(frozen=True)
class Dialogue:
    """A model, and what its provider says: `Hello there`, and three tokens in and two out."""

    model: str
    path: str
    whole: dict[str, Any]
    streamed: list[dict[str, Any]]
    content_type: str = EVENTS
    options: dict[str, Any] = field(default_factory=dict)
    stream_path: str | None = None  # if that's how a stream is asked for

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path in (self.path, self.stream_path)
        if request.url.path != self.stream_path and not _asks_for_a_stream(request):
            return httpx.Response(200, json=self.whole)
        write = "data: {}\n\n" if self.content_type == EVENTS else "{}\n"
        body = "".join(write.format(json.dumps(piece)) for piece in self.streamed)
        return httpx.Response(200, headers={"content-type": self.content_type}, content=body)


def _asks_for_a_stream(request: httpx.Request) -> bool:
    body = json.loads(request.content)
    return bool(body.get("stream") or "stream" in body.get("config", {}))


def openai_usage() -> dict[str, int]:
    return {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def openai(model: str, path: str, **options: Any) -> Dialogue:
    def choice(**said: Any) -> dict[str, Any]:
        return {"id": "1", "created": 1, "model": "m", "choices": [{"index": 0, **said}]}

    return Dialogue(
        model,
        path,
        whole={
            **choice(message={"role": "assistant", "content": "Hello there"}, finish_reason="stop"),
            "usage": openai_usage(),
        },
        streamed=[
            choice(delta={"content": "Hello"}),
            choice(delta={"content": " there"}),
            {**choice(delta={}, finish_reason="stop"), "usage": openai_usage()},
        ],
        options=options,
    )


ANTHROPIC = Dialogue(
    "anthropic/claude-x",
    "/v1/messages",
    whole={
        "id": "1",
        "model": "m",
        "content": [{"type": "text", "text": "Hello there"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    },
    streamed=[
        {"type": "message_start", "message": {"id": "1", "model": "m", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello there"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    ],
)
COHERE_USAGE = {"usage": {"tokens": {"input_tokens": 3, "output_tokens": 2}}}
COHERE = Dialogue(
    "cohere/command",
    "/v2/chat",
    whole={
        "id": "1",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello there"}]},
        "finish_reason": "COMPLETE",
        **COHERE_USAGE,
    },
    streamed=[
        {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hello there"}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", **COHERE_USAGE}},
    ],
)
OLLAMA_END = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2}
OLLAMA = Dialogue(
    "ollama/llama",
    "/api/chat",
    whole={"model": "m", "message": {"role": "assistant", "content": "Hello there"}, **OLLAMA_END},
    streamed=[
        {"model": "m", "message": {"role": "assistant", "content": "Hello there"}, "done": False},
        {"model": "m", "message": {"role": "assistant", "content": ""}, **OLLAMA_END},
    ],
    content_type=LINES,
)
GEMINI_END = {
    "candidates": [
        {"content": {"role": "model", "parts": [{"text": "Hello there"}]}, "finishReason": "STOP"}
    ],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
    "responseId": "1",
}
GEMINI_PATH = "/v1beta/models/gemini-x:"
GEMINI = Dialogue(
    "gemini/gemini-x",
    GEMINI_PATH + "generateContent",
    whole=GEMINI_END,
    streamed=[GEMINI_END],
    stream_path=GEMINI_PATH + "streamGenerateContent",
)

RESPONSE = {
    "id": "1",
    "object": "response",
    "model": "m",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello there", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
}


def responses(model: str, path: str, **options: Any) -> Dialogue:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return Dialogue(
        model,
        path,
        whole=RESPONSE,
        streamed=[
            {"type": "response.created", "response": {"id": "1", "model": "m", "output": []}},
            {"type": "response.output_text.delta", "delta": "Hello", **place},
            {"type": "response.output_text.delta", "delta": " there", **place},
            {"type": "response.completed", "response": RESPONSE},
        ],
        options=options,
    )


INTERACTION = {
    "id": "v1_1",
    "model": "m",
    "status": "completed",
    "steps": [{"type": "model_output", "content": [{"type": "text", "text": "Hello there"}]}],
    "usage": {"total_input_tokens": 3, "total_output_tokens": 2, "total_tokens": 5},
}
INTERACTIONS = Dialogue(
    "gemini/interactions/gemini-x",
    "/v1beta/interactions",
    whole=INTERACTION,
    streamed=[
        {"event_type": "interaction.created", "interaction": {"id": "v1_1", "model": "m"}},
        {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
        {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "Hello there"}},
        {"event_type": "step.stop", "index": 0},
        {"event_type": "interaction.completed", "interaction": {**INTERACTION, "steps": []}},
    ],
)
GENERATION = {
    "model_id": "m",
    "results": [
        {
            "generated_text": "Hello there",
            "input_token_count": 3,
            "generated_token_count": 2,
            "stop_reason": "eos_token",
        }
    ],
}
WATSONX_TEXT = Dialogue(
    "watsonx_text/granite",
    "/ml/v1/text/generation",
    whole=GENERATION,
    streamed=[GENERATION],
    stream_path="/ml/v1/text/generation_stream",
    options={"base_url": "https://eu-de.ml.cloud.ibm.com", "space_id": "s"},
)
_CHAT = openai("watsonx/granite", "/ml/v1/text/chat")
WATSONX = replace(
    _CHAT,
    stream_path="/ml/v1/text/chat_stream",
    options={"base_url": "https://eu-de.ml.cloud.ibm.com", "project_id": "p"},
)
SAP = Dialogue(
    "sap/gpt-4o",
    "/v2/inference/deployments/d1/v2/completion",
    whole={"request_id": "r", "final_result": _CHAT.whole},
    streamed=[{"request_id": "r", "final_result": chunk} for chunk in _CHAT.streamed],
    options={"base_url": "https://api.ai.prod.hana.ondemand.com/v2/inference/deployments/d1"},
)

DIALOGUES = [
    openai("groq/llama", "/openai/v1/chat/completions"),
    openai("mistral/small", "/v1/chat/completions"),
    openai("azure/mine", "/openai/deployments/mine/chat/completions", base_url="https://me.openai.azure.com"),
    openai("hosted_vllm/m", "/v1/chat/completions", base_url="http://localhost/v1"),
    ANTHROPIC,
    GEMINI,
    COHERE,
    OLLAMA,
    INTERACTIONS,
    WATSONX,
    WATSONX_TEXT,
    SAP,
    responses("openai/responses/gpt-x", "/v1/responses"),
    responses("xai/responses/grok", "/v1/responses"),
    responses("azure/responses/mine", "/openai/v1/responses", base_url="https://me.openai.azure.com"),
]

pytestmark = pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.model)


def ask(dialogue: Dialogue, *, stream: bool) -> Any:
    return unspool.completion(
        dialogue.model,
        [{"role": "user", "content": "Hello?"}],
        stream=stream,
        stream_options={"include_usage": True},
        transport=httpx.MockTransport(dialogue.answer),
        **dialogue.options,
    )


def test_a_whole_answer_is_read(dialogue: Dialogue) -> None:
    response = ask(dialogue, stream=False)

    [choice] = response.choices
    assert (choice.message.content, choice.finish_reason) == ("Hello there", "stop")
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (3, 2)


def test_a_stream_adds_up_to_the_same(dialogue: Dialogue) -> None:
    chunks = list(ask(dialogue, stream=True))

    response = unspool.stream_chunk_builder(chunks)
    [choice] = response.choices
    assert (choice.message.content, choice.finish_reason) == ("Hello there", "stop")
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (3, 2)


async def aask(dialogue: Dialogue, *, stream: bool) -> Any:
    return await unspool.acompletion(
        dialogue.model,
        [{"role": "user", "content": "Hello?"}],
        stream=stream,
        transport=httpx.MockTransport(dialogue.answer),
        **dialogue.options,
    )


@pytest.mark.anyio
async def test_an_async_call_gets_the_same(dialogue: Dialogue) -> None:
    response = await aask(dialogue, stream=False)
    chunks = [chunk async for chunk in await aask(dialogue, stream=True)]

    assert response.choices[0].message.content == "Hello there"
    assert unspool.stream_chunk_builder(chunks).choices[0].message.content == "Hello there"
