"""OpenAI's Assistants. An event is known by its object: which event of it this is, SSE's name tells."""

from __future__ import annotations

EVENT = "object"

_DELTA = "thread.message.delta:delta.content[]."
_CALL_DELTA = "thread.run.step.delta:delta.step_details.tool_calls[]."
_KEPT = "choices[].delta.provider_specific_fields.step_tool_calls[]"
_RUN = "provider_specific_fields"

LANDS = {
    # messages
    f"{_DELTA}text.annotations": "choices[].delta.annotations",
    f"{_DELTA}text.value": "choices[].delta.content",
    "thread.message:assistant_id": f"{_RUN}.assistant_id",
    "thread.message:content[].text.annotations": "choices[].delta.annotations",
    "thread.message:content[].text.value": "choices[].delta.content",
    "thread.message:incomplete_details.reason": "choices[].finish_reason",
    "thread.message:run_id": "id",
    "thread.message:thread_id": f"{_RUN}.thread_id",
    # calls of tools that OpenAI runs; they are kept as their step ends
    f"{_CALL_DELTA}code_interpreter.input": f"{_KEPT}.code_interpreter.input",
    f"{_CALL_DELTA}code_interpreter.outputs": f"{_KEPT}.code_interpreter.outputs",
    f"{_CALL_DELTA}id": f"{_KEPT}.id",
    f"{_CALL_DELTA}type": f"{_KEPT}.type",
    "thread.run.step:step_details.tool_calls[].**": f"{_KEPT}.**",
    "thread.run.step:assistant_id": f"{_RUN}.assistant_id",
    "thread.run.step:run_id": "id",
    "thread.run.step:thread_id": f"{_RUN}.thread_id",
    # the run
    "thread.run:assistant_id": f"{_RUN}.assistant_id",
    "thread.run:created_at": "created",
    "thread.run:id": "id",
    "thread.run:incomplete_details.reason": f"{_RUN}.incomplete_details.reason",
    "thread.run:model": "model",
    "thread.run:thread_id": f"{_RUN}.thread_id",
    "thread.run:usage.**": "usage.**",
}

_OF_THE_REQUEST = (
    "file_ids",
    "instructions",
    "max_completion_tokens",
    "max_prompt_tokens",
    "metadata",
    "parallel_tool_calls",
    "reasoning_effort",
    "response_format",
    "temperature",
    "tool_choice",
    "tool_resources.**",
    "tools.**",
    "top_p",
    "truncation_strategy.**",
)
_TIMES = {
    "thread.message": ("completed_at", "created_at", "incomplete_at"),
    "thread.run": ("cancelled_at", "completed_at", "expires_at", "failed_at", "started_at"),
    "thread.run.step": ("cancelled_at", "completed_at", "created_at", "expires_at", "failed_at"),
}

LEFT_OUT = {
    "*:object": "it says what the event is about",
    "*:status": "it says which event this is; the finish reason tells the last one",
    "thread.message.delta:delta.content[].index": "it says which part of the message the text is of",
    "thread.message.delta:delta.content[].type": "it says where the part lands",
    "thread.message.delta:id": "it ties a message's events together",
    "thread.message:attachments": "always empty",
    "thread.message:content": "always empty",
    "thread.message:content[].type": "it says where the part lands",
    "thread.message:file_ids": "always empty",
    "thread.message:id": "it ties a message's events together",
    "thread.message:incomplete_details": "always empty",
    "thread.message:metadata": "always empty",
    "thread.message:role": "always `assistant`",
    "thread.run.step.delta:delta.step_details.tool_calls[].index": "it ties a call's events together",
    "thread.run.step.delta:delta.step_details.type": "it says what the step consists of",
    "thread.run.step.delta:id": "it ties a step's events together",
    "thread.run.step:id": "it ties a step's events together",
    "thread.run.step:last_error": "always empty",
    "thread.run.step:step_details.message_creation.message_id": "it ties a message's events together",
    "thread.run.step:step_details.tool_calls": "always empty",
    "thread.run.step:step_details.type": "it says what the step consists of",
    "thread.run.step:type": "it says what the step consists of",
    "thread.run.step:usage.**": "the run's has all steps in it",
    "thread.run:incomplete_details": "always empty",
    "thread.run:last_error": "always empty",
    "thread.run:required_action": "always empty",
    **{f"thread.run:{key}": "it only repeats the request" for key in _OF_THE_REQUEST},
    **{
        f"{kind}:{key}": "when something happened to a part of the run"
        for kind, keys in _TIMES.items()
        for key in keys
    },
}
