"""`python -m tests.conformance.splits FOLDER`: its streams, cut in more ways than a test has time for.

Each is cut byte by byte, into pieces of several sizes, and in two: at every place if it's short, else at
places drawn by lot, the same in every run. The shortest streams come first.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from tests.conformance.corpus import RecordedStream, read_corpus
from tests.conformance.test_splits import assert_same_as_whole

SIZES = (1, 2, 3, 7, 64, 150, 1000, 4096)
"""Of pieces, in bytes."""

SHORT = 1000
"""Up to so many bytes a stream is cut in two at every place; a longer one at `DRAWN` places."""
DRAWN = 40


def main() -> None:
    options = _options()
    end = monotonic() + options.minutes * 60
    streams = sorted(read_corpus(Path(options.folder)), key=lambda stream: len(stream.body))
    done, splits, wrong = 0, 0, []
    for stream in streams:
        if monotonic() > end:
            break
        ways = list(cuts(stream))
        wrong += [f"{stream.name}: cut at {_told(places)}" for places in ways if not is_same(stream, places)]
        done, splits = done + 1, splits + len(ways)
    told = f"{done:,} of {len(streams):,} streams, {splits:,} splits, {len(wrong)} wrong"
    print("\n".join([*wrong, told]))  # noqa: T201 - it's a command
    sys.exit(bool(wrong))


def cuts(stream: RecordedStream) -> Iterator[range | list[int]]:
    """The places of the cuts, split by split."""
    length = len(stream.body)
    yield from (range(size, length, size) for size in SIZES if size < length)
    places = range(1, length)
    if length > SHORT:
        places = sorted(random.Random(stream.seed).sample(places, DRAWN))
    yield from ([place] for place in places)


def is_same(stream: RecordedStream, places: range | list[int]) -> bool:
    body = stream.body
    ends = [*places, len(body)]
    try:
        assert_same_as_whole(stream, (body[start:end] for start, end in zip([0, *ends], ends, strict=False)))
    except AssertionError:
        return False
    return True


def _told(places: range | list[int]) -> str:
    return f"every {places.step} bytes" if isinstance(places, range) else f"byte {places[0]}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.splits", description=__doc__)
    parser.add_argument("folder", help="recorded streams, with a MANIFEST.tsv")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after the stream at hand")
    return parser.parse_args()


if __name__ == "__main__":
    main()
