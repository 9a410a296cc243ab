"""How pytest comes by the plugin."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_unspool import options

TEST = """
import unspool

def test_stream(looping_stream):
    assert looping_stream is not None

def test_option(pytestconfig):
    assert pytestconfig.getoption("--unspool-record") == "none"
"""


@pytest.mark.parametrize("names", [["pytest_unspool"], ["unspool"], ["pytest_unspool", "unspool"]])
@pytest.mark.parametrize("autoload", [True, False])
def test_it_can_be_named(
    names: list[str], autoload: bool, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not autoload:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(TEST)
    named = [part for name in names for part in ("-p", name)]

    done = pytester.runpytest_subprocess(*named, "--unspool-record=none")

    done.assert_outcomes(passed=2)


class _OldConfig:
    """pytest's before 8: a key of the ini file that isn't there is an empty text."""

    def getoption(self, _name: str) -> None:
        return None

    def getini(self, _name: str) -> str:
        return ""


def test_a_key_that_is_not_there_is_none_in_any_pytest() -> None:
    config: Any = _OldConfig()

    assert options.setting(config, "record") is None
