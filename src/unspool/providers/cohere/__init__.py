"""Cohere's chat: the events of a stream to chunks, a whole answer to a `ModelResponse`; version 2 and 1.

https://docs.cohere.com/docs/streaming. Text is `content`, thinking `reasoning_content`. LiteLLM reads
only the text of version 2's streams; the rest goes where LiteLLM puts it in whole answers, or meant to:

    delta.annotations                          each document that a citation names, as OpenAI's
                                               `url_citation`; its address is `source:<id>` if it has none
    delta.provider_specific_fields.citations   all citations so far, as they came
    delta.provider_specific_fields.tool_plan   a piece of what the model means to do before it calls tools
    usage.billed_units, usage.tokens           Cohere's two counts. As in LiteLLM, version 2's usage is
                                               what was used (`tokens`), version 1's what was billed

A message that ends with ERROR or TIMEOUT is no answer: the error is raised.
"""

from __future__ import annotations

from unspool.providers.cohere.v1 import CohereV1Normalizer, response_from_cohere_v1
from unspool.providers.cohere.v2 import CohereNormalizer, response_from_cohere

__all__ = ["CohereNormalizer", "CohereV1Normalizer", "response_from_cohere", "response_from_cohere_v1"]
