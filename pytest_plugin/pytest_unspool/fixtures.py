"""The fixtures that make streams, break them, judge their readers, and rebuild what they said.

All in one file, and each imports what makes it only when a test asks: a file costs every run of pytest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from pytest_unspool.looping_stream import LoopFactory
    from pytest_unspool.rebuilt import Rebuilt
    from pytest_unspool.stream_faults import StreamFaults
    from pytest_unspool.stream_script import ScriptFactory
    from pytest_unspool.stream_server import ServerFactory
    from pytest_unspool.stream_verdict import Examiner
    from pytest_unspool.stream_wrapper import StreamFactory
    from unspool import Clock
    from unspool.faults import Fault


@pytest.fixture
def stream_wrapper(
    request: pytest.FixtureRequest,
    unspool_cassette_dir: Path,
    unspool_clock: Clock,
    unspool_fault: Fault | None,
) -> Iterator[StreamFactory]:
    """A factory of streams: `stream_wrapper(["Hel", "lo"])`, to be read with `for` or `async for`.

    It takes a text, which is cut into chunks, or a script as `unspool.FakeStream` does, or a recorded
    answer: `cassette="name"`, a file in `unspool_cassette_dir` or a sample of the package such as
    `openai/text`. A string that isn't given as `cassette` is a text, whatever it looks like; a
    `pathlib.Path` is a cassette in either place.

    `repeat` says how often to play it; `delay` how many seconds pass on `unspool_clock` before each item;
    `provider` who speaks in its bytes (a cassette tells by its address); `interaction` which one of the
    cassette's; `model`, `clock`, and the wrapper's own options, such as `stream_options`.

    What the fixture `unspool_fault` says happens to each stream; the first one is the first attempt.

    With `implementation="litellm"` the chunks go through the `CustomStreamWrapper` of the litellm that
    is installed, each as a chunk of litellm's, and its releases' errors are smoothed: see
    `pytest_unspool.litellm_stream`.
    """
    from pytest_unspool.stream_wrapper import StreamFactory  # noqa: PLC0415 - not before a test asks for it

    with ExitStack() as streams:
        yield StreamFactory(
            request.node, streams, folder=unspool_cassette_dir, clock=unspool_clock, fault=unspool_fault
        )


@pytest.fixture
def stream_alias_litellm() -> Iterator[ModuleType]:
    """`import litellm` is Unspool during the test; the fixture is that module (see `unspool.alias`)."""
    from unspool import alias  # noqa: PLC0415 - as above

    with alias.litellm() as litellm:
        yield litellm


@pytest.fixture
def looping_stream(stream_wrapper: StreamFactory) -> LoopFactory:
    """A factory of loops: `looping_stream("How are you?", limit=10)`, to be read with `for` or `async for`.

    It takes what repeats: a text, which is one chunk, or a script; `.near_duplicates`, `.tool_call` and
    `.reasoning` make other loops. `limit` is how many equal chunks may pass, for this test only; `repeat`
    how often it comes, for ever unless a number says otherwise; the other options are those of
    `stream_wrapper`. The result knows how much was `pulled`, and can `assert_stopped(within_chunks=…)`.
    """
    from pytest_unspool.looping_stream import LoopFactory  # noqa: PLC0415 - not before a test asks for it

    return LoopFactory(stream_wrapper)


@pytest.fixture
def stream_faults(request: pytest.FixtureRequest, stream_wrapper: StreamFactory) -> StreamFaults:
    """Breaks streams: `stream_faults(Break(after=2), ["It ", "rains."])`, with a fault of `unspool.faults`.

    With chunks, a text or a cassette it's a stream as `stream_wrapper` makes it, broken. `in_cassette(fault)`
    breaks what the test's own cassette answers from there on. Time is virtual: no pause is waited for.
    """
    from pytest_unspool.stream_faults import StreamFaults  # noqa: PLC0415 - not before a test asks for it

    return StreamFaults(request, stream_wrapper)


@pytest.fixture
def stream_script(request: pytest.FixtureRequest, unspool_clock: Clock) -> Iterator[ScriptFactory]:
    """Scripts the test's model: `stream_script(call("get_weather", city="Oslo"), text("Rain."))`.

    Every client's requests are answered in its provider's own bytes; `unspool.script` has what turns are made
    of. A request that no turn fits fails the test, and so does a turn that is left over. The result is an
    `unspool.Script`.
    """
    from pytest_unspool.stream_script import ScriptFactory  # noqa: PLC0415 - not before a test asks for it

    with ExitStack() as scripts:
        yield ScriptFactory(request.node, scripts, unspool_clock)


@pytest.fixture
def stream_server(request: pytest.FixtureRequest, unspool_cassette_dir: Path) -> Iterator[ServerFactory]:
    """Serves recordings or a script over a socket: `server = stream_server("openai/text")`.

    For clients in other processes and languages: `server.url` is the base URL, `server.environment` the
    variables by which SDKs find it. A request without a response fails the test, and so does a turn that is
    left over.
    """
    from pytest_unspool.stream_server import ServerFactory  # noqa: PLC0415 - not before a test asks for it

    with ExitStack() as servers:
        yield ServerFactory(request.node, servers, unspool_cassette_dir)


@pytest.fixture
def rebuilt() -> Rebuilt:
    """What a stream adds up to, as plain data that is the same in every run: `rebuilt(stream)`.

    It takes a stream, whose rest it reads, its chunks, or a response. Ids, times and fingerprints become
    placeholders, and what is None is left out. Of a stream that has raised it's what had come before.
    """
    from pytest_unspool.rebuilt import stable_response  # noqa: PLC0415 - not before a test asks for it

    return stable_response


@pytest.fixture
def stream_verdict(request: pytest.FixtureRequest, unspool_cassette_dir: Path) -> Examiner:
    """Judges a client: `stream_verdict(client, "openai/text", CutEvents(2))`, in virtual time.

    `client` is handed a transport for httpx or httpx2, asks one question through it, and returns the text
    that it got, or yields it. Whatever is found fails the test; with `fail_on=["accepted-truncated"]` only
    what is named there. `unspool.verdict.FINDINGS` says what there is. The result is an
    `unspool.verdict.Verdict`.
    """
    from pytest_unspool.stream_verdict import Examiner  # noqa: PLC0415 - not before a test asks for it

    return Examiner(request.node, unspool_cassette_dir)
