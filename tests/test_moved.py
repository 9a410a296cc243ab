"""Modules that have moved: their old names work, and warn."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import unspool
from unspool.moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_works_and_names_the_new_one(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match=f"{old} is now {MOVED[old]};") as caught:
        module = import_module(old)

    new = import_module(MOVED[old])
    public = [name for name in vars(new) if not name.startswith("_")]
    assert public
    assert all(getattr(module, name) is getattr(new, name) for name in public)
    assert (module.__name__, new.__name__) == (old, MOVED[old])
    assert len(caught) == 1


def test_the_warning_is_at_the_line_that_imports_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import unspool\n\nfrom unspool.providers.directory import PROVIDERS\n")

    done = subprocess.run(
        [sys.executable, "-W", "always", str(script)], capture_output=True, text=True, check=True
    )

    assert f"{script}:3: DeprecationWarning" in done.stderr


def test_a_name_that_never_was_is_unknown_still() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"unspool\.providers\.nope"):
        import_module("unspool.providers.nope")
    assert not hasattr(unspool, "nope")


def test_an_old_keyword_works_and_names_the_new_one() -> None:
    with pytest.warns(DeprecationWarning, match="^script= is now items=;") as caught:
        stream = unspool.FakeStream(script=["a"])  # type: ignore[call-arg]

    assert caught[0].filename == __file__
    assert [chunk.choices[0].delta.content for chunk in stream] == ["a"]


def test_both_names_of_a_keyword_are_refused() -> None:
    with pytest.raises(TypeError, match="expected items=, got items= and its old name script="):
        unspool.FakeStream(items=["a"], script=["b"])  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("unspool.fake", "ScriptItem", "StreamItem"),
        ("unspool.faults", "break_script", "break_items"),
        ("unspool.faults.items", "break_script", "break_items"),
    ],
)
def test_an_old_attribute_works_and_names_the_new_one(module: str, old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"^{module}.{old} is now {new};") as caught:
        value = getattr(import_module(module), old)

    assert caught[0].filename == __file__
    assert value is getattr(import_module(module), new)


def test_an_attribute_that_never_was_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'unspool\.fake' has no attribute 'nope'"):
        _ = unspool.fake.nope
