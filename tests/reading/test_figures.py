from __future__ import annotations

from pathlib import Path

import pytest

from unspool.cassette.store import load
from unspool.faults import Break, ErrorEvent
from unspool.reading.exchange import Exchange, read_exchange
from unspool.reading.figures import GROUPS, figures
from unspool.samples import sample_path

PATH = Path("cassettes/test_it/test_rain.yaml")


def sample(name: str) -> Exchange:
    return read_exchange(0, load(sample_path(name)).interactions[0])


TEXT, TOOLS, CLAUDE = sample("openai/text"), sample("openai/parallel-tools"), sample("anthropic/thinking")


def test_each_provider_has_its_figures_and_all_have_a_total() -> None:
    found = figures([(PATH, TEXT), (PATH, TOOLS), (PATH, CLAUDE)], "provider")

    assert list(found) == ["anthropic", "openai", "total"]
    assert [one.streams for one in found.values()] == [1, 2, 3]
    assert (found["openai"].input, found["openai"].output) == (84, 47)


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("model", "gpt-4o-mini"),
        ("format", "openai-chat"),
        ("provider", "openai"),
        ("test", "cassettes/test_it/test_rain"),
    ],
)
def test_they_are_grouped_as_asked(by: str, name: str) -> None:
    assert by in GROUPS
    assert figures([(PATH, TEXT)], by)[name].interactions == 1


def test_broken_streams_and_errors_are_counted() -> None:
    whole = TEXT.interaction
    broken = [read_exchange(0, fault.apply(whole)) for fault in (Break(3), ErrorEvent(after=2))]

    assert figures([(PATH, one) for one in (TEXT, *broken)], "model")["total"].errors == 2


def test_times_are_quantiles_over_recordings() -> None:
    total = figures([(PATH, TEXT), (PATH, TOOLS), (PATH, CLAUDE)], "model")["total"]
    firsts = sorted(one.time_line.first_at or 0 for one in (TEXT, TOOLS, CLAUDE) if one.time_line)

    assert total.quantiles()[0] == firsts[1]
    assert total.quantiles()[1] == firsts[2]


def test_the_oldest_is_the_first_that_was_recorded() -> None:
    times = [one.interaction.recorded_at or 0 for one in (TEXT, CLAUDE)]

    assert figures([(PATH, TEXT), (PATH, CLAUDE)], "model")["total"].oldest == min(times)
