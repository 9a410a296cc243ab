from __future__ import annotations

import json

from unspool.drift.findings import Finding
from unspool.drift.reports import Report, as_github, as_json, as_markdown, as_text, rows_of, summary

FINDINGS = [
    Finding("openai 2.54.0", "field-unmodelled", "usage.cost", "a.yaml", 0),
    Finding("openai 2.54.0", "sdk-raises", "TypeError", "a.yaml", 0, "TypeError: no | index"),
    Finding("openai 3.57.0", "field-unmodelled", "usage.cost", "a.yaml", 0),
    Finding("openai 3.57.0", "field-unmodelled", "usage.cost", "a.yaml", 1),
    Finding("openai 3.57.0", "field-unmodelled", "usage.cost", "a.yaml", 1),
]
REPORT = Report(FINDINGS, {"openai 2.54.0": 7, "openai 3.57.0": 7}, ["written: b.yaml"])


def test_rows_count_streams_by_release_errors_first() -> None:
    assert [(row.rule, dict(row.counts)) for row in rows_of(FINDINGS)] == [
        ("sdk-raises", {"openai 2.54.0": 1}),
        ("field-unmodelled", {"openai 2.54.0": 1, "openai 3.57.0": 2}),
    ]


def test_text_has_a_line_for_each_rule_and_place() -> None:
    lines = as_text(REPORT).splitlines()
    assert lines[0].startswith("error   sdk-raises TypeError: ")
    assert "openai 2.54.0 in 1 stream, openai 3.57.0 in 2 streams" in lines[2]
    assert lines[-2] == "unspool: written: b.yaml"


def test_the_summary_counts_tiers_and_streams() -> None:
    assert (
        summary(REPORT)
        == "1 error, 0 warnings, 4 notes; openai 2.54.0 over 7 streams, openai 3.57.0 over 7 streams"
    )


def test_json_has_every_finding_and_the_status() -> None:
    document = json.loads(as_json(REPORT))
    assert (document["status"], len(document["findings"])) == (2, 5)
    assert document["findings"][1]["tier"] == "error"


def test_markdown_has_a_column_for_each_release() -> None:
    lines = as_markdown(REPORT).splitlines()
    assert "| tier | rule | where | openai 2.54.0 | openai 3.57.0 | for example |" in lines
    assert "| info | `field-unmodelled` | `usage.cost` | 1 | 2 |  |" in lines


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert "TypeError: no \\| index |" in as_markdown(REPORT)


def test_github_annotates_files() -> None:
    report = Report([Finding("provider", "model", "", "a,b.yaml", 0, "50%\nmore")], {})
    assert as_github(report).splitlines()[0] == (
        "::warning file=a%2Cb.yaml,title=drift model::provider: another model answers: 50%25%0Amore"
    )


def test_of_a_provider_responses_are_counted() -> None:
    assert summary(Report([], {"provider": 2, "requests": 1})).endswith(
        "provider over 2 responses, requests over 1 request"
    )
