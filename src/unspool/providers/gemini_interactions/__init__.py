"""Gemini's Interactions API: the events of a stream to chunks, a whole interaction to a `ModelResponse`.

https://ai.google.dev/gemini-api/docs/interactions. An interaction is a list of steps. A stream opens a step
(`step.start`), fills it (`step.delta`) and ends it (`step.stop`); `interaction.completed` says how it ended
and what it cost. Older streams say `content.…` for `step.…`, `interaction.start` and `interaction.complete`.

LiteLLM hands these events on as they are. Here they become chat chunks, as far as the same things are in
`unspool.providers.gemini`: text is `content`, a summary of thoughts `reasoning_content`, a thought's
signature stands in `thinking_blocks`, a function call is a tool call, citations are `annotations`. What
OpenAI's shape has no place for is kept in `delta.provider_specific_fields`; each list there holds all that
came so far:

    server_side_steps            the steps of tools that Google ran, each with all its deltas
    citations                    annotations that are no links, or have no place in the text
    other_deltas                 files, and types newer than this package
    interaction                  what the end says beside usage: status, updated, service tier …
"""

from __future__ import annotations

from unspool.providers.gemini_interactions.normalizer import InteractionsNormalizer
from unspool.providers.gemini_interactions.response import response_from_interaction

__all__ = ["InteractionsNormalizer", "response_from_interaction"]
