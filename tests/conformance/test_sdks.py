"""What the SDKs make of the same bytes is the same, or there is a reason why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conformance.conftest import Tally
from tests.conformance.corpus import RecordedStream
from tests.conformance.differences import differences, explain
from tests.conformance.reading import read_response
from tests.conformance.runs import read_raw, rebuild
from tests.conformance.sdk import SDKs, read_saved
from tests.conformance.sdk_botocore import Botocore
from tests.conformance.sdk_genai import GenAI
from tests.conformance.sdk_result import SDKResult


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
    raw = read_raw(stream)
    if raw.error is None:
        found = differences(read_response(rebuild(stream)), sdk_result)
    else:
        found = {"error"} if sdk_result.error is None else set()
    reasons = explain(stream.wire_format, raw, found)
    unexplained = {aspect for aspect, reason in reasons.items() if reason is None}
    agrees = found <= {"role"}  # which the SDK glues so often that it would hide the rest
    tally(
        agrees=int(agrees),
        explained=int(not agrees and not unexplained),
        reasons=sorted({reason.text for reason in reasons.values() if reason is not None}),
    )
    assert not unexplained, f"{unexplained} differ, and nothing in the stream says why: {sdk_result}"
