"""A project that has the plugin installed: its files, and runs of pytest over them, each a process."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.warm import run_pytest

ASK = """
import httpx, pytest, unspool
URL = {url!r}
def ask(question="How are you?", client=httpx, **options):
    return client.post(URL, json={{"ask": question}}, **options).text
"""
"""What stands at the top of each test file: a question to the server."""


@dataclass(frozen=True)
class Outcome:
    """What pytest printed, and how many tests came to what."""

    text: str
    counts: Mapping[str, int]

    def __str__(self) -> str:
        return self.text


class Project:
    """A folder with tests.

    Args:
        folder: an empty one.
        url: where its tests ask.
        python: whose pytest runs them.
    """

    def __init__(self, folder: Path, url: str, python: str | Path = sys.executable) -> None:
        self.folder = folder
        self.url = url
        self._python = str(python)

    def write(self, name: str, text: str) -> None:
        """A file that is no test."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")

    def write_tests(self, text: str, name: str = "tests/test_it.py") -> None:
        """A file of tests, which may call `ask`."""
        self.write(name, ASK.format(url=self.url) + dedent(text))

    def run(
        self,
        *options: str,
        plugins: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        fresh: bool = False,
    ) -> Outcome:
        """Pytest over all of it; a warning is an error.

        Other plugins than ours are left out, unless named, because they take seconds to load.

        Args:
            options: of pytest.
            plugins: the modules of other plugins.
            env: more environment variables.
            fresh: start Python anew, with nothing imported: for a test of imports, or a plugin that has to
                be imported before what it patches.
        """
        loaded = [word for name in ("pytest_unspool.plugin", *plugins) for word in ("-p", name)]
        alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **(env or {})}
        return self._run(*loaded, *options, env=alone, fresh=fresh)

    def run_bare(self, *options: str, env: Mapping[str, str] | None = None) -> Outcome:
        """The same with every plugin that is installed."""
        return self._run(*options, env=env or {}, fresh=True)

    def _run(self, *options: str, env: Mapping[str, str], fresh: bool) -> Outcome:
        text = run_pytest(
            self.folder,
            *("-p", "no:cacheprovider", "-W", "error", *options),
            env={**os.environ, **env},
            python=self._python,
            fresh=fresh,
        )
        last = (re.findall(r"^=+ (.* in [\d.]+s.*?) =+$", text, re.MULTILINE) or [""])[-1]
        counts = {
            kind.rstrip("s"): int(count)
            for count, kind in re.findall(r"(\d+) (\w+)", last.rpartition(" in ")[0])
        }
        return Outcome(text, counts)

    @property
    def cassettes(self) -> list[str]:
        """The paths of all cassettes."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.yaml"))
