"""Version 2 of Cohere's chat."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

ROWS = [
    Row(
        "cohere_chat/command-a-03-2025",
        litellm_path="/v2/chat",
        reasons={
            "earlier answer": "LiteLLM sends fields that Cohere hasn't; thinking is a part of the content",
            "tool demanded": "LiteLLM drops the choice; we demand a tool, and offer no other than that one",
            "parallel tools: tool_choice": "LiteLLM drops the choice; Cohere calls it REQUIRED",
            "response_format": "LiteLLM drops it; Cohere has it by other names",
            "thinking": "LiteLLM drops the effort; Cohere's thinking is on or off",
            "one stop": "LiteLLM sends text where Cohere documents a list",
            "logprobs": "LiteLLM drops it; Cohere has it",
            "num_generations": "LiteLLM sends version 1's parameter, which version 2 lacks",
        },
    )
]
