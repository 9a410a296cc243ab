"""A project for each test, and a model on this machine that it may ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.loopback import Answer, Loopback, serve
from tests.plugin.project import Project

ANSWER = Answer.events(
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "It rains"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
)
SLOW = Answer([b"data: 1\n\n", 0.3, b"data: 2\n\n"])
REFUSAL = Answer.json({"error": {"message": "Wrong key: sk-" + "a1B2c3D4" * 6}}, 401)
CUT = Answer([b"data: 1\n\n"], ending="cut")
ANSWERS = {"/": ANSWER, "/slow": SLOW, "/refusal": REFUSAL, "/cut": CUT, "/v1/chat/completions": ANSWER}


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Answers on `/` and, 0.3 seconds later, on `/slow`."""
    with serve(ANSWERS) as running:
        yield running


@pytest.fixture
def project(server: Loopback, tmp_path: Path) -> Project:
    """An empty project whose tests ask the server."""
    return Project(tmp_path, f"{server.url}/")
