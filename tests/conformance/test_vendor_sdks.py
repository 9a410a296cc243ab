"""What the SDKs of Cohere, Ollama, Mistral and Groq read in the same bytes; or there is a reason why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conformance.corpus import RecordedStream
from tests.conformance.differences import compared, verdict
from tests.conformance.sdk_result import SDKResult
from tests.conformance.table import facts_about
from tests.conformance.vendors import DISTRIBUTIONS, read_by_vendor, vendor_of


@pytest.fixture
def seen(vendor_stream: RecordedStream) -> SDKResult:
    try:
        return read_by_vendor(vendor_stream)
    except ImportError:
        pytest.skip(f"needs the SDK of {vendor_stream.provider}: pip install cohere groq mistralai ollama")


def test_the_vendors_sdk_reads_the_same(
    vendor_stream: RecordedStream, seen: SDKResult, record_property: Callable[[str, object], None]
) -> None:
    vendor = vendor_of(vendor_stream) or ""
    reasons = compared(vendor_stream, seen, vendor)
    facts = {"sdk": DISTRIBUTIONS[vendor], **verdict(reasons)}
    record_property("conformance", facts_about(vendor_stream, facts))
    unexplained = {aspect for aspect, reason in reasons.items() if reason is None}
    assert not unexplained, f"{unexplained} differ, and nothing in the stream says why: {seen}"
