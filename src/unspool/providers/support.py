"""Which parameters a provider takes, and what becomes of those that it lacks."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from unspool.errors import UnsupportedParamsError
from unspool.providers.payload import JSON

# What says no more than what everybody does anyway.
_HARMLESS: JSON = {
    "n": 1,
    "parallel_tool_calls": True,
    "response_format": {"type": "text"},
    "tool_choice": "auto",
}

# What may be left out without a word, as in LiteLLM: who asks, and a usage that comes unasked, or not at all.
_HINTS = frozenset({"stream_options", "user"})


def supported(
    params: Mapping[str, Any],
    lacks: Container[str],
    *,
    model: str,
    llm_provider: str,
    drop_params: bool,
    title: str | None = None,
    instead: Mapping[str, str] | None = None,
) -> JSON:
    """The parameters that aren't None, without those that the provider lacks.

    Args:
        params: by OpenAI's names, or the provider's own.
        lacks: the names of those that it lacks.
        llm_provider: LiteLLM's name of the provider; `title` if it calls itself otherwise.
        drop_params: leave them out, instead of an error.
        instead: what to do instead of passing one of them, by its name.

    Raises:
        UnsupportedParamsError: one of them was given, and `drop_params` is false.
    """
    given = {name: value for name, value in params.items() if value is not None}
    wrong = [name for name in given if name in lacks and not _says_nothing(name, given[name])]
    if wrong and not drop_params:
        raise UnsupportedParamsError(
            f"{title or llm_provider} has no parameter {wrong[0]!r}:"
            f" {(instead or {}).get(wrong[0], 'leave it out')},"
            " or pass drop_params=True, which leaves it out for you",
            model=model,
            llm_provider=llm_provider,
            param=wrong[0],
        )
    return {name: value for name, value in given.items() if name not in lacks}


def _says_nothing(name: str, value: Any) -> bool:
    return name in _HINTS or (name in _HARMLESS and value == _HARMLESS[name])
