from __future__ import annotations

import re
from pathlib import Path

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


GUIDE = (Path(__file__).parents[2] / "docs" / "how-to" / "drift.md").read_text("utf-8")


@pytest.mark.parametrize("tier", Tier)
def test_the_guide_names_each_rule_about_providers_in_its_tier(tier: Tier) -> None:
    rules = list(RULES)
    about_providers = rules[rules.index("status") : rules.index("age")]
    [row] = re.findall(rf"^\| {tier} \| (.*) \|$", GUIDE, re.MULTILINE)
    assert set(re.findall("`(.+?)`", row)) == {rule for rule in about_providers if RULES[rule][0] is tier}


def test_the_guide_names_each_rule_about_sdks() -> None:
    rules = list(RULES)
    assert [rule for rule in rules[: rules.index("status")] if f"`{rule}`" not in GUIDE] == []
