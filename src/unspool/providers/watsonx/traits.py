"""What the events of watsonx.ai's text generation say."""

from __future__ import annotations

from unspool.providers.traits import (
    objects_in,
    plain,
)

GENERATION = plain(
    lambda body, _: any("generated_text" in one for one in objects_in(body, "results")),
    "generated_text",
    "stop_reason",
    holder="results",
    going_on="not_finished",
)
