from __future__ import annotations

import pytest

from unspool.drift.findings import RULES, Finding, Tier, exit_status


@pytest.mark.parametrize(
    ("rules", "status"),
    [([], 0), (["times"], 0), (["times", "field-gone"], 1), (["field-gone", "status", "times"], 2)],
)
def test_the_exit_status_is_that_of_the_worst_finding(rules: list[str], status: int) -> None:
    assert exit_status(Finding("provider", rule) for rule in rules) == status


def test_a_finding_has_the_tier_and_the_meaning_of_its_rule() -> None:
    finding = Finding("openai 3.57.0", "sdk-raises")
    assert (finding.tier, finding.meaning) == RULES["sdk-raises"]
    assert finding.tier is Tier.ERROR


def test_the_name_of_a_subject_has_no_release() -> None:
    assert Finding("openai 3.57.0", "sdk-raises").name == "openai"
    assert Finding("provider", "status").name == "provider"
