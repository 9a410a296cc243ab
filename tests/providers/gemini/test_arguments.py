"""Arguments that come piece by piece, as the text that they are pieces of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.providers.gemini.events import piece

from unspool.providers.gemini.arguments import ArgumentsWriter
from unspool.providers.json_events import JSON

CASES: dict[str, tuple[list[JSON], Any]] = {
    "nothing": ([], {}),
    "one value": ([piece("$.at", stringValue="sky")], {"at": "sky"}),
    "a text in pieces": (
        [
            piece("$.at", stringValue="the ", more=True),
            piece("$.at", stringValue="sky", more=True),
            piece("$.at", stringValue=""),
        ],
        {"at": "the sky"},
    ),
    "a text that nobody ended": (
        [piece("$.at", stringValue="sky", more=True), piece("$.n", numberValue=1)],
        {"at": "sky", "n": 1},
    ),
    "all kinds": (
        [
            piece("$.a", numberValue=0.5),
            piece("$.b", boolValue=False),
            piece("$.c", nullValue="NULL_VALUE"),
            piece("$.d", stringValue='ü "quoted" \n'),
        ],
        {"a": 0.5, "b": False, "c": None, "d": 'ü "quoted" \n'},
    ),
    "nested": (
        [
            piece("$.who.name", stringValue="Ada"),
            piece("$.who.likes[0].what", stringValue="engines"),
            piece("$.who.likes[0].much", boolValue=True),
            piece("$.who.likes[1].what", stringValue="poems"),
            piece("$.who.born.year", numberValue=1815),
            piece("$.last", boolValue=True),
        ],
        {
            "who": {
                "name": "Ada",
                "likes": [{"what": "engines", "much": True}, {"what": "poems"}],
                "born": {"year": 1815},
            },
            "last": True,
        },
    ),
    "lists in lists": (
        [
            piece("$.m[0][0]", numberValue=1),
            piece("$.m[0][1]", numberValue=2),
            piece("$.m[1][0]", numberValue=3),
        ],
        {"m": [[1, 2], [3]]},
    ),
    "odd names": (
        [piece("$['a.b'].c", numberValue=1), piece("""$["it\\"s"]""", numberValue=2)],
        {"a.b": {"c": 1}, 'it"s': 2},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_what_json_would_write(name: str) -> None:
    pieces, expected = CASES[name]
    writer = ArgumentsWriter()
    written = "".join(map(writer.write, pieces)) + writer.close()
    assert written == json.dumps(expected, ensure_ascii=False)


def test_every_piece_is_told_at_once() -> None:
    writer = ArgumentsWriter()
    told = [
        writer.write(piece("$.at", stringValue="the ", more=True)),
        writer.write(piece("$.at", stringValue="sky")),
        writer.write(piece("$.n[0]", numberValue=1)),
        writer.close(),
    ]
    assert told == ['{"at": "the ', 'sky"', ', "n": [1', "]}"]


@pytest.mark.parametrize("path", ["", "$", "at", "$.a[x]", "$..a"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="must lead to an argument"):
        ArgumentsWriter().write(piece(path, stringValue="sky"))
