"""The elements of the array are what the events are; recorded ones show less."""

from __future__ import annotations

import re

from tests.conformance.paths import gemini_generate

EVENT = gemini_generate.EVENT

_UNSEEN = re.compile(
    r"cache|citation|code|content$|error|executable|functionCall$|grounding|\.id$|missing|partial|promptFeedback|toolUse"
    r"|urlContext|willContinue",
    re.IGNORECASE,
)

LANDS = {key: landing for key, landing in gemini_generate.LANDS.items() if not _UNSEEN.search(key)}

LEFT_OUT = {key: reason for key, reason in gemini_generate.LEFT_OUT.items() if not _UNSEEN.search(key)}
