"""The events of Bedrock's agents and knowledge bases to chunks.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html and
…/API_agent-runtime_RetrieveAndGenerateStream.html. Such a stream has no finish reason: it just ends.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

from unspool.models import NO_FINISH, ModelResponseStream
from unspool.providers.bedrock.chunks import Chunks, read_event
from unspool.providers.bedrock.usage import usage_from
from unspool.providers.chunk_factory import Answer, OwnFields
from unspool.providers.json_events import JSON, object_in, objects_in, text_in
from unspool.wire.event import WireEvent


class BedrockAgentNormalizer:
    """The events of an agent's stream to chunks.

    Its answer is `content`, mostly all of it in one chunk. Everything else is stored in lists of
    `provider_specific_fields`: `traces`, `citations`, `files`, `return_control` (functions that the caller
    is to run), and `other_events`. Usage is what the traces report so far; without traces there is none.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream reports an error.

    Args:
        created: the chunks' `created`, in seconds since 1970.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._answer = Answer(created=created)
        self._counts = {"inputTokens": 0, "outputTokens": 0}
        self._own = OwnFields()

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        for chunk in read_event(event, self._read):
            chunk._hidden_params[NO_FINISH] = True
            yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: everything was emitted, and a cut can't be detected."""
        return iter(())

    def _read(self, name: str, event: JSON) -> Chunks:
        return _EVENTS.get(name, _keep_other(name))(self, event)

    def _say_bytes(self, event: JSON) -> Chunks:
        cited = objects_in(object_in(event, "attribution"), "citations")
        if cited:
            yield self._keep("citations", *cited)
        # The bytes may be a file's, if the agent was asked for one: no UTF-8 then.
        yield self._answer.chunk(content=b64decode(text_in(event, "bytes")).decode("utf-8", "replace"))

    def _say_text(self, event: JSON) -> Chunks:
        yield self._answer.chunk(content=text_in(event, "text"))

    def _trace(self, event: JSON) -> Chunks:
        is_counted = self._count(object_in(event, "trace"))
        usage = usage_from(dict(self._counts), silent=False) if is_counted else None
        chunk = self._keep("traces", event)
        if usage is not None:
            chunk.usage = usage
        yield chunk

    def _count(self, trace: JSON) -> bool:
        """Add up what each step cost: LiteLLM counts the first kind of step only."""
        is_counted = False
        for kind in trace:
            step = object_in(trace, kind)
            model = text_in(object_in(step, "modelInvocationInput"), "foundationModel")
            self._answer.model = self._answer.model or model or None
            metadata = object_in(object_in(step, "modelInvocationOutput"), "metadata")
            for name, count in object_in(metadata, "usage").items():
                if name in self._counts and isinstance(count, int):
                    self._counts[name] += count
                    is_counted = True
        return is_counted

    def _keep(self, name: str, *items: Any) -> ModelResponseStream:
        return self._answer.chunk(**self._own.add(name, *items))


_OnEvent = Callable[[BedrockAgentNormalizer, JSON], Chunks]


def _keep_in(name: str) -> _OnEvent:
    return lambda normalizer, event: iter([normalizer._keep(name, event)])


def _keep_other(event_name: str) -> _OnEvent:
    return lambda normalizer, event: iter([normalizer._keep("other_events", {event_name: event})])


_EVENTS: dict[str, _OnEvent] = {
    "chunk": BedrockAgentNormalizer._say_bytes,
    "citation": _keep_in("citations"),
    "files": _keep_in("files"),
    "output": BedrockAgentNormalizer._say_text,
    "returnControl": _keep_in("return_control"),
    "trace": BedrockAgentNormalizer._trace,
}
