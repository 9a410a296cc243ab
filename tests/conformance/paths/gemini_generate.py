"""Gemini's `generateContent`. A part is known by its keys, so what it is needn't be told again."""

from __future__ import annotations

EVENT = ""

_CANDIDATE = ":candidates[]."
_PART = f"{_CANDIDATE}content.parts[]."
_USAGE = ":usageMetadata."
_KEPT = "choices[].delta.provider_specific_fields"
_CALL = "choices[].delta.tool_calls[]"
_PROMPT = "usage.prompt_tokens_details"
_COMPLETION = "usage.completion_tokens_details"

LANDS = {
    ":error.**": "raised.error.**",
    ":modelVersion": "model",
    ":promptFeedback.**": "provider_specific_fields.prompt_feedback.**",
    ":responseId": "id",
    f"{_CANDIDATE}citationMetadata.**": "vertex_ai_citation_metadata[].**",
    f"{_CANDIDATE}finishMessage": "choices[].provider_specific_fields.finish_message",
    f"{_CANDIDATE}finishReason": (
        "choices[].finish_reason | choices[].provider_specific_fields.native_finish_reason"
    ),
    f"{_CANDIDATE}groundingMetadata.**": "vertex_ai_grounding_metadata[].**",
    f"{_CANDIDATE}index": "choices[].index",
    f"{_CANDIDATE}safetyRatings.**": "vertex_ai_safety_ratings[].**",
    f"{_CANDIDATE}urlContextMetadata.**": "vertex_ai_url_context_metadata[].**",
    f"{_PART}codeExecutionResult.**": f"{_KEPT}.code_execution_results[].**",
    f"{_PART}executableCode.**": f"{_KEPT}.executable_code[].**",
    f"{_PART}functionCall.args.**": f"{_CALL}.function.arguments",
    f"{_PART}functionCall.id": f"{_CALL}.id",
    f"{_PART}functionCall.name": f"{_CALL}.function.name",
    f"{_PART}functionCall.partialArgs[].numberValue": f"{_CALL}.function.arguments",
    f"{_PART}functionCall.partialArgs[].stringValue": f"{_CALL}.function.arguments",
    f"{_PART}text": "choices[].delta.content | choices[].delta.reasoning_content",
    f"{_PART}thoughtSignature": f"{_KEPT}.thought_signatures[]",
    f"{_USAGE}cacheTokensDetails[].tokenCount": f"{_PROMPT}.cached_tokens",
    f"{_USAGE}cachedContentTokenCount": f"{_PROMPT}.cached_tokens",
    f"{_USAGE}candidatesTokenCount": f"usage.completion_tokens | {_COMPLETION}.text_tokens",
    f"{_USAGE}candidatesTokensDetails[].tokenCount": f"{_COMPLETION}.text_tokens",
    f"{_USAGE}promptTokenCount": f"usage.prompt_tokens | {_PROMPT}.text_tokens",
    # What was cached is no new text.
    f"{_USAGE}promptTokensDetails[].tokenCount": (
        f"{_PROMPT}.text_tokens | {_PROMPT}.image_tokens | usage.prompt_tokens"
    ),
    f"{_USAGE}serviceTier": "usage.service_tier",
    f"{_USAGE}thoughtsTokenCount": f"{_COMPLETION}.reasoning_tokens",
    f"{_USAGE}toolUsePromptTokenCount": f"{_PROMPT}.tool_use_tokens",
    f"{_USAGE}toolUsePromptTokensDetails.**": "usage.tool_use_prompt_tokens_details.**",
    f"{_USAGE}totalTokenCount": "usage.total_tokens",
    f"{_USAGE}trafficType": "provider_specific_fields.traffic_type",
}

LEFT_OUT = {
    ":createTime": "it is `created`, which is in seconds",
    f"{_CANDIDATE}content": "always empty",
    f"{_CANDIDATE}content.missing-parts": "a test's own, and nothing that Gemini says",
    f"{_CANDIDATE}content.role": "always `model`",
    f"{_PART}functionCall": "empty where a call ends",
    f"{_PART}functionCall.partialArgs[].jsonPath": "it says where in the arguments the value stands",
    f"{_PART}functionCall.partialArgs[].willContinue": "it says whether the text goes on",
    f"{_PART}functionCall.willContinue": "it says whether the call goes on",
    f"{_PART}thought": "it says where the text lands",
    f"{_USAGE}cacheTokensDetails[].modality": "it says where the count lands",
    f"{_USAGE}candidatesTokensDetails[].modality": "it says where the count lands",
    f"{_USAGE}promptTokensDetails[].modality": "it says where the count lands",
}
