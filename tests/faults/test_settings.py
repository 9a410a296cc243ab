"""A fault's settings are checked against its annotations."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Any, Literal

import pytest

from unspool.cassette.model import Headers
from unspool.errors import FaultError
from unspool.faults.settings import check_settings


@dataclass
class Every:
    """A fault with a setting of each kind."""

    flag: bool = False
    data: bytes = b""
    seconds: float = 0.0
    count: int = 0
    text: str = ""
    maybe: int | None = None
    kind: Literal["a", "b"] = "a"
    headers: Headers = ()
    places: tuple[int, ...] = ()


GOOD = [("flag", True), ("data", b"x"), ("seconds", 2), ("count", 3), ("text", "x"), ("maybe", None)]
GOOD += [("maybe", 1), ("kind", "b"), ("headers", (("a", "b"),)), ("places", (1, 2))]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_value_of_the_annotated_type_is_taken(name: str, value: Any) -> None:
    check_settings(Every(**{name: value}))


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("flag", 1, "True or False"),
        ("data", "x", "bytes"),
        ("seconds", -0.1, "a number of at least 0"),
        ("seconds", nan, "a number of at least 0"),
        ("seconds", inf, "a number of at least 0"),
        ("seconds", True, "a number of at least 0"),
        ("count", 1.0, "a whole number of at least 0"),
        ("count", -1, "a whole number of at least 0"),
        ("count", True, "a whole number of at least 0"),
        ("text", b"x", "text"),
        ("maybe", "1", "a whole number of at least 0 or None"),
        ("kind", "c", "one of 'a', 'b'"),
        ("headers", (("a", 1),), "a tuple of pairs of text"),
        ("headers", (("a", "b", "c"),), "a tuple of pairs of text"),
    ],
)
def test_another_is_refused_with_what_was_expected(name: str, value: Any, wanted: str) -> None:
    with pytest.raises(FaultError) as raised:
        check_settings(Every(**{name: value}))
    assert str(raised.value) == f"expected {name} to be {wanted}, got {value!r}"


def test_a_dict_of_headers_is_refused_with_what_to_write() -> None:
    with pytest.raises(FaultError, match=r"; write tuple\(headers.items\(\)\)$"):
        check_settings(Every(headers={"a": "b"}))  # type: ignore[arg-type]


def test_a_place_of_another_type_is_refused() -> None:
    with pytest.raises(FaultError, match="expected places to be"):
        check_settings(Every(places=(1, "2")))  # type: ignore[arg-type]


def test_only_the_named_field_may_be_endless() -> None:
    check_settings(Every(seconds=inf), endless="seconds")
    with pytest.raises(FaultError, match="expected seconds"):
        check_settings(Every(seconds=inf), endless="count")
