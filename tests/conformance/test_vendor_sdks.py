"""What the SDKs of Cohere, Ollama, Mistral and Groq read in the same bytes; or there is a reason why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conformance.corpus import RecordedStream
from tests.conformance.differences import differences, explain
from tests.conformance.reading import Reading, read_response
from tests.conformance.runs import read_raw, rebuild
from tests.conformance.sdk_result import SDKResult
from tests.conformance.vendors import read_by_vendor, vendor_of


@pytest.fixture
def seen(vendor_stream: RecordedStream) -> SDKResult:
    try:
        return read_by_vendor(vendor_stream)
    except ImportError:
        pytest.skip(f"needs the SDK of {vendor_stream.provider}: pip install cohere groq mistralai ollama")


def test_the_vendors_sdk_reads_the_same(
    vendor_stream: RecordedStream, seen: SDKResult, record_property: Callable[[str, object], None]
) -> None:
    raw = read_raw(vendor_stream)
    if raw.error is None:
        ours = read_response(rebuild(vendor_stream))
        found = differences(ours, seen) | differing_reasoning(ours, seen.reading)
    else:
        found = {"error"} if seen.error is None else set()
    reasons = explain(vendor_of(vendor_stream) or "", raw, found)
    texts = sorted({reason.text for reason in reasons.values() if reason is not None})
    record_property("conformance", {"vendor_reasons": texts})
    unexplained = {aspect for aspect, reason in reasons.items() if reason is None}
    assert not unexplained, f"{unexplained} differ, and nothing in the stream says why: {seen}"


def differing_reasoning(ours: Reading, theirs: Reading | None) -> set[str]:
    if theirs is None:
        return set()
    thoughts = [{index: said.reasoning for index, said in each.choices.items()} for each in (ours, theirs)]
    return {"reasoning"} if thoughts[0] != thoughts[1] else set()
