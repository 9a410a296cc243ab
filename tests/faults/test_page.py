"""docs/faults.md says what the code does."""

from __future__ import annotations

import re

import pytest
from tests.faults.page import GROUPS, PAGE, kinds_in, page

from unspool import faults
from unspool.faults import CATALOGUE, Fault


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.faults.page"


def test_every_fault_is_on_it() -> None:
    on_it = {kind.__name__ for module in GROUPS for kind in kinds_in(module)}
    public = {
        name
        for name in faults.__all__
        if isinstance(getattr(faults, name), type) and issubclass(getattr(faults, name), Fault)
    }

    assert public - on_it == {"Fault", "NoFault", "Scenario"}


@pytest.mark.parametrize("fault", CATALOGUE)
def test_every_scenario_is_on_it(fault: faults.Scenario) -> None:
    assert re.search(rf"^\| \[{fault.name}\]\(", PAGE.read_text("utf-8"), re.MULTILINE)
