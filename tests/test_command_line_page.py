"""The examples of the page on the command line print what the page says.

`python -m tests.test_command_line_page` writes what they print into the page.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from unspool.cli import main
from unspool.commands import COMMANDS
from unspool.reading.check import RULES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "command-line.md"
EXAMPLE = re.compile(r"(?<=```console\n)\$ unspool (.*)\n((?:.*\n)*?)(?=```)")
REQUEST = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Hey, what's up?"}],
    "stream": True,
}
NOW = 1_796_083_200.0


def printed(command: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    with redirect_stdout(out):
        main(shlex.split(command))
    out.seek(0)
    return "".join(line.rstrip() + "\n" for line in out.read().splitlines())


@pytest.fixture(autouse=True)
def request_file(tmp_path: Path) -> Path:
    (tmp_path / "request.json").write_text(json.dumps(REQUEST), "utf-8")
    return tmp_path / "request.json"


EXAMPLES = EXAMPLE.findall(PAGE.read_text("utf-8"))


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_an_example_prints_what_the_page_says(
    command: str, output: str, request_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed(command.replace("request.json", str(request_file)), monkeypatch) == output


def test_every_rule_is_in_the_table_with_its_level() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (error|warning|info) \|$", PAGE.read_text("utf-8"), re.MULTILINE)

    assert dict(rows) == RULES


def test_every_command_of_the_page_exists() -> None:
    named = set(re.findall(r"unspool ([a-z]+)", PAGE.read_text("utf-8")))

    assert named <= {*COMMANDS, "rev"}


if __name__ == "__main__":
    import tempfile

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "request.json")
        file.write_text(json.dumps(REQUEST), "utf-8")

        def filled(found: re.Match[str]) -> str:
            return f"$ unspool {found[1]}\n{printed(found[1].replace('request.json', str(file)), patch)}"

        PAGE.write_text(EXAMPLE.sub(filled, PAGE.read_text("utf-8")), "utf-8")
