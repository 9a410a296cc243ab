"""Google's own SDK, fed with a stream's bytes, and what its objects add up to: it has no accumulator."""

from __future__ import annotations

import json
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from tests.conformance.corpus import RecordedStream
from tests.conformance.raw_gemini import count_tokens, read_responses
from tests.conformance.raw_interactions import COUNTS, STATUS
from tests.conformance.reading import Call, Reading, Said
from tests.conformance.sdk_result import SDKResult

JSON = dict[str, Any]


class GenAI:
    """The client, made once.

    Raises:
        ImportError: it isn't installed.
    """

    def __init__(self) -> None:
        import httpx
        from google import genai
        from google.genai import types

        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=self._body)

        self._body = b""
        client = httpx.Client(transport=httpx.MockTransport(answer))
        options = types.HttpOptions(httpx_client=client, base_url="http://sdk.test")
        self._client = genai.Client(api_key="none", http_options=options)

    def read(self, stream: RecordedStream) -> SDKResult:
        is_array = stream.wire_format == "gemini-generate-jsonarray"
        self._body = _as_sse(stream.body) if is_array else stream.body
        run = self._run_interaction if stream.wire_format == "gemini-interactions" else self._run_generate
        return _attempt(run)

    def _run_generate(self) -> SDKResult:
        """What the SDK's objects say, as JSON again, read as naively as the bytes are."""
        chunks = self._client.models.generate_content_stream(model="any", contents="any")
        options: JSON = {"mode": "json", "by_alias": True, "exclude_none": True}
        raw = read_responses(b"", [chunk.model_dump(**options) for chunk in chunks])
        for index, said in raw.reading.choices.items():
            said.finish = raw.last_finish(index)
        raw.reading.usage = raw.usage
        return SDKResult(raw.reading, tells_reasoning=True)

    def _run_interaction(self) -> SDKResult:
        events = self._client.interactions.create(model="any", input="any", stream=True)
        return _add_up(event.model_dump(mode="json", exclude_none=True) for event in events)


def _attempt(run: Callable[[], SDKResult]) -> SDKResult:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that aren't text, of enums that it doesn't know
        try:
            return run()
        except Exception as error:  # noqa: BLE001 - whatever it is, a reason has to explain it
            return SDKResult(error=f"{type(error).__name__}: {error}")


def _as_sse(body: bytes) -> bytes:
    """An array's elements as server-sent events: the SDK never asks for anything else."""
    found = json.loads(body)
    elements = found if isinstance(found, list) else [found]
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in elements)


def _add_up(events: Iterable[JSON]) -> SDKResult:
    said, reading = Said(), Reading()
    searched = False
    for event in events:
        kind = event["event_type"]
        step, delta = event.get("step") or {}, event.get("delta") or {}
        searched |= step.get("type") == "google_search_call"
        if kind == "step.start" and step["type"] == "function_call":
            said.calls.append(Call(step["id"], step["name"]))
        if delta.get("type") == "text":
            said.content += delta["text"]
        if delta.get("type") == "thought_summary":
            said.reasoning += delta["content"]["text"]
        if delta.get("type") == "arguments_delta":
            said.calls[-1].arguments += delta["arguments"]
        if kind == "interaction.completed":
            interaction = event["interaction"]
            said.finish = STATUS.get(interaction["status"], "tool_calls" if said.calls else "stop")
            counts = {name: interaction["usage"].get(key) for name, key in COUNTS.items()}
            reading.usage = count_tokens(counts, has_searched=searched)
    reading.choices = defaultdict(Said, {0: said})
    return SDKResult(reading, tells_reasoning=True)
