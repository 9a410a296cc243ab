"""What the SDKs make of the same bytes is the same, or there is a reason why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conformance.conftest import Tally
from tests.conformance.corpus import RecordedStream
from tests.conformance.differences import compared, verdict
from tests.conformance.sdk import SDKs, read_saved
from tests.conformance.sdk_botocore import Botocore
from tests.conformance.sdk_genai import GenAI
from tests.conformance.sdk_result import SDKResult

SDK_OF = {
    "anthropic-messages": "anthropic",
    **dict.fromkeys(("bedrock-agent", "bedrock-converse", "bedrock-invoke"), "botocore"),
    **dict.fromkeys(("gemini-generate", "gemini-generate-jsonarray", "gemini-interactions"), "google-genai"),
    **dict.fromkeys(
        (
            "openai-assistants",
            "openai-chat",
            "openai-completions",
            "openai-responses",
            "openai-transcription",
        ),
        "openai",
    ),
}
"""By wire format, the distribution that has the SDK."""


@pytest.fixture(scope="session")
def sdks() -> SDKs | None:
    try:
        return SDKs()
    except ImportError:
        return None


@pytest.fixture(scope="session")
def aws() -> Botocore | None:
    try:
        return Botocore()
    except ImportError:
        return None


@pytest.fixture(scope="session")
def genai() -> GenAI | None:
    try:
        return GenAI()
    except ImportError:
        return None


@pytest.fixture
def sdk_result(
    sdks: SDKs | None, genai: GenAI | None, aws: Botocore | None, stream: RecordedStream
) -> SDKResult:
    if stream.wire_format.startswith("bedrock-"):
        return aws.read(stream) if aws is not None else pytest.skip("needs botocore")
    if stream.wire_format.startswith("gemini"):
        return genai.read(stream) if genai is not None else pytest.skip("needs google-genai")
    saved = read_saved(stream)
    result = saved if sdks is None else sdks.read(stream)
    if result is None:
        pytest.skip(
            "there is no SDK for this format, nor an expected.json of one; or the SDKs aren't installed"
        )
    if result.reading is None and saved is not None:
        # Where the SDK's stream raises, its accumulator alone, fed chunk by chunk, may still have done it.
        return replace(saved, error=result.error)
    return result


def test_the_sdk_comes_to_the_same_result(
    stream: RecordedStream, sdk_result: SDKResult, tally: Tally
) -> None:
    reasons = compared(stream, sdk_result, stream.wire_format)
    tally(sdk=SDK_OF.get(stream.wire_format, ""), **verdict(reasons))
    unexplained = {aspect for aspect, reason in reasons.items() if reason is None}
    assert not unexplained, f"{unexplained} differ, and nothing in the stream says why: {sdk_result}"
