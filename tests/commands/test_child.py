"""A command that another command starts."""

from __future__ import annotations

import sys

import pytest

from unspool.commands.child import run_child, which
from unspool.errors import UnspoolError


def test_there_is_no_such_command() -> None:
    with pytest.raises(UnspoolError, match="there is no command 'no-such-command'"):
        which("no-such-command")


def test_a_signal_s_status_is_a_shell_s() -> None:
    assert run_child([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], {}) == 137
