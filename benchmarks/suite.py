"""A suite of 50 tests, each of which replays a cassette of its own: what a test costs under pytest.

What is timed is pytest's run of the tests, without its start and the imports. Only the plugin that is
measured is loaded, because two of them can't be in one run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import client
from benchmarks.peers import is_installed
from benchmarks.recorders import CASSETTER_PARTS, VCRPY_PARTS, cassette
from benchmarks.rounds import Contest
from benchmarks.server import REQUEST, events, serving

_TESTS = 50


@dataclass(frozen=True)
class _Way:
    """A way to write such a test.

    Attributes:
        recorder: whose cassettes they are.
        imports: a line at the top of the file.
        before: what stands before the test.
        opens: what its first line opens.
        config: pytest's fixture for the options.
        plugin: the plugin that it needs.
    """

    needs: str
    recorder: str
    head: str
    test: str
    plugins: Sequence[str] = ()


_HEAD = """\
import httpx

client = httpx.Client(trust_env=False)

def ask():
    with client.stream("POST", {url!r}, json={body!r}) as response:
        assert sum(1 for _ in response.iter_lines()) == 20

"""
_WITH = """\
def test_{number}():
    with use_cassette({path!r}, {options}):
        ask()

"""
_MARKED = """\
@pytest.mark.vcr
def test_{number}():
    ask()

"""
