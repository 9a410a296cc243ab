"""What Gemini says about an answer beside the answer: sources, ratings, log probabilities, why it ended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from unspool.models import map_finish_reason
from unspool.providers.json_events import JSON, object_in, objects_in, text_in

# LiteLLM's fields of a chunk. Each is a list, as there may be several candidates.
_FIELDS: dict[str, tuple[str, ...]] = {
    "citationMetadata": ("vertex_ai_citation_metadata",),
    "groundingMetadata": ("vertex_ai_grounding_metadata",),
    "safetyRatings": ("vertex_ai_safety_ratings", "vertex_ai_safety_results"),
    "urlContextMetadata": ("vertex_ai_url_context_metadata",),
}
_READ_ELSEWHERE = frozenset({*_FIELDS, "content", "finishReason", "index", "logprobsResult"})

# With `$alt=json;enum-encoding=int`, which Google's older SDKs ask for.
_REASONS = {
    1: "STOP",
    2: "MAX_TOKENS",
    3: "SAFETY",
    4: "RECITATION",
    5: "OTHER",
    6: "LANGUAGE",
    7: "BLOCKLIST",
    8: "PROHIBITED_CONTENT",
    9: "SPII",
    10: "MALFORMED_FUNCTION_CALL",
    11: "IMAGE_SAFETY",
}


def metadata_of(candidates: Sequence[JSON]) -> JSON:
    """The fields of a chunk that hold what these candidates say about themselves."""
    said: JSON = {}
    for candidate in candidates:
        for key, names in _FIELDS.items():
            if candidate.get(key):
                for name in names:
                    said[name] = [*said.get(name, ()), candidate[key]]
    return said


def finish_of(candidate: JSON, *, has_calls: bool) -> JSON:
    """The fields of a choice that say why it ended: a `stop` after calls is `tool_calls`, as in LiteLLM."""
    sent = candidate.get("finishReason") or None
    fields = {snake_case(key): value for key, value in candidate.items() if key not in _READ_ELSEWHERE}
    reason = map_finish_reason(_REASONS.get(sent, str(sent))) if isinstance(sent, int) else sent
    if reason and has_calls and map_finish_reason(reason) == "stop":
        reason = "tool_calls"
    if reason != sent:
        fields["native_finish_reason"] = sent
    return {"finish_reason": reason, **({"provider_specific_fields": fields} if fields else {})}


def annotations_of(candidate: JSON) -> list[JSON]:
    """OpenAI's annotations for the passages that have a source on the web; places are in bytes."""
    grounding = object_in(candidate, "groundingMetadata")
    sources = [object_in(chunk, "web") for chunk in objects_in(grounding, "groundingChunks")]
    found = []
    for support in objects_in(grounding, "groundingSupports"):
        segment, places = object_in(support, "segment"), support.get("groundingChunkIndices") or ()
        source = next((sources[place] for place in places[:1] if place < len(sources)), None)
        if source and text_in(source, "uri") and segment.get("endIndex") is not None:
            citation = {
                "start_index": segment.get("startIndex") or 0,  # a 0 isn't sent
                "end_index": segment["endIndex"],
                "url": text_in(source, "uri"),
                "title": text_in(source, "title"),
            }
            found.append({"type": "url_citation", "url_citation": citation})
    return found


def logprobs_of(candidate: JSON) -> JSON | None:
    """OpenAI's `logprobs` of the tokens that were chosen, and of those that might have been."""
    result = object_in(candidate, "logprobsResult")
    if not result:
        return None
    others = [objects_in(step, "candidates") for step in objects_in(result, "topCandidates")]
    chosen = objects_in(result, "chosenCandidates")
    others += [[]] * (len(chosen) - len(others))
    tokens = [
        {**_token(token), "top_logprobs": [_token(other) for other in top]}
        for token, top in zip(chosen, others, strict=False)
    ]
    return {"content": tokens}


def _token(candidate: JSON) -> JSON:
    return {"token": text_in(candidate, "token"), "logprob": candidate.get("logProbability")}


def searches_in(candidates: Sequence[JSON]) -> int:
    """How many different searches on the web these candidates were found with."""
    groundings = [object_in(candidate, "groundingMetadata") for candidate in candidates]
    return len({query for each in groundings for query in each.get("webSearchQueries") or () if query})


def snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name)


def others_in(holder: JSON, known: Any) -> JSON:
    """What an object says beside the keys that are known."""
    return {snake_case(key): value for key, value in holder.items() if key not in known}
