"""One writer's changes and what others have written meanwhile, as one sequence."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from unspool.cassette.model import Headers, Interaction


def merged(
    found: Sequence[Interaction],
    *,
    base: Sequence[Interaction],
    added: Sequence[Interaction],
    dropped: Callable[[Interaction], bool],
) -> Iterator[Interaction]:
    """What a cassette is to hold after one writer's changes.

    First come those of `base` that stay, with whatever stands among them; then the new ones, those of others
    and `added`, in the order in which they were recorded, so far as each writer's own order allows.

    Args:
        found: what the cassette holds now.
        base: what it held when this writer read it.
        added: what this writer has recorded, in the order of requests.
        dropped: which interactions of `base` are to go.
    """
    going, staying = _Bag(), _Bag()
    for interaction in base:
        (going if dropped(interaction) else staying).add(interaction)
    left = [interaction for interaction in found if not going.take(interaction)]
    old = max((index for index, interaction in enumerate(left, 1) if staying.take(interaction)), default=0)
    yield from left[:old]
    # Not sorted: each of the two keeps its own order, even where its clock was set back.
    yield from heapq.merge(left[old:], added, key=_moment)


def _moment(interaction: Interaction) -> float:
    return interaction.recorded_at or 0.0


class _Bag:
    """Interactions, some of them more than once; they have no hash, since what is extra is a dict."""

    def __init__(self) -> None:
        self._by_key: defaultdict[tuple[object, ...], list[Interaction]] = defaultdict(list)

    def add(self, interaction: Interaction) -> None:
        self._by_key[_key(interaction)].append(_normal(interaction))

    def take(self, interaction: Interaction) -> bool:
        """Take one of its kind out; False if there is none."""
        kind = self._by_key.get(_key(interaction))
        if not kind:
            return False
        normal = _normal(interaction)
        if normal not in kind:
            return False
        kind.remove(normal)
        return True


def _key(interaction: Interaction) -> tuple[object, ...]:
    request = interaction.request
    return request.method, request.uri, request.body, interaction.recorded_at


def _normal(interaction: Interaction) -> Interaction:
    """The interaction such that one in memory equals itself in a file, where headers are grouped by name."""
    return replace(
        interaction,
        request=replace(interaction.request, headers=_grouped(interaction.request.headers)),
        response=replace(interaction.response, headers=_grouped(interaction.response.headers)),
    )


def _grouped(headers: Headers) -> Headers:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in headers:
        values[name.lower()].append(value)
    return tuple((name, ", ".join(several)) for name, several in values.items())
