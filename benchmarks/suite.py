"""A suite of 50 tests, each of which replays a cassette of its own: what a test costs under pytest.

What is timed is pytest's loop over the tests, without its start and the imports. Only the plugin that is
measured is loaded: two of them can't be together in one run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from benchmarks.peers import is_installed
from benchmarks.rounds import Contest
from benchmarks.server import events, serving

_TESTS = 50
