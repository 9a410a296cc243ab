"""The events of InvokeModelWithResponseStream to chunks.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html.
Each `chunk` event holds, in base64, the JSON that the model itself would have sent; Bedrock adds fields of
its own, whose names begin with `amazon-bedrock-`. Nothing names the model's family, so the fields of the
first payload determine the normalizer for all of them.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator

from unspool.errors import MalformedEventError
from unspool.models import ModelResponseStream
from unspool.pipeline import Stage
from unspool.providers.anthropic import AnthropicNormalizer
from unspool.providers.anthropic.complete import AnthropicCompleteNormalizer
from unspool.providers.bedrock.chunks import Chunks, read_event
from unspool.providers.bedrock.converse import BedrockConverseNormalizer
from unspool.providers.bedrock.families import FAMILIES, FamilyNormalizer
from unspool.providers.bedrock.usage import usage_from
from unspool.providers.chunk_factory import Answer
from unspool.providers.cohere.v1 import CohereV1Normalizer
from unspool.providers.json_events import JSON, object_in, parse_event, text_in
from unspool.providers.openai.chat import OpenAIChatNormalizer
from unspool.providers.openai.completions import OpenAICompletionsNormalizer
from unspool.wire.event import WireEvent

_BEDROCKS_OWN = "amazon-bedrock-"
_METRICS = "amazon-bedrock-invocationMetrics"
_GUARDRAIL = "amazon-bedrock-guardrailAction"

_Inner = Stage[WireEvent, ModelResponseStream]


class BedrockInvokeNormalizer:
    """The events of an InvokeModel stream to chunks: those of the model's own normalizer.

    Bedrock's own fields are stored in the `provider_specific_fields` of a chunk of their own. Its metrics
    are the usage, where the model reports none.

    Raises, while it is being fed:
        MalformedEventError: an event or its payload contains no JSON object, or one that isn't shaped as
            documented, or one of a family that isn't known.
        ProviderError: the stream reports an error.

    Args:
        created: the chunks' `created`, in seconds since 1970, where the payloads have no time in them.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._answer = Answer(created=created)
        self._inner: _Inner | None = None
        self._has_usage = False
        self._kept: JSON = {}
        self._has_finish = False

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self._read)

    def flush(self) -> Iterator[ModelResponseStream]:
        if self._inner is not None:
            yield from self._inner.flush()
        if self._kept.get(_GUARDRAIL) == "INTERVENED" and not self._has_finish:  # Titan gives no reason then
            yield self._answer.chunk(finish_reason="guardrail_intervened")

    def _read(self, name: str, body: JSON) -> Chunks:
        if name != "chunk":  # newer than this package
            yield self._answer.chunk(provider_specific_fields={name: body})
            return
        payload = parse_event(WireEvent(data=b64decode(text_in(body, "bytes")).decode("utf-8", "replace")))
        own = {key: value for key, value in (payload or {}).items() if key.startswith(_BEDROCKS_OWN)}
        said = {key: value for key, value in (payload or {}).items() if key not in own}
        # Collected, because usage may be among them.
        chunks = list(self._say(said)) if said else []
        self._has_usage = self._has_usage or any("usage" in chunk for chunk in chunks)
        self._has_finish = self._has_finish or any(map(_finishes, chunks))
        yield from self._keep(own)
        yield from chunks

    def _say(self, payload: JSON) -> Iterator[ModelResponseStream]:
        if self._inner is None:
            self._inner = _inner_for(payload)(self._answer.created)
        return self._inner.feed(WireEvent(data=json.dumps(payload)))

    def _keep(self, own: JSON) -> Chunks:
        """Those of Bedrock's fields that are new: with a guardrail each event repeats what it did."""
        news = {key: value for key, value in own.items() if self._kept.get(key) != value}
        self._kept |= news
        if news:
            metrics = object_in(news, _METRICS)
            counts = {key: value for key, value in metrics.items() if key.endswith("TokenCount")}
            usage = None if self._has_usage else usage_from(counts, silent=False)
            yield self._answer.chunk(usage=usage, provider_specific_fields=news)


def _finishes(chunk: ModelResponseStream) -> bool:
    return any(choice.finish_reason for choice in chunk.choices)


class _NovaNormalizer:
    """Nova's payloads, which are Converse's events, each under its name."""

    def __init__(self, created: int) -> None:
        self._converse = BedrockConverseNormalizer(created=created)

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        payload = parse_event(event) or {}
        for name in payload:
            yield from self._converse.read(name, object_in(payload, name))

    def flush(self) -> Iterator[ModelResponseStream]:
        return self._converse.flush()


def _family(name: str) -> Callable[[int], _Inner]:
    return lambda created: FamilyNormalizer(FAMILIES[name], created=created)


# A field that identifies the family, and its normalizer. The first one that is present decides.
_SIGNS: dict[str, Callable[[int], _Inner]] = {
    "messageStart": _NovaNormalizer,
    "outputText": _family("titan"),
    "results": _family("titan"),
    "generation": _family("llama"),
    "outputs": _family("mistral"),
    "value": lambda _: OpenAICompletionsNormalizer(),  # Writer's older models
    "choices": lambda _: OpenAIChatNormalizer(),  # gpt-oss, Jamba, and others with OpenAI's format
    "completion": lambda created: AnthropicCompleteNormalizer(created=created),
    "type": lambda created: AnthropicNormalizer(created=created),
    "event_type": lambda created: CohereV1Normalizer(created=created),
    "is_finished": _family("cohere"),
    "generations": _family("cohere"),
}


def _inner_for(payload: JSON) -> Callable[[int], _Inner]:
    for sign, make in _SIGNS.items():
        if sign in payload:
            return make
    raise MalformedEventError(
        "expected the payload of a model family that is known here, with one of the fields"
        f" {', '.join(_SIGNS)}; read the stream with Converse, which has one shape for all models",
        data=json.dumps(payload),
    )
