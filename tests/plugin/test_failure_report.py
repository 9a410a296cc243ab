"""What a failing test's report says of how much was read."""

from __future__ import annotations

import pytest

import unspool
from pytest_unspool import story
from unspool.cassette.player import Play


@pytest.mark.parametrize(
    ("read", "said"),
    [(0, "0 of {} pieces read"), (1, "1 of {} pieces read"), (208, "208 pieces read, {} recorded")],
)
def test_the_pieces_add_up(read: int, said: str) -> None:
    cassette = unspool.Cassette.load(unspool.sample_path("openai/text"))
    (interaction,) = cassette.interactions
    assert interaction.response.timeline is not None
    cassette.plays.append(Play(interaction, pieces=read))

    line = next(iter(story.of_cassette(cassette)))

    assert line.endswith(said.format(len(interaction.response.timeline.chunks)))


def test_one_piece_is_no_pieces() -> None:
    assert story._read(1, 1) == "1 of 1 piece read"
