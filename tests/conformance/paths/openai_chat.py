"""OpenAI's chunks, of all servers that speak them. What isn't OpenAI's own stays where it was."""

from __future__ import annotations

EVENT = ""

LANDS = {
    # what names the stream
    ":created": "=",
    ":generationId": "=",
    ":id": "=",
    ":model": "=",
    ":object": "=",
    ":provider": "=",
    ":service_tier": "=",
    ":system_fingerprint": "=",
    # the answer
    ":choices": "=",
    ":choices[].delta": "=",
    ":choices[].delta.annotations.**": "=",
    ":choices[].delta.channel": "=",
    ":choices[].delta.content": "=",
    ":choices[].delta.content[].text": "choices[].delta.content",
    ":choices[].delta.content[].thinking": "choices[].delta.reasoning_content",
    ":choices[].delta.content[].thinking[].text": "choices[].delta.reasoning_content",
    ":choices[].delta.executed_tools.**": "=",
    ":choices[].delta.graph_data.**": "=",
    ":choices[].delta.image_data": "=",
    ":choices[].delta.llm_data": "=",
    ":choices[].delta.name": "=",
    ":choices[].delta.provider_metadata.**": "=",
    ":choices[].delta.reasoning": "choices[].delta.reasoning_content",
    ":choices[].delta.reasoning_content": "=",
    ":choices[].delta.reasoning_details.**": "=",
    ":choices[].delta.refusal": "=",
    ":choices[].delta.role": "=",
    ":choices[].delta.token_id": "=",
    ":choices[].delta.tool_calls.**": "=",
    ":choices[].delta.translation_data": "=",
    ":choices[].delta.web_search_data": "=",
    ":choices[].finish_reason": "=",
    ":choices[].index": "=",
    # beside it
    ":choices[].content_filter_results.**": "=",
    ":choices[].logprobs.**": "=",
    ":choices[].matched_stop": "=",
    ":choices[].message.**": "=",
    ":choices[].native_finish_reason": "=",
    ":choices[].seed": "=",
    ":choices[].stop_reason": "=",
    ":choices[].text": "=",
    ":choices[].token_ids": "=",
    ":choices[].trace_details": "=",
    ":citations.**": "=",
    ":copilot_usage.**": "=",
    ":cost.**": "=",
    ":latency_checkpoint.**": "=",
    ":moderation.**": "=",
    ":obfuscation": "=",
    ":p": "=",
    ":prompt_filter_results.**": "=",
    ":prompt_text": "=",
    ":prompt_token_ids": "=",
    ":search_results.**": "=",
    ":stream_options.**": "=",
    ":time_info.**": "=",
    ":timings.**": "=",
    ":x_groq.**": "=",
    # what it cost
    ":usage.**": "=",
    # errors
    ":error.**": "raised.error.**",
    ":user_id": "raised.user_id",
}

LEFT_OUT = {
    ":choices[].delta.content[].closed": "that no more of a thought comes; what comes instead tells it",
    ":choices[].delta.content[].thinking[].type": "it is text",
    ":choices[].delta.content[].type": "it says where the part lands",
}
