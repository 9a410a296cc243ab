"""SAP AI Core's orchestration: OpenAI's chunks inside an envelope.

https://help.sap.com/docs/sap-ai-core/sap-ai-core-service-guide/streaming. The chunk is the
`final_result`, or `orchestration_result` in version 1 of the service. Around it stand the request's id and
what the modules did on the way: templating, grounding, masking, filtering. They stay on the chunk under
their names, except for `llm`: that is the answer as it was before the later modules.

The framing is read line by line, since some proxies leave out `data:` and send bare JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.json_events import JSON, parse_event
from unspool.providers.openai.chat import OpenAIChatNormalizer, response_from_openai
from unspool.wire.event import WireEvent

_RESULTS = ("final_result", "orchestration_result")
_MODULES = ("intermediate_results", "module_results")


class SAPNormalizer:
    """Lines to chunks.

    Raises, while it is being fed:
        MalformedEventError: a line isn't JSON, or what is in the envelope isn't a chunk.
        ProviderError: the line is an error.
    """

    def __init__(self) -> None:
        self._chunks = OpenAIChatNormalizer()

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        text = event.data.removeprefix("data:").strip()
        if not text.startswith("{"):
            return  # `[DONE]`, a comment, another field of SSE's
        body = parse_event(replace(event, data=text))
        if body is not None:
            yield from self._chunks.read(_unwrapped(body))

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing is held back."""
        return iter(())


def _unwrapped(body: JSON) -> JSON:
    """The chunk or answer in an envelope, with what else is in there.

    Raises:
        ProviderError: there is none, but an error.
    """
    if body.get("error") or "code" in body:
        raise error_from_body(body, llm_provider="sap")
    result: JSON = next((body[key] for key in _RESULTS if body.get(key)), {})
    said = {key: value for key, value in result.items() if value != ""}
    if not result.get("id") and not any(map(_says_something, result.get("choices") or ())):
        said["choices"] = []  # of templating, which comes first: no choice is the model's yet
    return {**_around(body), **said} if result else body


def _says_something(choice: JSON) -> bool:
    spoken = choice.get("delta") or choice.get("message") or {}
    return any(spoken.values()) or bool(choice.get("finish_reason"))


def _around(body: JSON) -> JSON:
    around = {key: value for key, value in body.items() if key not in _RESULTS}
    modules = {
        key: {name: told for name, told in around[key].items() if name != "llm"}
        for key in _MODULES
        if isinstance(around.get(key), dict)
    }
    return {key: value for key, value in {**around, **modules}.items() if value}


def response_from_sap(body: Mapping[str, Any]) -> ModelResponse:
    """A whole answer in its envelope.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: there is no answer in it.
    """
    return response_from_openai(_unwrapped(dict(body)))
