from __future__ import annotations

from tests.drift.page import LEAST, Corpus, page

from unspool.drift.findings import Finding

RELEASES = {"openai 2.54.0": 30, "openai 3.57.0": 30}


def _findings(rule: str, where: str, count: int, *releases: str, detail: str = "") -> list[Finding]:
    return [
        Finding(release, rule, where, f"{number}.json", 0, detail)
        for release in releases
        for number in range(count)
    ]


FINDINGS = [
    *_findings("sdk-raises", "TypeError", 2, "openai 2.54.0", detail="TypeError: no index"),
    *_findings("helper-differs", "text", 1, *RELEASES, detail="'A secret', read as ''"),
    *_findings("field-unmodelled", "usage.cost", LEAST, *RELEASES),
    *_findings("field-unmodelled", "obfuscation", 3, "openai 2.54.0"),
    *_findings("field-unmodelled", "seldom", 1, *RELEASES),
]
PAGE = page(Corpus(1738, 41, 20), FINDINGS, RELEASES)


def test_losses_have_a_column_for_each_release() -> None:
    assert "| rule | where | openai 2.54.0 | openai 3.57.0 |" in PAGE
    assert "| `sdk-raises` | `TypeError`: no index | 2 | 0 |" in PAGE


def test_frequent_notes_and_those_that_differ_have_rows_and_the_others_are_counted() -> None:
    assert f"| `field-unmodelled` | `usage.cost` | {LEAST} | {LEAST} |" in PAGE
    assert "| `field-unmodelled` | `obfuscation` | 3 | 0 |" in PAGE
    assert "seldom" not in PAGE
    assert "1 note." in PAGE


def test_no_words_of_a_recording_are_published() -> None:
    assert "secret" not in PAGE


def test_the_page_says_what_was_read_and_that_it_is_not_published() -> None:
    assert "over 1,738 streams of models of 41\nproviders, in 20 wire formats" in PAGE
    assert "The recordings aren't\npublished" in PAGE
