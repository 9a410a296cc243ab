"""`unspool script` prints a cassette's model as code."""

from __future__ import annotations

import pytest

from unspool import sample_path
from unspool.cli import main
from unspool.script import Script


def test_the_command_prints_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", str(sample_path("openai/parallel-tools"))]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("from unspool.script import Script, call")
    assert "call('" in printed
    names: dict[str, object] = {}
    exec(printed, names)
    assert isinstance(names["script"], Script)


def test_calls_keep_their_ids_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(sample_path("openai/parallel-tools"))
    printed = []
    for options in ([], ["--ids"]):
        assert main(["script", path, *options]) == 0
        printed.append("with_id(" in capsys.readouterr().out)
    assert printed == [False, True]
