"""One case of the fuzzer: a stream, a seed, and what that makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.conformance.corpus import RecordedStream
from tests.fuzz import mutations
from tests.fuzz.cassettes import check_cassette
from tests.fuzz.checks import check
from tests.fuzz.faults import broken


@dataclass(frozen=True)
class Case:
    """Streams of a folder, and the number that decides which of them and what happens to it."""

    seed: int

    def run(self, streams: list[RecordedStream]) -> None:
        """Make the stream and check it.

        Raises:
            Exception: whatever shouldn't be.
        """
        random = Random(self.seed)
        stream, other = random.choice(streams), random.choice(streams)
        data = stream.body
        if random.random() < 0.3:
            data = broken(data, stream, random)
        for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
            data = random.choice(mutations.MUTATIONS)(data, random, other.body)
        wire_format = stream.wire_format if random.random() < 0.95 else other.wire_format
        pieces = mutations.cut(data, random)
        check(pieces, wire_format, stream.provider)
        if random.random() < 0.1:
            check_cassette(pieces, random, other.body)

    def name(self, streams: list[RecordedStream]) -> str:
        return Random(self.seed).choice(streams).name
