"""The tests mirror the source tree: `tests/wire/test_sse.py` for `src/unspool/wire/sse.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TREES = {
    ROOT / "src" / "unspool": ROOT / "tests",
    ROOT / "pytest_plugin" / "pytest_unspool": ROOT / "tests" / "plugin",
}

WITHOUT_OWN_TESTS = frozenset(
    {
        "pytest_unspool/cassette_in_use.py",
        "pytest_unspool/fixtures.py",
        "pytest_unspool/markers.py",
        "pytest_unspool/stash.py",
        "pytest_unspool/story.py",
        "pytest_unspool/streams.py",
        "unspool/cassette/miss_advice.py",
        "unspool/cassette/model.py",
        "unspool/cassette/secret_names.py",
        "unspool/cassette/vcr_options.py",
        "unspool/client/backend.py",
        "unspool/client/call.py",
        "unspool/commands/script.py",
        "unspool/custom_logger.py",
        "unspool/demo.py",
        "unspool/faults/json_text.py",
        "unspool/faults/provider_errors.py",
        "unspool/faults/settings.py",
        "unspool/guards/lines.py",
        "unspool/guards/periods.py",
        "unspool/guards/sentences.py",
        "unspool/joins.py",
        "unspool/providers/anthropic/encoder.py",
        "unspool/providers/anthropic/traits.py",
        "unspool/providers/bedrock/encoder.py",
        "unspool/providers/bedrock/traits.py",
        "unspool/providers/cohere/encoder.py",
        "unspool/providers/cohere/ends.py",
        "unspool/providers/cohere/traits.py",
        "unspool/providers/gemini/encoder.py",
        "unspool/providers/gemini/traits.py",
        "unspool/providers/gemini_interactions/traits.py",
        "unspool/providers/jsonrpc/traits.py",
        "unspool/providers/ollama/encoder.py",
        "unspool/providers/ollama/traits.py",
        "unspool/providers/openai/chat_encoder.py",
        "unspool/providers/openai/responses/encoder.py",
        "unspool/providers/openai/responses/events.py",
        "unspool/providers/openai/traits.py",
        "unspool/providers/prompt.py",
        "unspool/providers/replicate/traits.py",
        "unspool/providers/reply.py",
        "unspool/providers/sap/traits.py",
        "unspool/providers/tgi/traits.py",
        "unspool/providers/watsonx/traits.py",
        "unspool/script/code.py",
        "unspool/script/echo.py",
        "unspool/script/script.py",
        "unspool/script/seen.py",
        "unspool/script/turns.py",
        "unspool/script/when.py",
        "unspool/server/addresses.py",
        "unspool/server/app.py",
        "unspool/server/journal.py",
        "unspool/strategies/chunks.py",
        "unspool/strategies/faults.py",
        "unspool/strategies/wire.py",
        "unspool/streaming/compact.py",
        "unspool/transports/active.py",
        "unspool/transports/aiohttp_stub.py",
        "unspool/transports/bases.py",
        "unspool/transports/in_force.py",
        "unspool/transports/playback.py",
        "unspool/transports/tornado_stub.py",
        "unspool/transports/vcr_deck.py",
        "unspool/verdict/log.py",
        "unspool/virtual_time/bystanders.py",
        "unspool/virtual_time/event_loops.py",
        "unspool/virtual_time/members.py",
        "unspool/virtual_time/real.py",
        "unspool/virtual_time/swaps.py",
        "unspool/virtual_time/threads.py",
        "unspool/virtual_time/trio_runs.py",
        "unspool/wire/_aws_headers.py",
        "unspool/wire/_decoder.py",
        "unspool/wire/_encoder.py",
        "unspool/wire/event.py",
    }
)
"""Modules that are tested through others only. The list may shrink: a new module comes with its tests."""


def modules_without_tests() -> Iterator[str]:
    for source, tests in TREES.items():
        for path in sorted(source.rglob("*.py")):
            own = path.relative_to(source)
            if (
                not path.name.startswith("__")
                and not (tests / own.parent / f"test_{own.stem.lstrip('_')}.py").exists()
            ):
                yield f"{source.name}/{own.as_posix()}"


def test_every_module_has_its_file_of_tests() -> None:
    assert set(modules_without_tests()) - WITHOUT_OWN_TESTS == set()


def test_the_list_of_those_without_names_none_that_has_one() -> None:
    assert WITHOUT_OWN_TESTS - set(modules_without_tests()) == set()
