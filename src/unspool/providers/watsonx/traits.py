"""What the events of watsonx.ai's text generation say."""

from __future__ import annotations

from dataclasses import replace

from unspool.providers.errors import StreamError, json_event
from unspool.providers.openai.errors import OPENAI
from unspool.providers.traits import (
    objects_in,
    plain,
)
from unspool.wire.event import WireEvent

GENERATION = plain(
    lambda body, _: any("generated_text" in one for one in objects_in(body, "results")),
    "generated_text",
    "stop_reason",
    holder="results",
    going_on="not_finished",
)


def _error_event(error: StreamError) -> WireEvent:
    """https://cloud.ibm.com/apidocs/watsonx-ai#text-generation-stream."""
    told = {"code": "unexpected_error", "message": error.text}
    return json_event({"errors": [told], "trace": "unspool-0001", "status_code": error.status}, "error")


ERRORS = replace(OPENAI, event=_error_event)
