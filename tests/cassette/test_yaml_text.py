from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.cassette.nasty_data import DATA, NASTY

from unspool.cassette import yaml_text
from unspool.cassette.yaml_text import format_yaml, parse_yaml
from unspool.errors import CassetteFormatError

WORDS = """
    yes No ON oFF true FALSE y null Null ~ nUll .inf -.Inf +.INF .nan .NaN -.nan
    0 -1 +1 017 08 -017 0x1F -0x1f 0X1 0b101 1_000 0_7 1. .5 -.5 1.5e3 1.5e+3 1e3 1.0e-7 1_0.5 +1.5
    . + ._ 1..2 0x 0b2
"""


def refused(text: str) -> str:
    """The message with which a text is refused."""
    with pytest.raises(CassetteFormatError) as caught:
        parse_yaml(text)
    return str(caught.value)


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML with libyaml, and without."""
    monkeypatch.setattr(yaml_text, "_LOADER", getattr(yaml, request.param))


with_both_parsers = pytest.mark.usefixtures("_loader")


@given(DATA)
def test_what_is_formatted_is_parsed_as_it_was(data: dict[str, Any]) -> None:
    assert parse_yaml(format_yaml(data)) == data


@given(DATA)
def test_what_pyyaml_writes_is_parsed(data: dict[str, Any]) -> None:
    assert parse_yaml(yaml.dump(data, Dumper=yaml.CSafeDumper)) == data


@given(DATA)
def test_pythons_own_parser_reads_the_same(data: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
        assert parse_yaml(format_yaml(data)) == data


@with_both_parsers
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-11-23T23:27:25.123456+00:00", "2026-11-23T23:27:25.123456+00:00"),
        ("12:30:45", "12:30:45"),
        ("=", "="),
        ("<<", "<<"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_some_text_stays_text_that_pyyaml_makes_something_of(text: str, value: str) -> None:
    assert parse_yaml(f"- {text}") == [value]


@with_both_parsers
@pytest.mark.parametrize("text", WORDS.split())
def test_plain_scalars_are_what_pyyaml_takes_them_for(text: str) -> None:
    assert repr(parse_yaml(f"a: {text}")) == repr(yaml.load(f"a: {text}", yaml.CSafeLoader))


@with_both_parsers
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!python/str 1", "1"),
        ("!!python/unicode é", "é"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("!!bool yes", True),
        ("!!null x", None),
        ("!!binary /wA=", b"\xff\0"),
        ("!!map {a: 1}", {"a": 1}),
        ("!!seq [1]", [1]),
        ("!!python/tuple [1, 2]", (1, 2)),
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary /wA=, 0, null]}", b"\xff\0"),
        ("!!python/object/new:_io.BytesIO {state: [text, 0, null]}", b"text"),
        ("!!python/object/new:_io.BytesIO {}", b""),
        ("!!python/object/apply:builtins.iter {args: [[a, b]], state: 0}", ["a", "b"]),
        ("!!python/object/apply:builtins.iter {}", []),
    ],
)
def test_the_tags_that_vcrpy_reads_make_plain_data(text: str, value: object) -> None:
    assert repr(parse_yaml(f"a: {text}")["a"]) == repr(value)


@with_both_parsers
@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system",
        "!!python/object/new:os.system",
        "!!python/object:vcr.request.Request",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!set",
        "!!timestamp",
        "!mine",
        "!<tag:x,2000:y>",
    ],
)
@pytest.mark.parametrize("value", ["[touch /tmp/x]", "{args: [touch /tmp/x]}", "'touch /tmp/x'"])
def test_any_other_tag_is_refused_by_its_name_and_line(tag: str, value: str) -> None:
    message = refused(f"a: 1\nb: {tag} {value}")

    assert message.startswith("line 2, column 4: the tag ")
    assert tag.strip("!<>").removeprefix("tag:") in message


@with_both_parsers
@pytest.mark.parametrize(
    "text",
    [
        "!!binary é",
        "!!binary a",
        "!!int x",
        "!!int 1.5",
        "!!float x",
        "!!bool 1",
        "!!python/object/new:_io.BytesIO {state: 5}",
        "!!python/object/new:_io.BytesIO {state: [5]}",
        "!!python/object/new:_io.BytesIO [a]",
        "!!python/object/apply:builtins.iter {args: 5}",
        "!!python/object/apply:builtins.iter {args: [5]}",
        "!!python/object/apply:builtins.iter x",
        "!!python/tuple x",
    ],
)
def test_a_tag_on_what_it_does_not_fit_is_refused(text: str) -> None:
    assert refused(f"a: {text}").startswith("line 1, column 4: ")


@with_both_parsers
def test_an_alias_is_the_same_object() -> None:
    data = parse_yaml("a: &x [1]\nb: *x\nc: &y text\nd: *y\ne: &x 5\nf: *x")

    assert data == {"a": [1], "b": [1], "c": "text", "d": "text", "e": 5, "f": 5}
    assert data["a"] is data["b"]


def test_what_pyyaml_writes_with_aliases_is_parsed() -> None:
    shared = {"content-type": ["text/plain"]}
    text = yaml.dump({"a": shared, "b": [shared, shared]}, Dumper=yaml.CSafeDumper)

    assert "*id001" in text
    assert parse_yaml(text) == {"a": shared, "b": [shared, shared]}


@with_both_parsers
@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "*a", "[*a, &a 1]"])
def test_an_alias_of_what_has_not_ended_is_refused(text: str) -> None:
    assert "the alias *a stands for nothing that ends before it" in refused(text)


@with_both_parsers
def test_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["a0: &a0 [" + ", ".join(["ha"] * 10) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 12)]
    begun = time.process_time()

    message = refused("\n".join(lines))

    assert "expected aliases to repeat at most 50,000,000 characters, got more" in message
    assert time.process_time() - begun < 1


def test_a_large_text_cannot_be_repeated_for_ever() -> None:
    message = refused("a: &a " + "x" * 1_000_000 + "\nb: [" + "*a, " * 51 + "]")

    assert message.startswith("line 2, column 201: expected aliases to repeat at most")


@with_both_parsers
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_nesting_ends_at_a_hundred_levels(start: str, end: str) -> None:
    parse_yaml(start * 100 + "1" + end * 100)

    assert "expected at most 100 levels of nesting, got more" in refused(start * 101 + "1" + end * 101)
    assert "expected at most 100 levels of nesting, got more" in refused(start * 20_000)


@with_both_parsers
@pytest.mark.parametrize("text", ["a: {<<: {b: 1}}", "x: &x {b: 1}\na: {<<: *x, c: 2}"])
def test_merge_keys_are_refused(text: str) -> None:
    assert "merge keys (<<) aren't read in a cassette: write out what they stand for" in refused(text)


@with_both_parsers
def test_a_quoted_merge_key_is_a_key() -> None:
    assert parse_yaml("'<<': {b: 1}") == {"<<": {"b": 1}}


@with_both_parsers
def test_of_two_equal_keys_the_last_one_wins() -> None:
    assert parse_yaml("a: 1\nb: 2\na: 3") == {"a": 3, "b": 2}


@with_both_parsers
@pytest.mark.parametrize("text", ["? [a]\n: b", "? {a: 1}\n: b", "x: &x [1]\n? *x\n: b"])
def test_a_collection_as_a_key_is_refused(text: str) -> None:
    assert "expected names for a mapping's keys, got a list or a mapping" in refused(text)


@with_both_parsers
@pytest.mark.parametrize("text", ["", "\n \n", "# a comment\n", "---\n...\n"])
def test_a_blank_text_is_none(text: str) -> None:
    assert parse_yaml(text) is None


@with_both_parsers
@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2", "a: 1\n---\n", "---\n---\na: 1"])
def test_more_than_one_document_is_refused(text: str) -> None:
    assert "expected one document, got another after it" in refused(text)


@with_both_parsers
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: 'cut o", "line 2"),
        ('a: "cut o\n', "line "),
        ("a: [1,\n", "line "),
        ("a: 1\n\tb: 2", "line 2, column 1"),
        ("a: b: c", "line 1, column 5"),
        ("a:\n - b\n c: d", "line 3, column 2"),
        ('a: "\\q"', "line 1"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str, place: str) -> None:
    message = refused(text)

    assert message.startswith(place)
    assert "expected YAML, got an error" in message
    assert "restore it from version control or record it again" in message


@with_both_parsers
@pytest.mark.parametrize(("character", "name"), [("\0", "U+0000"), ("\x01", "U+0001"), ("\ufffe", "U+FFFE")])
def test_a_character_that_yaml_has_not_is_refused_with_its_place(character: str, name: str) -> None:
    assert refused(f"é: 1\n😀é: {character}").startswith(f"line 2, column 5: YAML has no character {name}")


@with_both_parsers
def test_a_lone_surrogate_in_a_text_is_refused() -> None:
    refused("a: \ud800")


@given(DATA, st.integers(0, 10_000), st.sampled_from(["", *NASTY]))
def test_a_garbled_text_is_read_or_refused(data: dict[str, Any], at: int, put: str) -> None:
    text = format_yaml(data)
    at %= len(text)
    garbled = text[:at] + put + text[at + 1 :]

    try:
        result = parse_yaml(garbled)
    except CassetteFormatError as error:
        result = {"refused": str(error)}

    assert result is None or isinstance(result, Mapping | list | str | int | float | bytes)


def test_parsing_is_faster_than_pyyaml() -> None:
    headers = {f"x-header-{n}": ["a value"] for n in range(12)}
    text = yaml.dump([{"headers": dict(headers), "code": 200} for _ in range(300)], Dumper=yaml.CSafeDumper)

    ours = min(_seconds(lambda: parse_yaml(text)) for _ in range(5))
    theirs = min(_seconds(lambda: yaml.load(text, yaml.CSafeLoader)) for _ in range(5))

    assert ours < theirs


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
