"""Whose time stays real."""

from __future__ import annotations

import sys

import pytest

from unspool.virtual_time.bystanders import is_real_caller, keeps_real_time


@pytest.mark.parametrize(
    ("module", "is_real"),
    [
        ("pytest", True),
        ("_pytest.runner", True),
        ("unspool.clock", True),
        ("subprocess", True),
        ("pytest_of_mine", False),
        ("my.unspool", False),
        ("time", False),
        ("", False),
    ],
)
def test_a_module_keeps_real_time_by_its_top_level_name(module: str, is_real: bool) -> None:
    assert keeps_real_time(module) is is_real


@pytest.mark.parametrize(
    ("name", "is_real"), [("unspool.clock", True), ("app", False), (None, False), (3, False)]
)
def test_a_frame_s_code_belongs_to_its_module(name: object, is_real: bool) -> None:
    space = {"__name__": name, "frame": sys._getframe}
    exec("found = frame()", space)
    assert is_real_caller(space["found"]) is is_real  # type: ignore[arg-type]
