"""IBM watsonx.ai."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_OPTIONS = {"project_id": "p", "token": "sk-test", "api_key": "sk-test"}
_CHAT = {
    "stream": "the path says it, and the API has no such field",
    "model": "the API has `model_id`; LiteLLM sends both",
    "token": "LiteLLM leaves its own option in the body",
    "watsonx_token": "LiteLLM leaves its own option in the body",
    "tools.": "LiteLLM drops `additionalProperties`; watsonx takes it",
    "earlier answer": "nobody but LiteLLM knows these fields",
    "one stop": "watsonx documents max_completion_tokens; LiteLLM drops it",
    "choices: logit_bias": "watsonx documents it; LiteLLM drops it",
}

_TEXT = {
    "stream": "the path says it, and the API has no such field",
    "input": "LiteLLM sends null for a model whose template it doesn't know",
    "parameters.stream": "LiteLLM leaves its own option in the parameters",
    "parameters.token": "LiteLLM leaves its own option in the parameters",
    "parameters.max_new_tokens": "LiteLLM drops max_completion_tokens",
    "parameters.stop_sequences": "the API takes a list",
    "penalties: parameters": "a repetition_penalty starts at 1; LiteLLM sends a frequency_penalty as one",
    "parameters": "LiteLLM leaves its own options in the parameters",
    "image": "an image has no place in a text; LiteLLM leaves it out",
    "tool round trip": "a call has no place in a text; LiteLLM leaves it out",
    "parallel tools": "a call has no place in a text; LiteLLM leaves it out",
}

ROWS = [
    Row("watsonx/ibm/granite-4", options=_OPTIONS, reasons=_CHAT),
    Row("watsonx_text/ibm/granite-4", options=_OPTIONS, reasons=_TEXT),
]
