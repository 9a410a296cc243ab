"""A small answer in each wire format and each model family of InvokeModel, by hand.

Each has text in two pieces and letters beyond ASCII; tool calls, comments, names and ids where its format
has them.
"""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64encode
from typing import Any


def sse(*events: Any, crlf: bool = False) -> list[bytes]:
    """Blocks: of JSON, of a text, or of `(name, JSON)`."""
    end = "\r\n" if crlf else "\n"
    blocks = []
    for event in events:
        name, body = event if isinstance(event, tuple) else (None, event)
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        head = f"event: {name}{end}" if name else ""
        blocks.append(f"{head}data: {text}{end}{end}".encode())
    return blocks


def typed(*bodies: Any, key: str = "type") -> list[bytes]:
    return sse(*((body[key], body) for body in bodies))


def lines(*bodies: Any) -> list[bytes]:
    return [json.dumps(body, ensure_ascii=False).encode() + b"\n" for body in bodies]


def aws(*events: tuple[str, Any]) -> list[bytes]:
    return [_frame(name, json.dumps(body, ensure_ascii=False).encode()) for name, body in events]


def _frame(name: str, payload: bytes) -> bytes:
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + len(value).to_bytes(2) + value.encode()
        for key, value in (
            (":event-type", name),
            (":content-type", "application/json"),
            (":message-type", "event"),
        )
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + zlib.crc32(prelude).to_bytes(4) + headers + payload
    return body + zlib.crc32(body).to_bytes(4)


def invoked(*payloads: Any) -> list[bytes]:
    """InvokeModel: each payload in base64, and Bedrock's padding beside it."""
    texts = [b64encode(json.dumps(body).encode()).decode() for body in payloads]
    return aws(*(("chunk", {"bytes": text, "p": "abcd"}) for text in texts))


def chat(delta: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "choices": [choice], **more}


def call(index: int, arguments: str, **head: Any) -> dict[str, Any]:
    function = (
        {"name": head.pop("name"), "arguments": arguments} if "name" in head else {"arguments": arguments}
    )
    return {"index": index, **head, "function": function}


_USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}

CHAT_TEXT = [
    b": OPENROUTER PROCESSING\n\n",
    *sse(chat({"role": "assistant", "content": ""}), chat({"content": "Es "})),
    b": still here\n" + sse(chat({"content": "régnet ☔"}))[0],
    *sse(chat({}, "stop"), {**chat({}), "choices": [], "usage": _USAGE}, "[DONE]"),
]
CHAT_ALL_AT_THE_END = sse(
    chat({"role": "assistant", "content": "Es "}),
    chat({"content": "régnet"}, "stop", usage=_USAGE),
    "[DONE]",
)
CHAT_TOOLS = sse(
    chat({"role": "assistant", "content": None}),
    chat({"tool_calls": [call(0, '{"a":', id="call_a", type="function", name="f")]}),
    chat({"tool_calls": [call(0, '"ß"}'), call(1, '{"b":[1,2]}', id="call_b", type="function", name="g")]}),
    chat({}, "tool_calls"),
    "[DONE]",
)
CHAT_CALLS_AT_THE_END = sse(
    chat(
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "a", "function": {"name": "f", "arguments": '{"a":1}'}},
                {"id": "b", "function": {"name": "g", "arguments": '{"b":22}'}},
            ],
        },
        "tool_calls",
        usage=_USAGE,
    ),
    "[DONE]",
)

_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [],
    "usage": {"input_tokens": 9},
}
ANTHROPIC_EVENTS: list[Any] = [
    {"type": "message_start", "message": _MESSAGE},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Es "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "régnet ☔"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": ""}},
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '{"a":'},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '"ß"}'},
    },
    {"type": "content_block_stop", "index": 1},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "tool_use", "id": "u", "name": "g", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "input_json_delta", "partial_json": '{"b":1}'},
    },
    {"type": "content_block_stop", "index": 2},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 12},
    },
    {"type": "message_stop"},
]


def _responses() -> list[Any]:
    first = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f"}
    second = {"type": "function_call", "id": "fc_2", "call_id": "call_2", "name": "g"}
    done = [{**first, "arguments": '{"a":"ß"}'}, {**second, "arguments": '{"b":1}'}]
    arguments = "response.function_call_arguments"
    events: list[Any] = [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "delta": "Es "},
        {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "delta": "régnet ☔"},
        {"type": "response.output_item.added", "output_index": 1, "item": {**first, "arguments": ""}},
        {"type": f"{arguments}.delta", "item_id": "fc_1", "output_index": 1, "delta": '{"a":'},
        {"type": f"{arguments}.delta", "item_id": "fc_1", "output_index": 1, "delta": '"ß"}'},
        {"type": f"{arguments}.done", "item_id": "fc_1", "output_index": 1, "arguments": '{"a":"ß"}'},
        {"type": "response.output_item.done", "output_index": 1, "item": done[0]},
        {"type": "response.output_item.added", "output_index": 2, "item": {**second, "arguments": ""}},
        {"type": f"{arguments}.delta", "item_id": "fc_2", "output_index": 2, "delta": '{"b":1}'},
        {"type": f"{arguments}.done", "item_id": "fc_2", "output_index": 2, "arguments": '{"b":1}'},
        {"type": "response.output_item.done", "output_index": 2, "item": done[1]},
        {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": done}},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def candidate(*parts: Any, **more: Any) -> dict[str, Any]:
    content = {"parts": list(parts), "role": "model"}
    counts = {"promptTokenCount": 9, "totalTokenCount": 12}
    return {"candidates": [{"content": content, "index": 0, **more}], "usageMetadata": counts}


GEMINI_EVENTS = [
    candidate({"text": "Es "}),
    candidate({"text": "régnet ☔"}),
    candidate({"text": " hier."}, finishReason="STOP"),
]
_ARRAY = [
    b"[" + json.dumps(GEMINI_EVENTS[0], indent=2).encode() + b"\n",
    *(b",\n" + json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n" for body in GEMINI_EVENTS[1:]),
    b"]\n",
]


def _sap(delta: Any, reason: str = "") -> dict[str, Any]:
    chunk = {"id": "c-1", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return {"request_id": "r-1", "intermediate_results": {"llm": chunk}, "final_result": chunk}


def _status(state: str, text: str, *, final: bool) -> dict[str, Any]:
    message = {"kind": "message", "role": "agent", "parts": [{"kind": "text", "text": text}]}
    status = {"state": state, "message": message}
    return {"jsonrpc": "2.0", "id": 1, "result": {"kind": "status-update", "status": status, "final": final}}


def _watsonx(text: str, reason: str = "not_finished") -> dict[str, Any]:
    return {"model_id": "m", "results": [{"generated_text": text, "stop_reason": reason}]}


BODIES: dict[str, tuple[str, list[bytes]]] = {
    "openai-chat": ("openai-chat", CHAT_TEXT),
    "openai-chat-inline": ("openai-chat", CHAT_ALL_AT_THE_END),
    "openai-chat-tools": ("openai-chat", CHAT_TOOLS),
    "openai-chat-whole-calls": ("openai-chat", CHAT_CALLS_AT_THE_END),
    "openai-chat-crlf": (
        "openai-chat",
        sse(chat({"content": "Es "}), chat({"content": "régnet"}), chat({}, "stop"), "[DONE]", crlf=True),
    ),
    "openai-completions": (
        "openai-completions",
        sse(
            {"object": "text_completion", "choices": [{"text": "Es ", "index": 0, "finish_reason": None}]},
            {
                "object": "text_completion",
                "choices": [{"text": "régnet", "index": 0, "finish_reason": "length"}],
            },
            "[DONE]",
        ),
    ),
    "openai-responses": ("openai-responses", typed(*_responses())),
    "openai-transcription": (
        "openai-transcription",
        sse(
            {"type": "transcript.text.delta", "delta": "Es "},
            {"type": "transcript.text.delta", "delta": "régnet"},
            {"type": "transcript.text.done", "text": "Es régnet", "usage": {"total_tokens": 12}},
        ),
    ),
    "openai-assistants": (
        "openai-assistants",
        sse(
            ("thread.run.created", {"id": "run_1", "object": "thread.run", "status": "queued"}),
            *(
                (
                    "thread.message.delta",
                    {
                        "id": "m",
                        "delta": {"content": [{"index": 0, "type": "text", "text": {"value": text}}]},
                    },
                )
                for text in ("Es ", "régnet")
            ),
            ("thread.run.completed", {"id": "run_1", "object": "thread.run", "status": "completed"}),
            ("done", "[DONE]"),
        ),
    ),
    "anthropic-messages": ("anthropic-messages", typed(*ANTHROPIC_EVENTS)),
    "anthropic-complete": (
        "anthropic-complete",
        typed(
            {"type": "completion", "id": "c", "completion": "Es ", "stop_reason": None},
            {"type": "ping"},
            {"type": "completion", "id": "c", "completion": "régnet", "stop_reason": "max_tokens"},
        ),
    ),
    "gemini-generate": ("gemini-generate", sse(*GEMINI_EVENTS, crlf=True)),
    "gemini-generate-jsonarray": ("gemini-generate-jsonarray", _ARRAY),
    "gemini-interactions": (
        "gemini-interactions",
        typed(
            {"interaction": {"id": "i"}, "event_type": "interaction.created"},
            {"index": 0, "step": {"type": "model_output"}, "event_type": "step.start"},
            {"index": 0, "delta": {"type": "text", "text": "Es "}, "event_type": "step.delta"},
            {"index": 0, "delta": {"type": "text", "text": "régnet"}, "event_type": "step.delta"},
            {"index": 0, "event_type": "step.stop"},
            {"interaction": {"id": "i", "status": "completed"}, "event_type": "interaction.completed"},
            key="event_type",
        ),
    ),
    "cohere-v1": (
        "cohere-v1",
        lines(
            {"is_finished": False, "event_type": "stream-start", "generation_id": "g"},
            {"is_finished": False, "event_type": "text-generation", "text": "Es "},
            {"is_finished": False, "event_type": "text-generation", "text": "régnet"},
            {"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE"},
        ),
    ),
    "cohere-v2": (
        "cohere-v2",
        typed(
            {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
            {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "Ich "}}},
            {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "schaue ☔"}}},
            {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": {"id": "t"}}}},
            *(
                {
                    "type": "tool-call-delta",
                    "index": 0,
                    "delta": {"message": {"tool_calls": {"function": {"arguments": text}}}},
                }
                for text in ('{"a":', '"ß"}')
            ),
            {"type": "tool-call-end", "index": 0},
            {
                "type": "message-end",
                "delta": {"finish_reason": "TOOL_CALL", "usage": {"tokens": {"input_tokens": 9}}},
            },
        ),
    ),
    "ollama-ndjson": (
        "ollama-ndjson",
        lines(
            {"model": "q", "message": {"role": "assistant", "content": "Es "}, "done": False},
            {"model": "q", "message": {"role": "assistant", "content": "régnet"}, "done": False},
            {
                "model": "q",
                "message": {"role": "assistant", "content": " ☔"},
                "done": True,
                "done_reason": "stop",
                "eval_count": 3,
            },
        ),
    ),
    "ollama-generate": (
        "ollama-ndjson",
        lines(
            {"model": "q", "response": "Es ", "done": False},
            {"model": "q", "response": "régnet", "done": False},
            {"model": "q", "response": "", "done": True, "done_reason": "stop", "eval_count": 3},
        ),
    ),
    "replicate-sse": (
        "replicate-sse",
        [
            b": hi\n\n",
            b"event: output\nid: 1:0\ndata: Es \n\n",
            "event: output\nid: 1:1\ndata: régnet\ndata: hier\n\n".encode(),
            b"event: done\nid: 1:2\ndata: {}\n\n",
        ],
    ),
    "sap-orchestration": (
        "sap-orchestration",
        sse(
            _sap({"role": "assistant", "content": ""}),
            _sap({"content": "Es "}),
            _sap({"content": "régnet"}, "stop"),
        ),
    ),
    "tgi": (
        "tgi",
        sse(
            {"index": 1, "token": {"id": 1, "text": "Es ", "special": False}, "generated_text": None},
            {
                "index": 2,
                "token": {"id": 2, "text": "régnet", "special": False},
                "generated_text": "Es régnet",
                "details": {"finish_reason": "length"},
            },
        ),
    ),
    "watsonx-generation": (
        "watsonx-generation",
        [
            b"id: 1\nevent: message\n" + sse(_watsonx("Es "))[0],
            b"id: 2\nevent: message\n" + sse(_watsonx("régnet"))[0],
            b"id: 3\nevent: message\n" + sse(_watsonx("", "eos_token"))[0],
        ],
    ),
    "jsonrpc-sse": (
        "jsonrpc-sse",
        sse(
            _status("working", "Es ", final=False),
            _status("working", "régnet", final=False),
            _status("completed", " ☔", final=True),
        ),
    ),
    "bedrock-agent": (
        "bedrock-agent",
        aws(
            ("chunk", {"bytes": b64encode(b"Es ").decode()}),
            ("trace", {"trace": {}}),
            ("chunk", {"bytes": b64encode("régnet".encode()).decode()}),
        ),
    ),
    "bedrock-converse": (
        "bedrock-converse",
        aws(
            ("messageStart", {"role": "assistant", "p": "abc"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Es "}, "p": "abcd"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "régnet ☔"}, "p": "ab"}),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            (
                "contentBlockStart",
                {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}},
            ),
            ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"a":'}}}),
            ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '"ß"}'}}}),
            ("contentBlockStop", {"contentBlockIndex": 1}),
            ("messageStop", {"stopReason": "tool_use"}),
            ("metadata", {"usage": {"inputTokens": 9, "outputTokens": 3}}),
        ),
    ),
    "bedrock-invoke": (
        "bedrock-invoke",
        invoked(*ANTHROPIC_EVENTS[:-1], {"type": "message_stop", "amazon-bedrock-invocationMetrics": {}}),
    ),
    "bedrock-invoke-titan": (
        "bedrock-invoke",
        invoked(
            {"outputText": "Es ", "index": 0, "completionReason": None},
            {"outputText": "régnet", "index": 0, "completionReason": "FINISH"},
        ),
    ),
    "bedrock-invoke-llama": (
        "bedrock-invoke",
        invoked(
            {"generation": "Es ", "stop_reason": None},
            {"generation": "régnet", "stop_reason": None},
            {"generation": "", "stop_reason": "stop", "amazon-bedrock-invocationMetrics": {}},
        ),
    ),
    "bedrock-invoke-mistral": (
        "bedrock-invoke",
        invoked(
            {"outputs": [{"text": "Es ", "stop_reason": None}]},
            {"outputs": [{"text": "régnet", "stop_reason": "stop"}]},
        ),
    ),
    "bedrock-invoke-nova": (
        "bedrock-invoke",
        invoked(
            {"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"delta": {"text": "Es "}, "contentBlockIndex": 0}},
            {"contentBlockDelta": {"delta": {"text": "régnet"}, "contentBlockIndex": 0}},
            {"contentBlockStop": {"contentBlockIndex": 0}},
            {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {"usage": {}}, "amazon-bedrock-invocationMetrics": {}},
        ),
    ),
    "bedrock-invoke-openai": (
        "bedrock-invoke",
        invoked(chat({"role": "assistant"}), chat({"content": "Es "}), chat({"content": "régnet"}, "stop")),
    ),
}
"""By a name for a test's id: the wire format, and the body in pieces as the network delivered it."""
