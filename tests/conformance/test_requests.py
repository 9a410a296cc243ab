"""Every recorded request: read as a call's arguments, and built from them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conformance.asked import JSON, PARSERS, SETTLERS
from tests.conformance.conftest import NO_FOLDER
from tests.conformance.corpus import read_manifest
from tests.litellm_bodies.differ import unequal

from unspool.providers.detect import provider_at
from unspool.providers.registry import PROVIDERS
from unspool.providers.request import request_for

OUR_NAME = {"azure-openai-chat": "openai-chat", "mistral-chat": "openai-chat"}

# Whom to ask where the URL names nobody known.
ANYBODY = {
    "anthropic-messages": "anthropic",
    "cohere-v2": "cohere",
    "ollama-ndjson": "ollama",
    "openai-chat": "openai_like",
}

_OLLAMAS = {"format", "keep_alive", "messages", "model", "options", "stream", "think", "tools"}

# In which places they differ, and why.
REASONS: dict[str, Callable[[JSON, str], bool]] = {
    "n is 1, as it is anyway, and left out": lambda body, place: place == "n" and body["n"] == 1,
    "a parameter beside Ollama's options, where Ollama doesn't look, is put among them": lambda body, place: (
        place.partition(".")[0] in {"options", "schema", "temperature"} and not body.keys() <= _OLLAMAS
    ),
}


def recorded(folder: Path, wire_format: str) -> Iterator[tuple[str, str, JSON]]:
    """The name, URL and body of each request whose answer is in this format."""
    for row in read_manifest(folder):
        if OUR_NAME.get(row["wire_format"], row["wire_format"]) == wire_format:
            request = json.loads((folder / row["dir"] / "meta.json").read_bytes()).get("request") or {}
            if isinstance(request.get("json"), dict):
                yield row["dir"], request["uri"], request["json"]


def built_again(url: str, body: JSON, wire_format: str) -> JSON:
    provider = provider_at(url)
    if provider is None or PROVIDERS[provider].wire_format != wire_format:
        provider = ANYBODY[wire_format]
    asked = PARSERS[wire_format](body)
    request = request_for(
        provider,
        asked.model,
        asked.messages,
        asked.params,
        api_key="test",
        base_url="http://localhost",
        stream=True,
    )
    # Azure, Bedrock and Vertex have the model in the path.
    return {name: value for name, value in request.body.items() if name != "model" or "model" in body}


def verdict(url: str, body: JSON, wire_format: str) -> str:
    if "messages" not in body:
        return "no chat"
    settle = SETTLERS[wire_format]
    places = [place for place, _, _ in unequal(settle(built_again(url, body, wire_format)), settle(body))]
    reasons = {
        next((text for text, holds in REASONS.items() if holds(body, place)), place) for place in places
    }
    return "; ".join(sorted(reasons)) or "equivalent"


@pytest.mark.parametrize("wire_format", sorted(PARSERS))
def test_a_recorded_request_built_again_is_equivalent(
    wire_format: str, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    folder = pytestconfig.getoption("--streams")
    if not folder:
        pytest.skip(NO_FOLDER)
    verdicts = {
        name: verdict(url, body, wire_format) for name, url, body in recorded(Path(folder), wire_format)
    }
    record_property("conformance", {"requests": [f"{wire_format}: {found}" for found in verdicts.values()]})

    assert verdicts
    accepted = {"equivalent", "no chat", *REASONS}
    assert {name: found for name, found in verdicts.items() if found not in accepted} == {}
