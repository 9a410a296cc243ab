"""What the pages print, and a user's file, checked by mypy (strict) and by pyright.

Functions in the pages need no annotations; whatever else strict mypy asks for holds in them too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_docs import PAGES, ROOT, blocks_in, name_of

USERS_FILE = """
from contextlib import AbstractContextManager
from typing import Any, assert_type

import httpx
import httpx2
import pytest

import unspool
from pytest_unspool import (
    CannedStream,
    CassetteFactory,
    Examiner,
    LoopFactory,
    Rebuilt,
    StreamFactory,
    StreamFaults,
    UnspoolStream,
)
from unspool.faults import Break, Fault

QUESTION = [{"role": "user", "content": "Hey, how's it going?"}]


def test_a_stream() -> None:
    stream = unspool.completion("gpt-4o-mini", QUESTION, stream=True)
    assert_type(stream, unspool.CustomStreamWrapper)
    for chunk in stream:
        assert_type(chunk, unspool.ModelResponseStream)
        assert_type(chunk.choices[0].delta, unspool.Delta)
        assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(stream.chunks[0], unspool.ModelResponseStream)
    assert_type(stream.chunks.total, int)


async def test_an_async_stream() -> None:
    async for chunk in await unspool.acompletion("gpt-4o-mini", QUESTION, stream=True):
        assert_type(chunk.choices[0].delta, unspool.Delta)


def test_what_chunks_add_up_to() -> None:
    chunks = unspool.text_chunks("It rains.")
    response = unspool.stream_chunk_builder(chunks)
    print(response.choices[0].message.content, response.usage.total_tokens)
    for call in response.choices[0].message.tool_calls or []:
        print(call.function.name, call.function.arguments, call.id)
    if unspool.stream_chunk_builder([]) is not None:
        raise AssertionError


def test_a_script_of_all_kinds() -> None:
    script = [unspool.role_chunk(), "It ", b"data: {}", unspool.Pause(0.1), {"choices": []}, ValueError("no")]
    assert_type(unspool.FakeStream(script), unspool.FakeStream)


def test_a_loop(looping_stream: LoopFactory, stream_wrapper: StreamFactory) -> None:
    with pytest.raises(unspool.InternalServerError):
        list(looping_stream("How are you? ", limit=10))
    try:
        for chunk in looping_stream.near_duplicates("{n}: again"):
            assert_type(chunk, unspool.ModelResponseStream)
    except unspool.RepetitionError as error:
        print(error.count, error.repeated, error.period, error.first_chunk, error.channel, error.status_code)
        assert isinstance(error, unspool.InternalServerError)
        assert isinstance(error, unspool.MidStreamFallbackError)
    assert_type(looping_stream("again", implementation="litellm"), CannedStream)
    looping_stream("again").assert_stopped(within_chunks=12)


def test_fixtures(
    stream_wrapper: StreamFactory,
    stream_faults: StreamFaults,
    stream_cassette: unspool.Cassette,
    stream_cassette_factory: CassetteFactory,
    stream_verdict: Examiner,
    rebuilt: Rebuilt,
) -> None:
    stream = stream_wrapper(["Hel", "lo"])
    assert_type(stream, UnspoolStream)
    for chunk in stream:
        assert_type(chunk.choices[0].delta.content, str | None)
    for chunk in stream_faults(Break(after=2), cassette="anthropic/thinking"):
        assert_type(chunk, unspool.ModelResponseStream)
    assert_type(stream_cassette.play_count, int)
    assert_type(stream_cassette_factory("answers.yaml"), AbstractContextManager[unspool.Cassette])
    message: dict[str, Any] = rebuilt(stream)["choices"][0]["message"]
    print(message, stream_verdict)


async def test_async_fixtures(stream_wrapper: StreamFactory) -> None:
    async for chunk in stream_wrapper("Hello"):
        assert_type(chunk, unspool.ModelResponseStream)


def takes_a_stream(stream: unspool.CustomStreamWrapper) -> None: ...


def test_what_fits_where(stream_wrapper: StreamFactory, fault: Fault) -> None:
    takes_a_stream(stream_wrapper("Hello"))
    replay = unspool.ReplayTransport("weather.yaml")
    httpx.Client(transport=replay)
    httpx.AsyncClient(transport=unspool.FaultTransport(replay, fault))
    httpx2.Client(transport=unspool.RecordTransport(httpx2.HTTPTransport(), "weather.yaml"))
    httpx2.AsyncClient(transport=replay)


def test_a_cassette() -> None:
    with unspool.use_cassette("weather.yaml", record_mode="none", timing=0.5) as cassette:
        assert_type(cassette, unspool.Cassette)
"""

MISTAKES = """
import unspool
from pytest_unspool import StreamFactory


def test_typos(stream_wrapper: StreamFactory) -> None:
    for chunk in stream_wrapper("Hello"):
        print(chunk.choices[0].delta.contents)
    print(unspool.stream_chunk_builder([]).choicse)
"""

PYRIGHT = {
    "typeCheckingMode": "standard",
    "reportMissingImports": "none",  # the page on the alias imports litellm, which needn't be installed
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A module for each page, a user's file, and a file with two mistakes, so that a check can fail."""
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), "utf-8")
    (tmp_path / "users_file.py").write_text(USERS_FILE, "utf-8")
    (tmp_path / "mistakes.py").write_text(MISTAKES, "utf-8")
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "__init__.py").touch()
    for page in PAGES:
        module = name_of(page).removesuffix(".md").replace("/", "_").replace("-", "_")
        (pages / f"{module}.py").write_text(_as_module(page), "utf-8")
    return tmp_path


def _as_module(page: Path) -> str:
    """The page's blocks that run, each on the lines where the page has it."""
    text = ""
    for block in blocks_in(page.read_text("utf-8")):
        if block.reason is None:
            text += "\n" * (block.line - text.count("\n")) + block.code
    return text


def mypy(folder: Path) -> str:
    """What mypy finds, with the project's own settings, so that it reads the cache of the project's check."""
    return _checked("mypy", "--strict", str(folder))


def pyright(folder: Path) -> str:
    return _checked("basedpyright", "--pythonpath", sys.executable, "--project", str(folder))


def _checked(checker: str, *arguments: str) -> str:
    """What a checker has to say: a line for each error, and their number."""
    command = [sys.executable, "-m", checker, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_all_but_the_mistakes_checks_with_mypy(folder: Path) -> None:
    said = mypy(folder)

    assert "Found 2 errors in 1 file" in said, said
    _assert_named(said)


def test_all_but_the_mistakes_checks_with_pyright(folder: Path) -> None:
    said = pyright(folder)

    assert "2 errors, 0 warnings" in said, said
    _assert_named(said)


def _assert_named(said: str) -> None:
    assert "contents" in said, said
    assert "choicse" in said, said
