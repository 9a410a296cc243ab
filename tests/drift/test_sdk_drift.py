from __future__ import annotations

from pathlib import Path

import pytest

import unspool
from unspool.drift import environments
from unspool.drift.environments import SDK, installed_sdks
from unspool.drift.recordings import recordings_in
from unspool.drift.sdk_drift import reads, sdk_drift

SAMPLES = Path(unspool.sample_path("openai/text")).parent.parent


def test_the_samples_are_read_whole_by_the_installed_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anthropic")
    monkeypatch.setattr(environments, "installed", lambda: ["anthropic"])
    recordings = list(recordings_in([SAMPLES / "anthropic"]))
    with installed_sdks() as sdks:
        findings = list(sdk_drift(recordings, sdks))
    assert [finding for finding in findings if finding.rule != "not-read"] == []


def test_a_stream_without_an_sdk_is_a_note_that_names_one() -> None:
    [one] = recordings_in([SAMPLES / "ollama" / "generate.yaml"])
    [finding] = sdk_drift([one], [])
    assert (finding.rule, finding.detail) == ("not-read", "install one: pip install ollama")


@pytest.mark.parametrize(
    ("name", "sample", "is_read"), [("groq", "openai/text", False), ("openai", "openai/text", True)]
)
def test_an_sdk_of_one_provider_reads_that_providers_streams_only(
    name: str, sample: str, *, is_read: bool
) -> None:
    [one] = recordings_in([Path(unspool.sample_path(sample))])
    sdk = SDK(name, "1.0", frozenset({"openai-chat"}), None)  # type: ignore[arg-type]  # it isn't asked
    assert reads(sdk, one) is is_read
