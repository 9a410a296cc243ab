"""The page of what the checks found, from facts such as they note."""

from __future__ import annotations

from tests.conformance.__main__ import PAGE
from tests.conformance.page import page
from tests.conformance.table import Facts

READ: Facts = {"provider": "acme", "format": "openai-chat", "events": 1200, "chunks": 7, "errors": 1}
COMPARED: Facts = {"provider": "acme", "format": "openai-chat", "sdk": "acme-sdk"}
FACTS: list[Facts] = [
    READ,
    {**COMPARED, "agrees": 1, "explained": 0, "reasons": []},
    {**COMPARED, "agrees": 0, "explained": 1, "reasons": ["it says so"]},
    {**READ, "provider": "mute", "format": "jsonrpc-sse"},
    {"left": {}},
]
WRITTEN = page(FACTS, {"acme-sdk": "1.2"})


def test_there_is_a_row_for_each_provider_and_format_and_one_for_all() -> None:
    assert "| openai-chat | acme | 1 | 1,200 | 7 | 1 | 1 | 1 | 0 |" in WRITTEN
    assert "| jsonrpc-sse | mute | 1 | 1,200 | 7 | 1 |  |  |  |" in WRITTEN
    assert "| all |  | 2 | 2,400 | 14 | 2 | 1 | 1 | 0 |" in WRITTEN


def test_there_is_a_row_for_each_sdk_with_its_version() -> None:
    assert "| acme-sdk 1.2 | 2 | 1 | 1 | 0 |" in WRITTEN


def test_reasons_are_counted() -> None:
    assert "| 1 | it says so |" in WRITTEN


def test_the_page_in_the_docs_is_written_as_it_is_now() -> None:
    kept = PAGE.read_text("utf-8").splitlines()
    assert [line for line in WRITTEN.splitlines() if not line.startswith("| ") and line not in kept] == []


def test_nothing_on_the_page_in_the_docs_is_unexplained() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| all |")]
    assert [row.endswith("| 0 |") for row in rows] == [True]
