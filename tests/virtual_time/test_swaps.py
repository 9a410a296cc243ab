"""Functions are replaced wherever they were imported to, and put back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import Any

import pytest

from unspool.virtual_time.swaps import References, swap


class Base:
    def work(self) -> str:
        return "real"


class Heir(Base):
    pass


def ours(original: Any) -> Any:
    return lambda self: f"not {original(self)}"


@pytest.mark.parametrize("owner", [Base, Heir])
def test_an_attribute_is_replaced_until_the_stack_is_closed(owner: type[Base]) -> None:
    before = dict(vars(owner))
    with ExitStack() as stack:
        swap(stack, owner, "work", ours)
        assert owner().work() == "not real"
        assert owner.work.__name__ == "work"
    assert dict(vars(owner)) == before


def test_what_another_tool_has_put_there_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Base, "work", Base.work)  # to be put back
    with ExitStack() as stack:
        swap(stack, Base, "work", ours)
        Base.work = lambda self: "theirs"  # type: ignore[method-assign]
    assert Base().work() == "theirs"


def real() -> str:
    return "real"


def stand_in() -> str:
    return "stand-in"


@pytest.fixture
def user() -> Iterator[Any]:
    module: Any = ModuleType("a_module_that_imports_real")
    module.mine, module.other = real, len
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_every_reference_is_replaced_and_restored(user: Any) -> None:
    references = References({real: stand_in})
    references.replace()
    assert (user.mine(), user.other) == ("stand-in", len)
    user.late = stand_in  # imported meanwhile
    references.restore()
    assert user.mine is real


def test_a_module_that_was_imported_in_between_is_restored_too(user: Any) -> None:
    references = References({real: stand_in})
    del sys.modules[user.__name__]
    references.replace()
    sys.modules[user.__name__] = user
    user.mine = stand_in
    references.restore()
    assert user.mine is real
