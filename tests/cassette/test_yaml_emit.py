from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from tests.cassette.nasty_data import DATA

from unspool.cassette.yaml_text import format_yaml, parse_yaml
from unspool.errors import CassetteFormatError


def formatted(value: Any) -> str:
    """The lines that stand for a value under the key `a`."""
    return format_yaml({"a": value}).removeprefix("a:").removesuffix("\n").removeprefix(" ")


@given(DATA)
def test_pyyaml_reads_what_is_formatted(data: dict[str, Any]) -> None:
    assert yaml.load(format_yaml(data), yaml.CSafeLoader) == data


@given(DATA)
def test_all_that_is_formatted_is_ascii_without_trailing_blanks(data: dict[str, Any]) -> None:
    text = format_yaml(data)

    assert text.isascii()
    assert [line for line in text.split("\n") if line != line.rstrip()] == []


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


def test_each_line_with_crlf_stands_on_a_line_of_its_own() -> None:
    assert formatted("data: café\r\n\r\n  x\r\n") == ('"data: caf\\xe9\\r\\n\\\n  \\r\\n\\\n  \\  x\\r\\n"')


def test_characters_beyond_the_first_plane_are_escaped_as_one() -> None:
    assert formatted("\U0001f600") == '"\\U0001f600"'


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
    with pytest.raises(CassetteFormatError, match="UTF-8 has no bytes for a lone surrogate"):
        format_yaml({"a": "\ud800"})


def test_an_object_is_refused() -> None:
    with pytest.raises(CassetteFormatError, match=r"a cassette holds text, .* not <object object"):
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
