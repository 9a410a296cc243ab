"""Earlier messages of the model and results of its calls, sent back to it.

A signature belongs to the part that it came with: Gemini checks those of calls, and bills what it has
thought once more for every copy.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json

from unspool.errors import BadRequestError
from unspool.providers.gemini.media import media_part
from unspool.providers.gemini.parts import parts_from
from unspool.providers.json_events import JSON
from unspool.providers.request import parsed_arguments

# For calls that another model made. Google documents it, for this alone:
# https://ai.google.dev/gemini-api/docs/thought-signatures
_NO_SIGNATURE = base64.b64encode(b"skip_thought_signature_validator").decode()
_IN_ID = "__thought__"  # where LiteLLM puts a signature, for clients that keep nothing but the id


def model_parts(message: JSON, *, is_new: bool) -> list[JSON]:
    """The parts that the model's message is, in the order in which they must have come.

    Args:
        is_new: Gemini 3 or newer, which takes ids and demands signatures.

    Raises:
        BadRequestError: the arguments of a tool call aren't JSON.
    """
    kept = message.get("provider_specific_fields") or {}
    calls = _calls(message, is_new=is_new)
    thoughts = _thoughts(message)
    taken = {part.get("thoughtSignature") for part in (*calls, *thoughts)}
    taken |= {each.get("thought_signature") for each in kept.get("server_side_tool_invocations") or ()}
    said = parts_from(message, detailed=is_new)
    left = [each for each in kept.get("thought_signatures") or () if each not in taken]
    if left and said:
        said[-1] = {**said[-1], "thoughtSignature": left[0]}
    images = [_image(image) for image in message.get("images") or ()]
    return [*thoughts, *said, *images, *calls, *_invocations(kept)]


def _thoughts(message: JSON) -> list[JSON]:
    blocks = [block for block in message.get("thinking_blocks") or () if block.get("type") == "thinking"]
    if not blocks and message.get("reasoning_content") is not None:
        blocks = [{"thinking": message["reasoning_content"]}]
    return [_thought(block) for block in blocks]


def _thought(block: JSON) -> JSON:
    signed = {"thoughtSignature": block["signature"]} if block.get("signature") else {}
    return {"thought": True, "text": block.get("thinking") or "", **signed}


def _image(image: JSON) -> JSON:
    address = image.get("image_url") or {}
    return media_part(str(address.get("url")), address.get("format"))


def _calls(message: JSON, *, is_new: bool) -> list[JSON]:
    calls = list(message.get("tool_calls") or ())
    if not calls and message.get("function_call"):
        calls = [{"function": message["function_call"]}]
    parts = [_call(call, with_id=is_new) for call in calls]
    if is_new and parts:  # only the first of calls that were made at once is signed
        parts[0].setdefault("thoughtSignature", _NO_SIGNATURE)
    return parts


def _call(call: JSON, *, with_id: bool) -> JSON:
    function = call.get("function") or {}
    arguments = parsed_arguments(function, llm_provider="gemini")
    made: JSON = {"name": function.get("name") or "", "args": arguments}
    if with_id and call.get("id"):
        made["id"] = accepted_id(call["id"])
    signature = _signature(call, function)
    return {"function_call": made, **({"thoughtSignature": signature} if signature else {})}


def accepted_id(call_id: str) -> str:
    """A call's id without the signature that LiteLLM puts into it."""
    return call_id.partition(_IN_ID)[0]


def _signature(call: JSON, function: JSON) -> Any:
    for holder in (call, function):
        signature = (holder.get("provider_specific_fields") or {}).get("thought_signature")
        if signature:
            return signature
    return str(call.get("id") or "").partition(_IN_ID)[2]


def _invocations(kept: JSON) -> list[JSON]:
    """Calls that Google ran itself, each with its response."""
    parts: list[JSON] = []
    for each in kept.get("server_side_tool_invocations") or ():
        named = {"toolType": each["tool_type"]} if each.get("tool_type") else {}
        call = {**named, "id": each.get("id"), "args": each.get("args")}
        parts.append({"toolCall": call, **_signed(each, "thought_signature")})
        if "response" in each:
            response = {"id": each.get("id"), "response": each["response"], **named}
            parts.append({"toolResponse": response, **_signed(each, "response_thought_signature")})
    return parts


def _signed(invocation: JSON, key: str) -> JSON:
    return {"thoughtSignature": invocation[key]} if invocation.get(key) else {}


def result_part(message: JSON, calls: Sequence[JSON], *, is_new: bool) -> JSON:
    """A tool's result. Gemini knows it by the function's name, which is that of its call.

    Args:
        calls: all tool calls before it.

    Raises:
        BadRequestError: there is no such call, and no name either.
    """
    call_id = message.get("tool_call_id")
    named = (call["function"].get("name") for call in reversed(calls) if call.get("id") == call_id)
    name = next(named, None) or message.get("name")
    if not name:
        raise BadRequestError(
            f"no tool call before it has the tool_call_id {call_id!r} of this result: send the assistant's"
            " message with its tool_calls as well, or give the result the function's name",
            llm_provider="gemini",
            param="messages",
        )
    said = parts_from(message, detailed=False)
    text = "".join(part["text"] for part in said if "text" in part)
    files = [part for part in said if "text" not in part]
    response: JSON = {"name": name, "response": _result(text), **({"parts": files} if files else {})}
    if is_new and call_id:
        response["id"] = accepted_id(call_id)
    return {"function_response": response}


def _result(text: str) -> JSON:
    """The result as the object that Gemini demands."""
    try:
        data = from_json(text)
    except ValueError:
        data = text
    return data if isinstance(data, dict) else {"content": text}
