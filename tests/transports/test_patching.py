"""Attributes with ours in their place: for how long, and beside other tools."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from unspool.transports.patching import Installation, Swap


class Client:
    """What is swapped."""

    def send(self) -> str:
        return "sent"


class Base:
    def send(self) -> str:
        return "sent"


class Derived(Base):
    """Its `send` is inherited."""


def recorded(original: Callable[[Any], str]) -> Callable[[Any], str]:
    def send(self: Any) -> str:
        return f"recorded {original(self)}"

    return send


def installation(owner: type = Client) -> Installation:
    return Installation({"sys": lambda _module: [Swap(owner, "send", recorded)]})


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    original = Client.send
    yield
    Client.send = original  # type: ignore[method-assign]


@contextmanager
def mocked(owner: type = Client, answer: str = "mocked") -> Iterator[None]:
    """As a mocking library replaces a method, and puts back what it found."""
    found = vars(owner).get("send")

    def send(self: Any) -> str:
        return answer

    setattr(owner, "send", send)  # noqa: B010 - mypy takes no assignment
    try:
        yield
    finally:
        if found is None:
            delattr(owner, "send")
        else:
            setattr(owner, "send", found)  # noqa: B010 - as above


def test_a_method_stays_swapped_and_is_swapped_once() -> None:
    place = installation()
    for _ in range(3):
        with place.in_use():
            assert Client().send() == "recorded sent"
    assert Client().send() == "recorded sent"


def test_a_replacement_that_was_there_first_gets_ours_on_top_until_the_block_ends() -> None:
    place = installation()
    with mocked():
        with place.in_use():
            assert Client().send() == "recorded mocked"
        assert Client().send() == "mocked"
    assert Client().send() == "sent"
    with place.in_use():
        assert Client().send() == "recorded sent"


def test_nested_blocks_put_ours_on_top_once() -> None:
    place = installation()
    with mocked(), place.in_use():
        for _ in range(3):
            with place.in_use():
                assert Client().send() == "recorded mocked"


def test_a_replacement_from_inside_the_block_is_left_alone_and_covered_by_the_next() -> None:
    place = installation()
    with place.in_use():
        with mocked():
            assert Client().send() == "mocked"
            with place.in_use():
                assert Client().send() == "recorded mocked"
        assert Client().send() == "recorded sent"


def test_a_block_that_ends_before_the_mock_that_it_was_put_over() -> None:
    place = installation()
    outer, inner = mocked(), place.in_use()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)  # takes ours away with its own
    assert Client().send() == "sent"
    with place.in_use():
        assert Client().send() == "recorded sent"
    inner.__exit__(None, None, None)
    assert Client().send() == "recorded sent"


def test_a_mock_from_inside_that_outlives_the_block() -> None:
    place = installation()
    inner, outer = place.in_use(), mocked()
    inner.__enter__()
    outer.__enter__()
    inner.__exit__(None, None, None)
    assert Client().send() == "mocked"
    outer.__exit__(None, None, None)
    assert Client().send() == "recorded sent"


def test_an_inherited_method_is_swapped_where_it_is_inherited() -> None:
    place = installation(Derived)
    with place.in_use():
        assert (Derived().send(), Base().send()) == ("recorded sent", "sent")
    with mocked(Derived):
        pass
    with place.in_use():
        assert Derived().send() == "recorded sent"
    del Derived.send
    with place.in_use():
        assert Derived().send() == "recorded sent"


def test_a_module_that_is_loaded_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(module: Any) -> list[Swap]:
        return [Swap(module.Client, "send", recorded)]

    place = Installation({"library_of_a_test": of})
    with place.in_use():
        pass
    for _ in range(2):  # loaded, and loaded anew as after a nested run of pytest
        module: Any = ModuleType("library_of_a_test")
        module.Client = type("Client", (), {"send": lambda _self: "sent"})
        monkeypatch.setitem(sys.modules, "library_of_a_test", module)
        with place.in_use():
            assert module.Client().send() == "recorded sent"


def test_a_module_that_is_first_loaded_inside_a_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "late_library.py").write_text("class Client:\n    def send(self): return 'sent'\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    finders = list(sys.meta_path)
    place = Installation({"late_library": lambda module: [Swap(module.Client, "send", recorded)]})

    with place.in_use(), place.in_use():
        module: Any = importlib.import_module("late_library")
        assert module.Client().send() == "recorded sent"
    monkeypatch.delitem(sys.modules, "late_library")

    assert sys.meta_path == finders


def test_a_swap_that_fails_leaves_nothing_on_top_of_a_mock() -> None:
    def failing(_original: Any) -> Any:
        raise ZeroDivisionError

    place = Installation({"sys": lambda _: [Swap(Client, "send", recorded), Swap(Base, "send", failing)]})
    with mocked():
        with pytest.raises(ZeroDivisionError), place.in_use():
            pass
        assert Client().send() == "mocked"


def test_the_last_block_forgets() -> None:
    forgotten: list[str] = []
    place = Installation({}, forget=lambda: forgotten.append("all"))
    with place.in_use():
        with place.in_use():
            pass
        assert forgotten == []
    assert forgotten == ["all"]
