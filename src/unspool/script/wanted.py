"""A request's constraints on its answer: tool choice, parallel calls, a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unspool.errors import ScriptError
from unspool.providers.reply import Call, Part, Refusal, Text
from unspool.script.schema import misfit
from unspool.script.seen import Seen, SeenTool
from unspool.script.turns import Structured

JSON = dict[str, Any]


def _dict(value: Any) -> JSON:
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether the model may, must or must not call a tool, and which ones.

    Attributes:
        mode: `auto`, `none` or `required`.
        names: the only tools that may be called; empty for all.
    """

    mode: str = "auto"
    names: tuple[str, ...] = ()


_MODES = {"any": "required", "required": "required", "none": "none", "auto": "auto", "validated": "auto"}


def tool_choice(seen: Seen) -> ToolChoice:
    """Return the tool choice of a request, in any format."""
    body = seen.body
    google = _dict(_dict(body.get("toolConfig")).get("functionCallingConfig"))
    if google:
        names = tuple(map(str, google.get("allowedFunctionNames") or ()))
        return ToolChoice(_MODES.get(str(google.get("mode", "AUTO")).lower(), "auto"), names)
    chosen = body.get("tool_choice", _dict(body.get("toolConfig")).get("toolChoice"))
    if isinstance(chosen, str):
        return ToolChoice(_MODES.get(chosen.lower(), "auto"))
    chosen = _dict(chosen)
    named = (
        _dict(chosen.get("function")).get("name")
        or chosen.get("name")
        or _dict(chosen.get("tool")).get("name")
    )
    if named:
        return ToolChoice("required", (str(named),))
    mode = str(chosen.get("type") or next(iter(chosen), "auto")).lower()
    return ToolChoice(_MODES.get(mode, "auto"))


def _parallel(seen: Seen) -> bool:
    choice = _dict(seen.body.get("tool_choice"))
    return seen.body.get("parallel_tool_calls") is not False and not choice.get("disable_parallel_tool_use")


def check(parts: tuple[Part, ...], finish: str | None, seen: Seen) -> None:
    """Check that the request allows a turn.

    Raises:
        ScriptError: it forbids it.
    """
    calls = [part for part in parts if isinstance(part, Call)]
    choice = tool_choice(seen)
    names = ", ".join(call.name for call in calls)
    if calls and choice.mode == "none":
        raise ScriptError(f"the request forbids tool calls (tool_choice 'none'), and the turn calls {names}")
    if choice.mode == "required" and not calls and finish is None and not _declines(parts):
        wanted = " or ".join(choice.names) or "a tool"
        raise ScriptError(f"the request demands a call of {wanted} (tool_choice), and the turn calls none")
    strangers = [call.name for call in calls if choice.names and call.name not in choice.names]
    if strangers:
        raise ScriptError(
            f"the request demands a call of {' or '.join(choice.names)} (tool_choice), and the turn calls"
            f" {', '.join(strangers)}"
        )
    if len(calls) > 1 and not _parallel(seen):
        raise ScriptError(f"the request forbids parallel tool calls, and the turn calls {names} at once")


def _declines(parts: tuple[Part, ...]) -> bool:
    return any(isinstance(part, Refusal) for part in parts)


def rendered(part: Structured, seen: Seen) -> Part:
    """Return a value in the form that the request asks for: a call, or JSON text.

    Raises:
        ScriptError: the request asks for no value, or for one by a schema that this one breaks.
    """
    tool = _output_tool(part, seen)
    if tool is not None:
        _check_value(part, tool.schema, f"the tool {tool.name}")
        value = part.value if isinstance(part.value, dict) else {_only_property(tool): part.value}
        return Call(tool.name, _json(value))
    schema = schema_of(seen)
    if schema is None:
        raise ScriptError(
            "the request asks for no value: it sends no schema (response_format, text.format, output_config,"
            " responseSchema, format) and demands no tool. Use text(…) or call(…)"
        )
    _check_value(part, schema, "the schema that the request sends")
    return Text(_json(part.value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _check_value(part: Structured, schema: Mapping[str, Any], where: str) -> None:
    wrong = misfit(part.value, schema)
    if wrong and part.valid:
        raise ScriptError(
            f"the value doesn't fit {where}: {wrong}. Is the client to refuse it? structured(…, valid=False)"
        )
    if not wrong and not part.valid:
        raise ScriptError(f"the value fits {where}, though it's scripted with valid=False")


_OUTPUT_TOOLS = ("final_result", "final_answer", "structured_output", "output")


def _output_tool(part: Structured, seen: Seen) -> SeenTool | None:
    """Return the tool whose arguments are the answer; None if there is none."""
    choice = tool_choice(seen)
    tools = [tool for tool in seen.tools if not choice.names or tool.name in choice.names]
    if choice.names and len(tools) == 1:
        return tools[0]
    named = [tool for tool in tools if tool.name.lower().startswith(_OUTPUT_TOOLS)]
    if choice.mode == "required" and not named and schema_of(seen) is None:
        named = tools
    fitting = [tool for tool in named if not misfit(part.value, tool.schema)]
    if len(fitting) == 1 or (named and not part.valid):
        return (fitting or named)[0]
    if len(fitting) > 1:
        raise ScriptError(
            f"the value fits several tools ({', '.join(tool.name for tool in fitting)}): script a call(…)"
        )
    return named[0] if len(named) == 1 else None


def _only_property(tool: SeenTool) -> str:
    properties = list(tool.schema.get("properties") or {})
    return properties[0] if len(properties) == 1 else "response"


def schema_of(seen: Seen) -> Mapping[str, Any] | None:
    """Return the JSON schema that a request sends for its answer; an empty one for any JSON; None for no
    JSON.
    """
    body = seen.body
    config = _dict(body.get("generationConfig") or body.get("generation_config"))
    for found in (
        _of_format(_dict(body.get("response_format"))),
        _of_format(_dict(_dict(body.get("text")).get("format"))),
        _of_format(_dict(body.get("output_format") or _dict(body.get("output_config")).get("format"))),
        _of_gemini(config),
        _of_converse(_dict(body.get("outputConfig"))),
    ):
        if found is not None:
            return found
    plain = body.get("format")
    return plain if isinstance(plain, dict) else {} if plain == "json" else None


def _of_format(given: JSON) -> JSON | None:
    if given.get("type") == "json_object":
        return _dict(given.get("schema") or given.get("json_schema"))
    if given.get("type") != "json_schema":
        return None
    named = _dict(given.get("json_schema"))
    return _dict(given.get("schema") or named.get("schema") or named)


def _of_gemini(config: JSON) -> JSON | None:
    for name in ("responseJsonSchema", "responseSchema", "response_json_schema", "response_schema"):
        if config.get(name):
            return _dict(config[name])
    return {} if config.get("responseMimeType") == "application/json" else None


def _of_converse(config: JSON) -> JSON | None:
    schema = _dict(_dict(_dict(config.get("textFormat")).get("structure")).get("jsonSchema")).get("schema")
    if isinstance(schema, str):
        return _dict(json.loads(schema))
    return _dict(schema) if schema else None
