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

ROWS = [
    Row("watsonx/ibm/granite-4", options=_OPTIONS, reasons=_CHAT),
]
