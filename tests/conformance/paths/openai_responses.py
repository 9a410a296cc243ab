"""OpenAI's Responses. An item's last event has all of it; an event that opens something says nothing more."""

from __future__ import annotations

EVENT = "type item.type"

_DELTA = "choices[].delta."
_CALL = f"{_DELTA}tool_calls[]."
_KEPT = f"{_DELTA}provider_specific_fields.output_items[]."
_END = "provider_specific_fields."
_DONE = "response.output_item.done"
_MESSAGE = f"{_DONE} message:item."
_IMAGE = f"{_DONE} image_generation_call:item."
_PARTIAL_IMAGE = "response.image_generation_call.partial_image:"

_TEXTS = {
    "content_part.done:part.refusal": "refusal",
    "output_text.delta:delta": "content",
    "reasoning_summary_part.done:part.text": "reasoning_content",
    "reasoning_summary_text.delta:delta": "reasoning_content",
    "reasoning_summary_text.done:text": "reasoning_content",
    "reasoning_text.delta:delta": "reasoning_content",
    "reasoning_text.done:text": "reasoning_content",
    "refusal.delta:delta": "refusal",
    "refusal.done:refusal": "refusal",
}
_ARGUMENTS = {
    "custom_tool_call_input.delta:delta": "custom.input",
    "custom_tool_call_input.done:input": "custom.input",
    "function_call_arguments.delta:delta": "function.arguments",
    "function_call_arguments.done:arguments": "function.arguments",
    "function_call_arguments.done:name": "function.name",
}
_OF_ITEMS = {
    "code_interpreter_call_code.delta:delta": "code",
    "code_interpreter_call_code.done:code": "code",
    "mcp_call_arguments.delta:delta": "arguments",
    "mcp_call_arguments.done:arguments": "arguments",
    "shell_call_command.delta:delta": "action.commands[]",
    "shell_call_command.done:command": "action.commands[]",
    "shell_call_output_content.delta:delta.stdout": "output[].stdout",
    "shell_call_output_content.done:output.**": "output.**",
}
_KEPT_AS_SENT = (
    "apply_patch_call",
    "code_interpreter_call",
    "compaction",
    "file_search_call",
    "local_shell_call",
    "mcp_approval_request",
    "mcp_call",
    "mcp_list_tools",
    "program_output",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "web_search_call",
)
_OF_ENDS = {
    "completed_at": f"{_END}completed_at",
    "created_at": "created",
    "id": "id",
    "metadata.**": f"{_END}metadata.**",
    "model": "model",
    "service_tier": "service_tier",
    "usage.input_tokens": "usage.prompt_tokens",
    "usage.input_tokens_details.**": "usage.prompt_tokens_details.**",
    "usage.output_tokens": "usage.completion_tokens",
    "usage.output_tokens_details.**": "usage.completion_tokens_details.**",
    "usage.total_tokens": "usage.total_tokens",
}
_OF_COMPLETED = {
    **_OF_ENDS,
    **{
        key: f"{_END}{key}"
        for key in ("content_filters.**", "moderation", "prompt_cache_options", "tool_usage.**")
    },
    **{
        f"usage.{key}": f"usage.{key}"
        for key in (
            "context_details.**",
            "cost",
            "cost_details.**",
            "cost_in_usd_ticks",
            "is_byok",
            "num_server_side_tools_used",
            "num_sources_used",
            "server_side_tool_usage_details.**",
        )
    },
}

LANDS = {
    "error:error.**": "raised.error.**",
    **{f"response.{key}": f"{_DELTA}{field}" for key, field in _TEXTS.items()},
    **{f"response.{key}": f"{_CALL}{field}" for key, field in _ARGUMENTS.items()},
    **{f"response.{key}": f"{_KEPT}{field}" for key, field in _OF_ITEMS.items()},
    "response.content_part.done:part.annotations.**": f"{_DELTA}annotations.**",
    "response.content_part.done:part.logprobs.**": "choices[].logprobs.content.**",
    "response.output_text.annotation.added:annotation.**": f"{_DELTA}annotations[].**",
    "response.output_text.delta:logprobs.**": "choices[].logprobs.content.**",
    "response.output_text.done:logprobs.**": "choices[].logprobs.content.**",
    # items
    f"{_MESSAGE}content[].annotations.**": f"{_DELTA}annotations.**",
    f"{_MESSAGE}content[].logprobs.**": "choices[].logprobs.content.**",
    f"{_MESSAGE}content[].refusal": f"{_DELTA}refusal",
    f"{_MESSAGE}phase": f"{_DELTA}provider_specific_fields.phase",
    f"{_DONE} reasoning:item.**": f"{_DELTA}reasoning_items[].**",
    **{
        f"{_DONE} {kind}_call:item.{key}": f"{_CALL}{landing}"
        for kind, arguments in (("custom_tool", "custom.input"), ("function", "function.arguments"))
        for key, landing in {
            arguments.partition(".")[2]: arguments,
            "call_id": "id",
            "id": "provider_specific_fields.item_id",
            "name": f"{arguments.partition('.')[0]}.name",
        }.items()
    },
    f"{_IMAGE}result": f"{_DELTA}images[].image_url.url",
    **{
        f"{_IMAGE}{key}": f"{_KEPT}{key}"
        for key in (
            "background",
            "id",
            "output_format",
            "quality",
            "revised_prompt",
            "size",
            "status",
            "type",
        )
    },
    **{
        f"{_PARTIAL_IMAGE}{key}": f"{_DELTA}provider_specific_fields.partial_image.{key}"
        for key in (
            "background",
            "output_format",
            "partial_image_b64",
            "partial_image_index",
            "quality",
            "size",
        )
    },
    **{f"{_DONE} {kind}:item.**": f"{_KEPT}**" for kind in _KEPT_AS_SENT},
    # the end
    "response.completed:copilot_usage.**": f"{_END}copilot_usage.**",
    **{f"response.completed:response.{key}": landing for key, landing in _OF_COMPLETED.items()},
    **{f"response.incomplete:response.{key}": landing for key, landing in _OF_ENDS.items()},
    "response.incomplete:response.incomplete_details.reason": f"{_END}incomplete_details.reason",
}

_OF_THE_REQUEST = (
    "background",
    "frequency_penalty",
    "instructions.**",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning.**",
    "safety_identifier",
    "store",
    "temperature",
    "text.**",
    "tool_choice.**",
    "tools.**",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
)
_ENDS = {
    "error": "always empty",
    "object": "always `response`",
    "output.**": "each item has an event of its own",
    "status": "it says which event this is, and the finish reason tells it",
    **dict.fromkeys(_OF_THE_REQUEST, "it only repeats the request"),
}

# Some servers say it in other words there: without the marks of citations, say.
_TOLD = "its pieces have told it; what they haven't is told after them"

LEFT_OUT = {
    "*:type": "it says what the event is",
    "*:sequence_number": "it orders the events",
    "*:item_id": "it ties an item's events together",
    "*:output_index": "it ties an item's events together",
    "*:content_index": "it ties a part's events together",
    "*:summary_index": "it ties a part's events together",
    "*:annotation_index": "it counts the annotations, which come in order",
    "*:command_index": "it ties a command's events together",
    "*:obfuscation": "random text that hides an event's length",
    # Of the service tier these tell what was asked for, the last event what it was.
    "response.created:response.**": "the response's last event has all of it",
    "response.in_progress:response.**": "the response's last event has all of it",
    "response.content_part.added:part.**": "the part's last event has all of it",
    "response.content_part.done:part.text": _TOLD,
    "response.content_part.done:part.type": "it says where the part lands",
    "response.output_item.added *:item.**": "the item's last event has all of it",
    "response.output_text.done:text": _TOLD,
    "response.reasoning_summary_part.added:part.**": "the part's last event has all of it",
    "response.reasoning_summary_part.done:part.type": "it says where the part lands",
    "response.shell_call_command.added:command": "always empty",
    f"{_MESSAGE}content[].text": _TOLD,
    f"{_MESSAGE}content[].type": "it says where the part lands",
    f"{_MESSAGE}id": "it ties the message's events together",
    f"{_MESSAGE}role": "always `assistant`",
    **{
        f"{_DONE} {kind}:item.{key}": reason
        for kind in ("custom_tool_call", "function_call", "message")
        for key, reason in {
            "status": "whether the item is whole",
            "type": "it says where the item lands",
        }.items()
    },
    "response.completed:response.incomplete_details": "always empty",
    **{
        f"response.{status}:response.{key}": reason
        for status in ("completed", "incomplete")
        for key, reason in _ENDS.items()
    },
}
