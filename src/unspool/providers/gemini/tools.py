"""Tools, and the choice among them, in Gemini's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON, present

# What Gemini's own kind of schema can say, as far as it says it just like JSON Schema: https://ai.google.dev/api/caching#Schema
_OPENAPI = frozenset(
    {
        "default",
        "description",
        "enum",
        "example",
        "items",
        "maximum",
        "maxItems",
        "maxLength",
        "maxProperties",
        "minimum",
        "minItems",
        "minLength",
        "minProperties",
        "nullable",
        "pattern",
        "properties",
        "propertyOrdering",
        "required",
        "title",
        "type",
    }
)
# What it knows of a function beyond OpenAI's shape.
_OPTIONS = ("behavior", "response", "responseJsonSchema")
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
# Tools that Google runs, by OpenAI's name or by the other spelling, as LiteLLM writes them.
_NAMES = {
    "codeExecution": "code_execution",
    "enterprise_web_search": "enterpriseWebSearch",
    "google_maps": "googleMaps",
    "google_search": "googleSearch",
    "google_search_retrieval": "googleSearchRetrieval",
    "urlContext": "url_context",
}
_OPENAIS: dict[str, JSON] = {"web_search": {"googleSearch": {}}, "web_search_preview": {"googleSearch": {}}}


def tools_from(tools: Sequence[JSON]) -> list[JSON]:
    """All functions as one tool, then each other tool by itself."""
    functions = [_function_in(tool) for tool in tools]
    declared = [_declaration(function) for function in functions if function is not None]
    others = [_other(tool) for tool, function in zip(tools, functions, strict=True) if function is None]
    return [*([{"function_declarations": declared}] if declared else []), *others]


def _function_in(tool: JSON) -> JSON | None:
    if isinstance(tool.get("function"), dict):
        function: JSON = tool["function"]
        return function
    return tool if "name" in tool else None  # OpenAI's older `functions`


def _other(tool: JSON) -> JSON:
    if tool.get("type") in _OPENAIS:
        return _OPENAIS[tool["type"]]
    return {_NAMES.get(key, key): value for key, value in tool.items() if key != "type"}


def _declaration(function: JSON) -> JSON:
    named = {"name": function.get("name"), **present(function, "description", *_OPTIONS)}
    schema = function.get("parameters")
    return {**named, **(_parameters(schema) if isinstance(schema, dict) else {})}


def _parameters(schema: JSON) -> JSON:
    """A schema in Gemini's own terms if they can say it, else in JSON Schema, for which it has a field.

    LiteLLM rewrites every schema in Gemini's terms, and leaves out what they can't say.
    """
    plain = _without(schema, {"$schema", "additionalProperties", "strict"})
    if _is_openapi(plain):
        return {"parameters": _settled(plain)}
    return {"parametersJsonSchema": _without(schema, {"strict"})}


def _settled(schema: JSON) -> JSON:
    """Remove empty properties: Gemini rejects an object schema without properties."""
    if schema.get("properties"):
        return schema
    return {key: value for key, value in schema.items() if key not in ("properties", "required")}


def _is_openapi(schema: Any) -> bool:
    if not isinstance(schema, dict) or not isinstance(schema.get("type"), str):
        return False
    kind = schema["type"].lower()
    inner = [*(schema.get("properties") or {}).values(), *([schema["items"]] if "items" in schema else [])]
    return (
        schema.keys() <= _OPENAPI
        and ("enum" not in schema or kind == "string")
        and ("items" in schema) == (kind == "array")
        and all(_is_openapi(each) for each in inner)
    )


def _without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: {name: _without(each, keys) for name, each in item.items()}
            if key == "properties" and isinstance(item, dict)
            else _without(item, keys)
            for key, item in value.items()
            if key not in keys
        }
    return [_without(item, keys) for item in value] if isinstance(value, list) else value


def tool_choice_from(choice: Any) -> JSON:
    """`toolConfig`: a mode, and the one function that must be called.

    Raises:
        BadRequestError: Gemini has no such choice.
    """
    if isinstance(choice, str) and choice in _MODES:
        return {"functionCallingConfig": {"mode": _MODES[choice]}}
    if isinstance(choice, dict) and isinstance(choice.get("function"), dict):
        names = [choice["function"].get("name")]
        return {"functionCallingConfig": {"mode": "ANY", "allowed_function_names": names}}
    raise BadRequestError(
        f'Gemini has no tool_choice {choice!r}: use auto, none, required or {{"type": "function", …}}',
        llm_provider="gemini",
        param="tool_choice",
    )
