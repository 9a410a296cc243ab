"""The events of Gemini's Interactions API."""

from __future__ import annotations

EVENT = "event_type"

_KEPT = "choices[].delta.provider_specific_fields"
_STEP = f"{_KEPT}.server_side_steps[]"
_CALL = "choices[].delta.tool_calls[]"
_END = "interaction.completed:interaction."
_USAGE = f"{_END}usage."

LANDS = {
    "interaction.created:interaction.id": "id",
    "interaction.created:interaction.model": "model",
    "step.start:step.arguments": f"{_CALL}.function.arguments",
    "step.start:step.call_id": f"{_STEP}.call_id",
    "step.start:step.id": f"{_CALL}.id | {_STEP}.id",
    "step.start:step.name": f"{_CALL}.function.name",
    "step.start:step.signature": f"{_STEP}.signature",
    "step.delta:delta.annotations[].end_index": "choices[].delta.annotations[].url_citation.end_index",
    "step.delta:delta.annotations[].start_index": "choices[].delta.annotations[].url_citation.start_index",
    "step.delta:delta.annotations[].title": "choices[].delta.annotations[].url_citation.title",
    "step.delta:delta.annotations[].type": "choices[].delta.annotations[].type",
    "step.delta:delta.annotations[].url": "choices[].delta.annotations[].url_citation.url",
    "step.delta:delta.arguments.**": f"{_CALL}.function.arguments | {_STEP}.arguments.**",
    "step.delta:delta.is_error": f"{_STEP}.is_error",
    "step.delta:delta.result.**": f"{_STEP}.result.**",
    "step.delta:delta.signature": "choices[].delta.thinking_blocks[].signature",
    "step.delta:delta.text": "choices[].delta.content",
    f"{_END}id": "id",
    f"{_END}model": "model",
    f"{_END}service_tier": f"{_KEPT}.interaction.service_tier",
    f"{_END}status": f"{_KEPT}.interaction.status",
    f"{_END}updated": f"{_KEPT}.interaction.updated",
    f"{_USAGE}input_tokens_by_modality[].tokens": "usage.prompt_tokens_details.text_tokens",
    f"{_USAGE}raw_prompt_token": "usage.raw_prompt_token",
    f"{_USAGE}tool_use_tokens_by_modality[].tokens": "usage.tool_use_prompt_tokens_details[].tokenCount",
    f"{_USAGE}total_cached_tokens": "usage.prompt_tokens_details.cached_tokens",
    f"{_USAGE}total_input_tokens": "usage.prompt_tokens",
    f"{_USAGE}total_output_tokens": "usage.completion_tokens_details.text_tokens",
    f"{_USAGE}total_thought_tokens": "usage.completion_tokens_details.reasoning_tokens",
    f"{_USAGE}total_tokens": "usage.total_tokens",
    f"{_USAGE}total_tool_use_tokens": "usage.prompt_tokens_details.tool_use_tokens",
}

LEFT_OUT = {
    "*:event_type": "it says what the event is",
    "interaction.created:interaction.object": "always the same",
    "interaction.created:interaction.status": "in progress, as is every stream that goes on",
    "interaction.status_update:interaction_id": "it has been told before",
    "interaction.status_update:status": "in progress, as is every stream that goes on",
    "step.delta:delta.type": "it says where the delta lands",
    "step.delta:index": "which step it belongs to: the chunks are in order",
    "step.start:index": "which step it is: the chunks are in order",
    "step.start:step.type": "it says where the step lands",
    "step.stop:index": "an end says nothing else",
    f"{_END}created": "it is `created`, which is in seconds",
    f"{_END}object": "always the same",
    f"{_USAGE}input_tokens_by_modality[].modality": "it says where the count lands",
    f"{_USAGE}tool_use_tokens_by_modality[].modality": "there is one count alone, of all of them",
}
