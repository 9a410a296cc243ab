"""Ways in which a stream's bytes may go wrong, each decided by a `Random`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import pairwise
from random import Random
from typing import Any

Mutation = Callable[[bytes, Random, bytes], bytes]
"""The bytes, what decides, and another stream's bytes."""


def flip_bits(data: bytes, random: Random, _other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncate(data: bytes, random: Random, _other: bytes) -> bytes:
    return data[: random.randint(0, len(data))]


def behead(data: bytes, random: Random, _other: bytes) -> bytes:
    return data[random.randint(0, len(data)) :]


def splice(data: bytes, random: Random, other: bytes) -> bytes:
    """The beginning of one, the end of another."""
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def insert(data: bytes, random: Random, other: bytes) -> bytes:
    place, start = random.randint(0, len(data)), random.randint(0, len(other))
    return data[:place] + other[start : start + random.randint(1, 2_000)] + data[place:]


def repeat(data: bytes, random: Random, _other: bytes) -> bytes:
    start = random.randint(0, len(data))
    piece = data[start : start + random.randint(1, 500)]
    return data[:start] + piece * random.randint(2, 50) + data[start:]


def noise(data: bytes, random: Random, _other: bytes) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + random.randbytes(random.randint(1, 64)) + data[place:]


def join_lines(data: bytes, random: Random, _other: bytes) -> bytes:
    return data.replace(b"\n", random.choice([b"", b"\r", b"\r\n", b"\n\n", b" "]))


def swap_events(data: bytes, random: Random, other: bytes) -> bytes:
    """Whole events of both, in any order."""
    events = [*data.split(b"\n\n"), *random.sample(parts := other.split(b"\n\n"), min(len(parts), 3))]
    for _ in range(random.randint(1, 5)):
        one, two = random.randrange(len(events)), random.randrange(len(events))
        events[one], events[two] = events[two], events[one]
    return b"\n\n".join(events)


# JSON that isn't as documented

# fmt: off
ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 2**70, 1.5, 1e308, "", "x", "\ud800", "\x00", "null", "[DONE]",
    [], {}, [None], [[]], [{}], {"": None}, [1, "a"], {"index": "a"}, {"text": 5}, {"type": "text"},
]
# fmt: on


def change_json(data: bytes, random: Random, other: bytes) -> bytes:
    """In some events a value becomes another's, or something odd, or is gone."""
    lines, donors = data.split(b"\n"), other.split(b"\n")
    filled = [place for place, line in enumerate(lines) if b"{" in line]
    for place in random.choices(filled, k=random.randint(1, 6)) if filled else ():
        lines[place] = _changed_line(lines[place], random.choice(donors), random)
    return b"\n".join(lines)


def _changed_line(line: bytes, donor: bytes, random: Random) -> bytes:
    start, value = _json_in(line)
    places = list(_places(value))
    if not places:
        return line
    _, given = _json_in(donor if random.random() < 0.2 else line)
    _change(*random.choice(places), random.choice(list(_places(given)) or places), random)
    return line[:start] + json.dumps(value, allow_nan=False).encode()


def _json_in(line: bytes) -> tuple[int, Any]:
    start = line.find(b"{")
    try:
        return start, json.loads(line[start:].rstrip(b","))
    except ValueError:
        return start, None


def _change(holder: Any, key: Any, donor: tuple[Any, Any], random: Random) -> None:
    what = random.randrange(5)
    if what == 0:
        del holder[key]
    elif what == 1:
        holder[key] = deepcopy(donor[0][donor[1]])
    elif what == 2 and isinstance(holder, dict):
        holder[str(donor[1])] = deepcopy(donor[0][donor[1]])
    else:
        holder[key] = random.choice(ODD_VALUES)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


BYTES: tuple[Mutation, ...] = (
    flip_bits,
    truncate,
    behead,
    splice,
    insert,
    repeat,
    noise,
    join_lines,
    swap_events,
)
MUTATIONS: tuple[Mutation, ...] = (*BYTES, *[change_json] * 12)
"""Half of them leave the bytes readable, or nobody would look into them."""


def cut(data: bytes, random: Random) -> list[bytes]:
    """The data in pieces of any size, single bytes among them."""
    count = random.choice([0, 1, 5, len(data) // 100, len(data) // 10])
    places = sorted({0, len(data), *(random.randint(0, len(data)) for _ in range(count))})
    return [data[start:end] for start, end in pairwise(places)]
