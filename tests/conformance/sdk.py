"""The vendors' own SDKs, fed with a stream's bytes, and what their accumulators make of them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2
import openai
from tests.conformance.reading import Call, Reading, Said

CACHE_COUNTS = ("cache_creation_input_tokens", "cache_read_input_tokens")


@dataclass(frozen=True)
class SDKResult:
    """What an accumulator gave; without a reading it raised before it had anything to give."""

    reading: Reading | None
    error: Exception | None = None


class SDKs:
    """Both clients, made once: each takes a while."""

    def __init__(self) -> None:
        self._body = b""
        http_client = httpx2.Client(transport=httpx2.MockTransport(self._answer))
        url = "http://sdk.test"
        self._openai = openai.OpenAI(api_key="none", base_url=url, http_client=http_client, max_retries=0)
        self._anthropic = anthropic.Anthropic(
            api_key="none", base_url=url, http_client=http_client, max_retries=0
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._body)

    def read(self, wire_format: str, body: bytes) -> SDKResult:
        self._body = body
        readers = {"anthropic-messages": self._read_anthropic, "openai-chat": self._read_openai}
        try:
            return readers[wire_format]()
        except Exception as error:  # noqa: BLE001 - an accumulator raises whatever its dicts and lists raise
            return SDKResult(None, error)

    def _read_openai(self) -> SDKResult:
        with self._openai.chat.completions.stream(model="any", messages=[]) as stream:
            try:
                return SDKResult(_read_completion(stream.get_final_completion()))
            except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError) as error:
                return SDKResult(_read_completion(stream.current_completion_snapshot), error)

    def _read_anthropic(self) -> SDKResult:
        with self._anthropic.messages.stream(model="any", max_tokens=1, messages=[]) as stream:
            return SDKResult(_read_message(stream.get_final_message()))


def _read_completion(completion: Any) -> Reading:
    """A completion of the SDK's. Its models are made without validation, so that any field may be missing."""
    data = completion.to_dict()
    choices = {choice["index"]: _read_choice(choice) for choice in data["choices"]}
    return Reading(defaultdict(Said, choices), _counts(data.get("usage")))


def _counts(usage: dict[str, Any] | None) -> dict[str, int] | None:
    if not usage:
        return None
    return {key: usage.get(key) or 0 for key in ("prompt_tokens", "completion_tokens", "total_tokens")}


def _read_choice(choice: dict[str, Any]) -> Said:
    message = choice["message"]
    calls = [_read_call(call) for call in message.get("tool_calls") or ()]
    return Said(
        content=message.get("content") or "",
        refusal=message.get("refusal") or "",
        calls=calls,
        finish=choice.get("finish_reason"),
    )


def _read_call(call: dict[str, Any]) -> Call:
    function = call.get("function") or {}
    return Call(call.get("id") or "", function.get("name") or "", function.get("arguments") or "")


def _read_message(message: Any) -> Reading:
    data = message.to_dict()
    said = Said(finish=data.get("stop_reason"))
    for block in data["content"]:
        if block["type"] == "text":
            said.content += block["text"]
        elif block["type"] == "thinking":
            said.reasoning += block["thinking"]
        elif block["type"] == "tool_use":
            said.calls.append(Call(block["id"], block["name"], json.dumps(block["input"])))
    usage = data["usage"]
    prompt = sum(usage.get(key) or 0 for key in ("input_tokens", *CACHE_COUNTS))
    completion = usage["output_tokens"]
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return Reading(defaultdict(Said, {0: said}), counts)
