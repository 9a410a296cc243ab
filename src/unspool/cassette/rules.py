"""Rules that forgive what changes by itself between two runs: ids, dates, sessions, the order of tools.

A rule rewrites the JSON body of a request before it's compared; the recording stays as it is. Each is
switched by its name, and `llm` stands for all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

LLM = "llm"
"""The name that stands for all rules."""

Rewrite = Callable[[Any], Any]
"""Given a request's JSON body, returns the one to compare. It may change what it's given."""

Rule = str | Rewrite


def rules_given(match: Rule | Sequence[Rule]) -> tuple[Rule, ...]:
    """The option `match` as a tuple: it may be one rule or several."""
    return (match,) if isinstance(match, str) or callable(match) else tuple(match)


def parse_rules(given: Sequence[Rule]) -> tuple[Rewrite, ...]:
    """Read names of rules, `llm` and functions; `-NAME` takes a rule out again.

    Raises:
        ValueError: there is no rule of that name.
    """
    names: dict[str, None] = {}
    functions: list[Rewrite] = []
    for one in given:
        if callable(one):
            functions.append(one)
        elif one == LLM:
            names.update(dict.fromkeys(RULES))
        elif one.startswith("-") and one[1:] in RULES:
            names.pop(one[1:], None)
        elif one in RULES:
            names[one] = None
        else:
            known = ", ".join(RULES)
            raise ValueError(
                f"expected match to name some of {LLM}, {known}, or to hold functions; got {one!r}"
            )
    return (*functions, *(rule for name, rule in RULES.items() if name in names))


def forgiven(document: Any, rules: Iterable[Rewrite]) -> Any:
    """A request's JSON body as it's compared under some rules."""
    for rule in rules:
        document = rule(document)
    return document


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """The value with each text in it changed, at any depth; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    return value


# -- sessions ------------------------------------------------------------------------------------------

_SESSION_FIELDS = ("client_metadata", "prompt_cache_key", "safety_identifier", "user")
_BILLING = re.compile(r"(?<=\bcch=)\w+")  # in the first line of Claude Code's system prompt


def _sessions(document: Any) -> Any:
    """Leave out who asks, and in which session: `user`, `prompt_cache_key`, the ids in `metadata`."""
    if not isinstance(document, dict):
        return document
    kept = {key: value for key, value in document.items() if key not in _SESSION_FIELDS}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: value for key, value in metadata.items() if not key.lower().endswith("id")}
    return _each_text(kept, lambda text: _BILLING.sub("…", text) if "cch=" in text else text)


# -- dates ---------------------------------------------------------------------------------------------

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?"
_DATE = (
    rf"(?:\b\d{{4}}-\d\d-\d\d(?=T|\b)|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\b\d{{1,2}} {_MONTH} \d{{4}}|\b\d{{1,2}}/\d{{1,2}}/\d{{4}}\b)"
)
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"
_MOMENT = re.compile(
    rf"{_DAY}{_DATE}(?:T{_TIME}(?:Z|[+-]\d\d:?\d\d)?)?|\b{_TIME}(?: ?[AaPp][Mm]\b)?"
    r"|\b1[6-9]\d{8}(?:\d{3})?\b"
)


def _dates(document: Any) -> Any:
    """Take all dates, times of day and time stamps for the same."""
    return _each_text(document, lambda text: _MOMENT.sub("<time>", text))


_DURATION = re.compile(r"\b\d+\.\d+(?= ?(?:s|secs?|seconds|ms|milliseconds)\b)")


def _durations(document: Any) -> Any:
    """Take all durations with a fraction for the same, as in `Wall time: 0.0012 seconds`."""
    return _each_text(document, lambda text: _DURATION.sub("<duration>", text))


# -- processes and folders -----------------------------------------------------------------------------

_PROCESS = re.compile(r"(?i)(?<=\b)(p(?:g?id|rocess(?: group)?(?: id)?)\b[:=]? ?)\d+")
_FOLDER = re.compile(r"/(?:private/)?(?:tmp|var/folders)/[\w.+/-]*[\w/]")


def _processes(document: Any) -> Any:
    """Take all process ids for the same, as in `Process Group PGID: 14458`."""
    return _each_text(document, lambda text: _PROCESS.sub(r"\1<process>", text))


def _folders(document: Any) -> Any:
    """Take all temporary folders for the same, with what is in them."""
    return _each_text(document, lambda text: _FOLDER.sub("<folder>", text))


# -- models --------------------------------------------------------------------------------------------

_DATED = re.compile(r"(?:[-@](?:20\d\d-\d\d-\d\d|20\d{6}|\d{4}|latest))(?=\Z|-v\d|:)")


def undated_model(name: str) -> str:
    """The name of a model without its date: `gpt-4o` for `gpt-4o-2024-08-06` and `gpt-4o-latest`."""
    return _DATED.sub("", name)


def _models(document: Any) -> Any:
    """Take a model for the same whether or not its name has a date."""
    if isinstance(document, dict) and isinstance(document.get("model"), str):
        return {**document, "model": undated_model(document["model"])}
    return document


# -- the order of tools --------------------------------------------------------------------------------


def _tools(document: Any) -> Any:
    """Let tools come in any order."""
    if not isinstance(document, dict):
        return document
    inside = document.get("toolConfig")
    if isinstance(inside, dict) and isinstance(inside.get("tools"), list):
        document = {**document, "toolConfig": {**inside, "tools": _sorted(inside["tools"])}}
    if isinstance(document.get("tools"), list):
        document = {**document, "tools": _sorted(document["tools"])}
    return document


_DECLARED = ("functionDeclarations", "function_declarations", "tools")


def _sorted(tools: list[Any]) -> list[Any]:
    """Tools in the order of their JSON, as are the functions that one of them declares."""
    return sorted(map(_sorted_inside, tools), key=_text)


def _sorted_inside(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return tool
    inside = {key: _sorted(tool[key]) for key in _DECLARED if isinstance(tool.get(key), list)}
    return {**tool, **inside}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


# -- ids -----------------------------------------------------------------------------------------------

_ID = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b(?:at|batch|call|chatcmpl|cmpl|conv|ctc|evt|fc|fco|file|gen|item|msg|prt|req|resp|rs|run|ses|sess|session"
    r"|srvtoolu|step|thread|tooluse|toolu|ws)[_-](?=[\w-]*\d)[\w-]{8,}"
    r"|\b[A-Za-z]\w*?_1[6-9]\d{11}(?:_\d+)?\b|(?<=\bID: )[0-9a-f]{6,}\b"
)
_ID_FIELDS = frozenset({"id", "call_id", "tool_call_id", "tool_use_id", "toolUseId", "item_id"})


def _ids(document: Any) -> Any:
    """Number generated ids in the order in which they come, so that calls keep their results."""
    numbers: dict[str, str] = {}

    def number(found: str) -> str:
        return numbers.setdefault(found, f"<id {len(numbers) + 1}>")

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            if key in _ID_FIELDS and value:
                return number(value)
            return _ID.sub(lambda found: number(found[0]), value)
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, dict):
            return {name: walk(item, name) for name, item in value.items()}
        return value

    return walk(document)


# -- the order of results ------------------------------------------------------------------------------

_RESULTS = frozenset(
    {"tool_result", "toolResult", "functionResponse", "function_call_output", "custom_tool_call_output"}
)


def _results(document: Any) -> Any:
    """Let the results of parallel tool calls come in any order."""
    if isinstance(document, dict):
        return {key: _results(value) for key, value in document.items()}
    if isinstance(document, list):
        groups = groupby(map(_results, document), key=_is_result)
        return [
            item for sortable, items in groups for item in (sorted(items, key=_text) if sortable else items)
        ]
    return document


def _is_result(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return value.get("role") == "tool" or value.get("type") in _RESULTS or not _RESULTS.isdisjoint(value)


RULES: dict[str, Rewrite] = {
    "models": _models,
    "sessions": _sessions,
    "dates": _dates,
    "durations": _durations,
    "processes": _processes,
    "folders": _folders,
    "tools": _tools,
    "ids": _ids,
    "results": _results,
}
"""The rules by name, in the order in which they are applied: models before dates, which models have, and ids
before results, which are sorted by them."""
