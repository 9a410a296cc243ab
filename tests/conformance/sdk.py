"""The vendors' own SDKs, fed with a stream's bytes, and what their accumulators make of them."""

from __future__ import annotations

import json
import warnings
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.conformance.corpus import RecordedStream
from tests.conformance.reading import TOKENS, Call, Reading, Said, read_counts
from tests.conformance.sdk_openai import RUNS
from tests.conformance.sdk_result import SDKResult

JSON = dict[str, Any]

CACHE_COUNTS = ("cache_creation_input_tokens", "cache_read_input_tokens")


class SDKs:
    """Both clients, made once: each takes a while.

    Raises:
        ImportError: they aren't installed.
    """

    def __init__(self) -> None:
        import anthropic
        import httpx2
        import openai

        def answer(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._body)

        self._body = b""
        self._cut_short = (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError)
        client = httpx2.Client(transport=httpx2.MockTransport(answer))
        options: JSON = {"api_key": "none", "base_url": "http://sdk.test", "http_client": client}
        self._openai = openai.OpenAI(**options, max_retries=0)
        self._anthropic = anthropic.Anthropic(**options, max_retries=0)

    def read(self, stream: RecordedStream) -> SDKResult | None:
        """None if there is no SDK for the format."""
        self._body = stream.body
        run: dict[str, Callable[[], SDKResult]] = {
            "anthropic-messages": self._run_anthropic,
            "openai-chat": self._run_openai,
            **{name: partial(run, self._openai) for name, run in RUNS.items()},
        }
        if stream.wire_format not in run:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic's, of fields that aren't what the SDK declares
            try:
                return run[stream.wire_format]()
            except Exception as error:  # noqa: BLE001 - an accumulator raises whatever its dicts and lists raise
                return SDKResult(error=f"{type(error).__name__}: {error}")

    def _run_openai(self) -> SDKResult:
        with self._openai.chat.completions.stream(model="any", messages=[]) as stream:
            try:
                return read_completion(stream.get_final_completion().to_dict())
            except self._cut_short as error:
                completion = read_completion(stream.current_completion_snapshot.to_dict())
                return SDKResult(completion.reading, completion.roles, type(error).__name__)

    def _run_anthropic(self) -> SDKResult:
        with self._anthropic.messages.stream(model="any", max_tokens=1, messages=[]) as stream:
            return read_message(stream.get_final_message().to_dict())


def read_saved(stream: RecordedStream) -> SDKResult | None:
    """What an SDK made of the stream when it was recorded; None if nobody tried."""
    saved = stream.saved("expected.json")
    if "final" not in saved:
        return SDKResult(error=str(saved["sdk_error"])) if "sdk_error" in saved else None
    read = {"anthropic-messages": read_message, "openai-chat": read_completion}
    return read[stream.wire_format](saved["final"]) if stream.wire_format in read else None


def read_completion(data: JSON) -> SDKResult:
    """The SDK makes its models without validation, so any field may be missing."""
    choices = {choice["index"]: _read_choice(choice) for choice in data["choices"]}
    roles = {choice["index"]: choice["message"].get("role") for choice in data["choices"]}
    usage = read_counts(data["usage"]) if data.get("usage") else None
    return SDKResult(Reading(defaultdict(Said, choices), usage), roles)


def _read_choice(choice: JSON) -> Said:
    message = choice["message"]
    content = message.get("content") or ""
    return Said(
        content=content if isinstance(content, str) else json.dumps(content),
        refusal=message.get("refusal") or "",
        calls=[_read_call(call) for call in message.get("tool_calls") or ()],
        finish=choice.get("finish_reason"),
    )


def _read_call(call: JSON) -> Call:
    function = call.get("function") or {}
    arguments = function.get("arguments") or ""
    arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Call(call.get("id") or "", function.get("name") or "", arguments)


def read_message(data: JSON) -> SDKResult:
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
    counts = dict(zip(TOKENS, (prompt, usage["output_tokens"], prompt + usage["output_tokens"]), strict=True))
    reading = Reading(defaultdict(Said, {0: said}), counts)
    return SDKResult(reading, {0: data.get("role")}, tells_reasoning=True)
