"""Recording through `RecordTransport`, against a real server, by every kind of client."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from tests.loopback import Answer, serve
from tests.transports.clients import Kind, Outcome

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import NO_RESPONSE, End, Interaction
from unspool.transports.transport import RecordTransport

# What httpx's own async generators say on trio when a client leaves early, live as well.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <async_generator object (BoundAsyncStream|Response)"
)

PIECES = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]
GOODBYE = b"data: [DONE]\n\n"


def record(kind: Kind, answer: Answer, **ways: Any) -> tuple[Outcome, Interaction]:
    """One request, recorded to memory."""
    limits = ways.pop("limits", {})
    cassette = Cassette(record_mode="all", **limits)
    with serve({"/": answer}) as server:
        transport = RecordTransport(kind.network, cassette)
        outcome = kind.read(f"{server.url}/", transport=transport, **ways)
    (interaction,) = cassette.interactions
    return outcome, interaction


def sizes(interaction: Interaction) -> list[int]:
    timeline = interaction.response.timeline
    assert timeline is not None
    return [chunk.size for chunk in timeline.chunks]


def end(interaction: Interaction) -> End:
    timeline = interaction.response.timeline
    assert timeline is not None
    return timeline.end


def failure(interaction: Interaction) -> str | None:
    timeline = interaction.response.timeline
    assert timeline is not None
    return timeline.failure.type if timeline.failure else None


def test_a_stream_is_recorded_as_it_was_cut(kind: Kind) -> None:
    outcome, interaction = record(kind, Answer([*PIECES]))
    assert outcome.chunks == PIECES
    assert interaction.response.body == b"".join(PIECES)
    assert sizes(interaction) == [len(piece) for piece in PIECES]
    assert end(interaction) is End.COMPLETE


def test_the_client_gets_each_chunk_before_the_next_is_sent(kind: Kind) -> None:
    outcome, interaction = record(kind, Answer([PIECES[0], 0.15, PIECES[1], 0.15, PIECES[2]]))
    assert outcome.times[0] < outcome.times[1] - 0.1 < outcome.times[2] - 0.2
    timeline = interaction.response.timeline
    assert timeline is not None
    noted = [chunk.at for chunk in timeline.chunks]
    assert [b - a for a, b in pairwise(noted)] == pytest.approx([0.15, 0.15], abs=0.05)


def test_the_request_is_recorded_as_it_was_sent(kind: Kind) -> None:
    _, interaction = record(kind, Answer.json({}), json={"model": "m", "messages": []})
    assert interaction.request.method == "POST"
    assert interaction.request.uri.endswith("/")
    assert (
        interaction.request.body
        == kind.family.Request("POST", "/", json={"model": "m", "messages": []}).content
    )


def test_status_reason_and_headers_are_recorded(kind: Kind) -> None:
    answer = Answer.json({"error": {"message": "slow down"}}, 429, {"retry-after": "7"})
    outcome, interaction = record(kind, answer)
    assert outcome.status == interaction.response.status == 429
    assert interaction.response.reason == "Too Many Requests"
    assert ("retry-after", "7") in interaction.response.headers
    timeline = interaction.response.timeline
    assert timeline is not None
    assert timeline.http_version == "HTTP/1.1"


@pytest.mark.parametrize(
    ("ending", "ended", "error"),
    [("reset", End.RESET, "ReadError"), ("cut", End.PROTOCOL_ERROR, "RemoteProtocolError")],
)
def test_a_stream_that_breaks_is_recorded_up_to_there(
    kind: Kind, ending: Any, ended: End, error: str
) -> None:
    outcome, interaction = record(kind, Answer([PIECES[0], 0.05, PIECES[1], 0.05], ending=ending))
    assert (outcome.chunks, outcome.error) == (PIECES[:2], error)
    assert interaction.response.body == b"".join(PIECES[:2])
    assert (end(interaction), failure(interaction)) == (ended, error)


def test_a_stall_is_recorded_as_the_read_timeout_it_ended_in(kind: Kind) -> None:
    outcome, interaction = record(kind, Answer([PIECES[0]], ending="stall"), read_timeout=0.2)
    assert (outcome.chunks, outcome.error) == (PIECES[:1], "ReadTimeout")
    assert (end(interaction), failure(interaction)) == (End.READ_TIMEOUT, "ReadTimeout")


def test_no_answer_at_all_is_recorded_if_wanted(kind: Kind) -> None:
    outcome, interaction = record(
        kind, Answer(ending="silent"), read_timeout=0.2, limits={"record_failures": True}
    )
    assert outcome.error == "ReadTimeout"
    assert interaction.response.status == NO_RESPONSE
    assert failure(interaction) == "ReadTimeout"


def test_a_connection_refused_is_recorded_if_wanted(kind: Kind) -> None:
    with serve({}) as server:
        url = server.url
    cassette = Cassette(record_mode="all", record_failures=True)
    outcome = kind.read(url, transport=RecordTransport(kind.network, cassette))
    (interaction,) = cassette.interactions
    assert outcome.error == failure(interaction) == "ConnectError"
    assert end(interaction) is End.RESET


@pytest.mark.parametrize("answer", [None, Answer(ending="silent")], ids=["refused", "timed out"])
def test_a_request_without_an_answer_is_not_recorded(kind: Kind, answer: Answer | None) -> None:
    cassette = Cassette(record_mode="all")
    with serve({"/": answer} if answer else {}) as server:
        url = f"{server.url}/"
        if answer is None:
            server.shutdown()
            server.server_close()
        outcome = kind.read(url, transport=RecordTransport(kind.network, cassette), read_timeout=0.2)
    assert outcome.error in {"ConnectError", "ReadTimeout"}
    assert cassette.interactions == []


def test_a_client_that_hangs_up_early_hangs_up_for_real(kind: Kind) -> None:
    cassette = Cassette(record_mode="all")
    with serve({"/": Answer([PIECES[0]], ending="stall")}) as server:
        transport = RecordTransport(kind.network, cassette)
        kind.read(f"{server.url}/", transport=transport, leave_after=1)
        assert server.client_left.wait(3)
    (interaction,) = cassette.interactions
    assert interaction.response.body == PIECES[0]
    assert end(interaction) is End.CLOSED


def test_what_is_left_after_a_goodbye_is_recorded(kind: Kind) -> None:
    answer = Answer([PIECES[0], GOODBYE, b": cost 0.1\n\n"])
    outcome, interaction = record(kind, answer, leave_after=2)
    assert outcome.chunks == [PIECES[0], GOODBYE]
    assert interaction.response.body == PIECES[0] + GOODBYE + b": cost 0.1\n\n"
    assert end(interaction) is End.COMPLETE


def test_a_server_that_lingers_after_its_goodbye_holds_nobody_up(kind: Kind) -> None:
    cassette = Cassette(record_mode="all")
    with serve({"/": Answer([GOODBYE, 1.0])}) as server:
        transport = RecordTransport(kind.network, cassette)
        outcome = kind.read(f"{server.url}/", transport=transport, leave_after=1)
        left = cassette.interactions
    assert outcome.error is None
    assert end(left[0]) is End.COMPLETE  # the client has read the format's end mark


def test_an_endless_stream_is_recorded_up_to_where_the_client_left(kind: Kind) -> None:
    outcome, interaction = record(kind, Answer([*PIECES] * 200), leave_after=50)
    assert len(outcome.chunks) == 50
    assert interaction.response.body.startswith(b"".join(outcome.chunks))
    assert end(interaction) is End.CLOSED


def test_the_client_gets_more_than_may_be_recorded(kind: Kind) -> None:
    outcome, interaction = record(kind, Answer([*PIECES]), limits={"max_chunks": 2})
    assert outcome.chunks == PIECES
    assert interaction.response.body == b"".join(PIECES[:2])
    assert end(interaction) is End.LIMIT


def test_a_compressed_body_is_recorded_as_it_came(kind: Kind) -> None:
    data = gzip.compress(b"".join(PIECES))
    answer = Answer(
        [data[:9], data[9:]], headers={"content-type": "text/event-stream", "content-encoding": "gzip"}
    )
    _, interaction = record(kind, answer)
    assert interaction.response.body == data
    assert ("content-encoding", "gzip") in interaction.response.headers


def test_a_binary_body_is_recorded_exactly(kind: Kind) -> None:
    data = bytes(range(256)) * 4
    _, interaction = record(kind, Answer([data], headers={"content-type": "application/octet-stream"}))
    assert interaction.response.body == data


def test_a_character_cut_in_two_stays_cut(kind: Kind) -> None:
    emoji = "data: 🧵\n\n".encode()
    _, interaction = record(kind, Answer([emoji[:8], 0.02, emoji[8:]]))
    assert sizes(interaction) == [8, len(emoji) - 8]


def test_a_redirect_is_an_interaction_of_its_own(kind: Kind) -> None:
    cassette = Cassette(record_mode="all")
    with serve({}) as server:
        server.answers["/"] = Answer((), 307, {"location": f"{server.url}/there"})
        server.answers["/there"] = Answer([*PIECES])
        transport = RecordTransport(kind.network, cassette)
        kind.read(f"{server.url}/", transport=transport, options={"follow_redirects": True})
    assert [one.response.status for one in cassette.interactions] == [307, 200]


def test_the_stream_underneath_is_closed_when_the_client_is_cancelled(kind: Kind) -> None:
    if kind.way == "sync":
        pytest.skip("sync code can't be cancelled")
    cassette = Cassette(record_mode="all")

    async def cancelled(url: str) -> None:
        transport = RecordTransport(kind.network, cassette)
        async with kind.family.AsyncClient(transport=transport) as client:
            with anyio.move_on_after(0.3):
                async with client.stream("POST", url) as response:
                    async for _ in response.aiter_raw():
                        pass

    with serve({"/": Answer([PIECES[0]], ending="stall")}) as server:
        anyio.run(cancelled, f"{server.url}/", backend=kind.way)
        assert server.client_left.wait(3)
    (interaction,) = cassette.interactions
    assert (interaction.response.body, end(interaction)) == (PIECES[0], End.CLOSED)


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_the_stream_underneath_is_closed_when_its_rest_is_not_waited_for(family: Any) -> None:
    cassette = Cassette(record_mode="all")
    lingering, closed = asyncio.Event(), asyncio.Event()

    class Lingering(family.AsyncByteStream):  # type: ignore[name-defined,misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield GOODBYE
            lingering.set()
            await asyncio.Event().wait()

        async def aclose(self) -> None:
            closed.set()

    async def ask() -> None:
        answer = family.MockTransport(lambda _: family.Response(200, stream=Lingering()))
        client = family.AsyncClient(transport=RecordTransport(answer, cassette))
        async with client, client.stream("POST", "http://api.example/") as response:
            async for _ in response.aiter_raw():
                break

    async def cancelled() -> None:
        asking = asyncio.create_task(ask())
        await lingering.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(cancelled())
    assert closed.is_set()
    (interaction,) = cassette.interactions
    assert (interaction.response.body, end(interaction)) == (GOODBYE, End.COMPLETE)


def test_a_transport_saves_its_cassette_when_its_client_is_closed(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "stream.yaml"
    with serve({"/": Answer([*PIECES])}) as server:
        kind.read(f"{server.url}/", transport=RecordTransport(kind.network, path))
    assert [one.response.body for one in Cassette.load(path).interactions] == [b"".join(PIECES)]


def test_clients_that_share_a_cassette_are_all_saved(kind: Kind, tmp_path: Path) -> None:
    cassette = Cassette(tmp_path / "stream.yaml", record_mode="all")
    with serve({"/a": Answer([*PIECES]), "/b": Answer([GOODBYE])}) as server:
        for path in ("/a", "/b"):
            kind.read(f"{server.url}{path}", transport=RecordTransport(kind.network, cassette))
    bodies = [one.response.body for one in Cassette.load(tmp_path / "stream.yaml").interactions]
    assert bodies == [b"".join(PIECES), GOODBYE]


def test_a_recording_equals_what_is_read_back(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "stream.yaml"
    with serve({"/": Answer([PIECES[0], 0.05, PIECES[1]], ending="reset")}) as server:
        transport = RecordTransport(kind.network, path)
        kind.read(f"{server.url}/", transport=transport)
    assert Cassette.load(path).interactions == transport.cassette.interactions
