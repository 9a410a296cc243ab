from __future__ import annotations

import math
import time
import tracemalloc
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from tests.cassette.nasty_data import DATA

from unspool.cassette.yaml_emit import yaml_pieces
from unspool.cassette.yaml_text import format_yaml, parse_yaml
from unspool.errors import CassetteFormatError


def formatted(value: Any) -> str:
    """The lines that stand for a value under the key `a`."""
    return format_yaml({"a": value}).removeprefix("a:").removesuffix("\n").removeprefix(" ")


@pytest.mark.parametrize("in_ascii", [False, True])
@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
@given(data=DATA)
def test_pyyaml_reads_what_is_formatted(data: dict[str, Any], loader: Any, in_ascii: bool) -> None:
    assert yaml.load(format_yaml(data, ascii=in_ascii), loader) == data


@given(DATA)
def test_no_line_ends_in_a_blank_or_contains_a_character_that_cannot_be_seen(data: dict[str, Any]) -> None:
    text = format_yaml(data)

    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    assert {c for c in text if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"}} <= {"\n", "\t"}
    assert not set(text) & set(
        "\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2069\ufffe\uffff"
    )


@given(DATA)
def test_it_is_ascii_where_that_is_asked_for(data: dict[str, Any]) -> None:
    assert format_yaml(data, ascii=True).isascii()


@pytest.mark.parametrize(
    "text", ["application/json", "https://a.b/c?d=e&f=g", "Mon, 23 Nov 2026", "60@1.5 2*7@9"]
)
def test_a_text_that_can_be_nothing_else_stands_plain(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "Y",
        "NULL",
        "nan",
        "200",
        "1e3",
        "0o7",
        "1_000",
        "12:30:45",
        "2026-01-01",
        "a: b",
        "a:",
        "a #b",
        "- a",
    ],
)
def test_a_text_that_could_be_something_else_is_quoted(text: str) -> None:
    assert formatted(text) == f"'{text}'"


def test_json_stays_readable() -> None:
    assert formatted('{"text": "it\'s"}') == """'{"text": "it\'\'s"}'"""


def test_lines_of_plain_text_stand_in_a_block() -> None:
    assert formatted("data: a\n\ndata: b") == "|-\n  data: a\n\n  data: b"
    assert formatted("data: a\n") == "|\n  data: a"


def test_blank_lines_at_the_end_of_a_file_are_safe_from_editors() -> None:
    assert format_yaml({"a": "data: a\n\n"}) == "a: |+\n  data: a\n\n...\n"
    assert format_yaml({"a": "data: a\n\n", "b": 1}) == "a: |+\n  data: a\n\nb: 1\n"


@pytest.mark.parametrize("text", ["a \nb", "a\t\nb", "a\nb ", " a\nb", "\na"])
def test_blanks_that_an_editor_would_trim_are_quoted(text: str) -> None:
    assert formatted(text).startswith('"')


@pytest.mark.parametrize(
    "said", ["☔", "“quoted”", "日本語", "Привет", "नमस्ते", "שלום", "👩\u200d👩\u200d👧", "e\u0301"]
)
def test_text_in_any_script_stands_as_text(said: str) -> None:
    assert formatted(f"data: {said}\n\ndata: b") == f"|-\n  data: {said}\n\n  data: b"
    assert formatted(f'{{"say":"{said}"}}') == f"""'{{"say":"{said}"}}'"""


@pytest.mark.parametrize(
    ("character", "escape"),
    [
        ("\0", "\\x00"),
        ("\x1b", "\\x1b"),
        ("\x7f", "\\x7f"),
        ("\x85", "\\x85"),
        ("\x9f", "\\x9f"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
        ("\ufeff", "\\ufeff"),
        ("\u202e", "\\u202e"),
        ("\u2067", "\\u2067"),
        ("\uffff", "\\uffff"),
    ],
)
def test_only_what_yaml_cannot_contain_or_a_reviewer_cannot_see_is_escaped(
    character: str, escape: str
) -> None:
    assert formatted(f"data: ☔ {character}\n\ndata: “b”\n\n") == (
        f'"data: ☔ {escape}\\n\\n\\\n  data: “b”\\n\\n"'
    )


def test_each_event_with_crlf_stands_on_a_line_of_its_own() -> None:
    assert formatted('data: "café"\r\n\r\n  x\\\r\n') == (
        r'''"data: \"café\"\r\n\r\n\
  \  x\\\r\n"'''
    )
    assert (
        formatted("data: a\r\rdata: b\r\r")
        == r'''"data: a\r\r\
  data: b\r\r"'''
    )


@pytest.mark.parametrize("blank", ["\xa0", "\u3000", "\u2003"])
def test_no_blank_of_any_script_ends_a_line(blank: str) -> None:
    assert formatted(f"a{blank}\nb").startswith('"')


def test_characters_beyond_the_first_plane_are_escaped_as_one() -> None:
    assert format_yaml({"a": "\U0001f600"}, ascii=True) == 'a: "\\U0001f600"\n'


def test_bytes_stand_as_base64_in_lines_of_76() -> None:
    assert formatted(b"\xff" * 60) == "!!binary |\n  " + "/" * 76 + "\n  ////"
    assert formatted(b"") == "!!binary ''"


def test_lists_stand_under_their_key_as_pyyaml_puts_them() -> None:
    data = {"version": 1, "interactions": [{"request": {"headers": {"a": ["b"]}}, "c": [[1], []], "d": {}}]}

    assert format_yaml(data) == (
        "version: 1\n"
        "interactions:\n"
        "- request:\n"
        "    headers:\n"
        "      a:\n"
        "      - b\n"
        "  c:\n"
        "  - - 1\n"
        "  - []\n"
        "  d: {}\n"
    )


@pytest.mark.parametrize("key", ["k" * 3000, "a b" * 1000, "é" * 500, "a\nb", "", "~", 1, 1.5, True, None])
def test_any_scalar_can_be_a_key(key: Any) -> None:
    text = format_yaml({key: {key: [{key: 1}]}})

    assert parse_yaml(text) == yaml.load(text, yaml.CSafeLoader) == {key: {key: [{key: 1}]}}


@pytest.mark.parametrize("number", [1e16, 1e-7, -0.0, 1.5, 10**30, -(10**30), math.inf, -math.inf])
def test_a_number_is_the_same_number_again(number: float) -> None:
    assert repr(parse_yaml(format_yaml({"a": number}))["a"]) == repr(number)
    assert repr(yaml.load(format_yaml({"a": number}), yaml.CSafeLoader)["a"]) == repr(number)


def test_not_a_number_is_none_again() -> None:
    assert math.isnan(parse_yaml(format_yaml({"a": math.nan}))["a"])


def test_nothing_is_an_empty_mapping() -> None:
    assert format_yaml({}) == "{}\n"


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(CassetteFormatError, match="UTF-8 can't encode a lone surrogate"):
        format_yaml({"a": "\ud800"})


def test_an_object_is_refused() -> None:
    with pytest.raises(CassetteFormatError, match=r"a cassette contains text, .* not <object object"):
        format_yaml({"a": object()})


def test_a_large_body_is_held_about_twice() -> None:
    body = bytes(range(256)) * 40_000
    tracemalloc.start()
    try:
        text = format_yaml({"a": body})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 2.5 * len(text)
    assert parse_yaml(text)["a"] == body


def test_formatting_is_faster_than_pyyaml() -> None:
    headers = {f"x-header-{n}": ["a value"] for n in range(12)}
    data = {"a": [{"headers": dict(headers), "code": 200, "body": "data: {}\n\n" * 20} for _ in range(300)]}

    ours = min(_seconds(lambda: format_yaml(data)) for _ in range(5))
    theirs = min(_seconds(lambda: yaml.dump(data, Dumper=yaml.CSafeDumper)) for _ in range(5))

    assert ours < theirs


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n" * 70_000, "\n\nlast"])
@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 200_000])
def test_a_long_text_is_written_in_pieces_that_make_the_same_block(size: int, end: str) -> None:
    text = ("data: it rains\n\n" * (size // 16 + 1))[:size].rstrip("\n") + end

    pieces = list(yaml_pieces({"a": text, "b": 1}))
    block = "".join(f"  {line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n"))

    assert "".join(pieces).partition("\n")[2] == f"{block}b: 1\n"
    assert max(map(len, pieces)) < 250_000
    assert parse_yaml("".join(pieces)) == {"a": text, "b": 1}
    assert parse_yaml(format_yaml({"a": text})) == {"a": text}


def test_a_large_text_in_double_quotes_is_written_in_pieces_that_read_the_same() -> None:
    text = " a\x01\n b \n" * 40_000
    written = list(yaml_pieces({"body": text, "next": "x\r"}))
    assert max(map(len, written)) < 200_000
    assert parse_yaml("".join(written)) == {"body": text, "next": "x\r"}
