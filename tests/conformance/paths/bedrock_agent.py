"""The events of agents and knowledge bases, each under its name. All but the answer is kept."""

from __future__ import annotations

EVENT = ""

_KEPT = "choices[].delta.provider_specific_fields"

LANDS = {
    ":chunk.attribution.citations[].**": f"{_KEPT}.citations[].**",
    ":citation.**": f"{_KEPT}.citations[].**",
    ":output.text": "choices[].delta.content",
    ":trace.**": f"{_KEPT}.traces[].**",
}

LEFT_OUT = {
    ":chunk.bytes": "the answer in base64, whose text is the content",
}
