"""Text as readers see it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.graphemes import graphemes

CLUSTERS = [
    "a",
    "\r\n",
    "\n",
    "e\u0301",
    "n\u0303\u0323",
    "❤\ufe0f",
    "👍🏽",
    "👨\u200d👩\u200d👧\u200d👦",
    "👩🏽\u200d🔬",
    "🏳\ufe0f\u200d🌈",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "1\ufe0f\u20e3",
    "각",
    "\u1100\u1161\u11a8",
    "가\u11a8",
    "นำ",
    "क्षि",
    "\u0600\u0661",
    "日",
]


@pytest.mark.parametrize("cluster", CLUSTERS, ids=ascii)
def test_a_cluster_is_one_grapheme(cluster: str) -> None:
    assert graphemes(cluster) == [cluster]


def test_clusters_stand_side_by_side() -> None:
    assert graphemes("".join(CLUSTERS)) == CLUSTERS


def test_a_third_regional_letter_begins_a_new_flag() -> None:
    assert graphemes("🇩🇪🇫🇷🇮") == ["🇩🇪", "🇫🇷", "🇮"]


def test_no_text_has_no_graphemes() -> None:
    assert graphemes("") == []


assigned = st.characters(exclude_categories=["Cn", "Co", "Cs"])
interesting = st.sampled_from(sorted(set("".join(CLUSTERS))))


@given(st.lists(interesting | assigned, max_size=12).map("".join))
def test_no_cluster_of_the_standard_is_ever_split(text: str) -> None:
    regex = pytest.importorskip("regex")
    ours, standard = graphemes(text), regex.findall(r"\X", text)
    assert "".join(ours) == text
    assert ends(ours) <= ends(standard)


def ends(clusters: list[str]) -> set[int]:
    return set(itertools.accumulate(map(len, clusters)))
