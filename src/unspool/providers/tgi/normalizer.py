"""Hugging Face's Text Generation Inference: `/generate_stream`, and `/` with `stream`.

https://huggingface.github.io/text-generation-inference, schema `StreamResponse`. Each event is a token;
the last one has `details`, and the whole text again. (TGI's `/v1/chat/completions` is OpenAI's format.)
"""

from __future__ import annotations

from collections.abc import Iterator

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponseStream, Usage
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import JSON, object_in, objects_in, read_event, text_in
from unspool.wire.event import WireEvent

_PAGE = "https://huggingface.github.io/text-generation-inference"

# The statuses that TGI itself gives its error types, where it still can.
_STATUS_OF_TYPE = {
    "generation": 424,
    "incomplete_generation": 500,
    "overloaded": 429,
    "template_error": 422,
    "tool_error": 422,
    "validation": 422,
}
_COUNTS = ("finish_reason", "generated_tokens", "input_length")


class TGINormalizer:
    """Tokens to chunks. Id and model are never named.

    Special tokens, such as the end of the sequence, are no content. LiteLLM tells them by their place: the
    last token is text if the request asked for `details`, and else isn't, whatever it is. Each token, special
    or not, is in `logprobs`. Without details the reason of the end isn't told, and is a `stop`.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the event is an error.
    """

    def __init__(self) -> None:
        self._answer = Answer()

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self.read, _PAGE)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing is held back."""
        return iter(())

    def read(self, event: JSON) -> Iterator[ModelResponseStream]:
        """The chunk of an event's JSON."""
        if event.get("error"):
            status = _STATUS_OF_TYPE.get(text_in(event, "error_type"))
            raise error_from_body(event, status=status, llm_provider="huggingface")
        token, details = object_in(event, "token"), object_in(event, "details")
        ended = "stop" if event.get("generated_text") is not None else None
        kept = {key: value for key, value in details.items() if key not in _COUNTS and value}
        yield self._answer.chunk(
            content="" if token.get("special") else text_in(token, "text"),
            provider_specific_fields=kept or None,
            logprobs=_logprobs(token, objects_in(event, "top_tokens")) if token else None,
            finish_reason=text_in(details, "finish_reason") or ended,
            usage=_usage(details),
        )


def _logprobs(token: JSON, alternatives: list[JSON]) -> JSON:
    """A token in OpenAI's shape; its id and whether it's special are TGI's own."""
    top = [_named(alternative) for alternative in alternatives]
    return {"content": [{**_named(token), "top_logprobs": top}]}


def _named(token: JSON) -> JSON:
    return {"token" if key == "text" else key: value for key, value in token.items()}


def _usage(details: JSON) -> Usage | None:
    if "generated_tokens" not in details:
        return None
    # Versions before 2.2 don't say how long the prompt was.
    prompt, completion = (int(details.get(key) or 0) for key in ("input_length", "generated_tokens"))
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)
