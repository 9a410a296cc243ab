"""`FaultTransport` around live and replayed transports, and `use_cassette` with a fault."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import math
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.faults import answers
from tests.loopback import Answer, serve
from tests.transports.clients import Kind, Outcome

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Request
from unspool.clock import VirtualClock
from unspool.errors import FaultError, UnrecordedRequestError
from unspool.faults import (
    Break,
    Cut,
    CutEvents,
    Drip,
    Fault,
    Hang,
    HtmlPage,
    Loop,
    Merge,
    NoAnswer,
    NoFault,
    Rechunk,
    Refuse,
    SlowStart,
    Stall,
    Status,
)
from unspool.transports.transport import FaultTransport, RecordTransport, ReplayTransport
from unspool.transports.use_cassette import use_cassette

# What httpx's own async generators say on trio when a client leaves early, live as well.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <async_generator object (BoundAsyncStream|Response)"
)

URL = answers.OPENAI.request.uri
PIECES = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]


def live(kind: Kind, fault: Fault, answer: Answer | None = None) -> tuple[Outcome, int]:
    """What a client gets of a live answer, and how many requests the server got."""
    with serve({"/": answer or Answer([*PIECES])}) as server:
        transport = FaultTransport(kind.network, fault, clock=VirtualClock())
        outcome = kind.read(f"{server.url}/", transport=transport)
    return outcome, len(server.requests)


def replay() -> ReplayTransport:
    cassette = Cassette.of([answers.OPENAI], match_on=["path"], allow_playback_repeats=True)
    return ReplayTransport(cassette)


def test_without_a_fault_a_live_answer_is_untouched(kind: Kind) -> None:
    packed = Answer([gzip.compress(PIECES[0])], headers={"content-encoding": "gzip"})
    outcome, _ = live(kind, NoFault(), packed)

    assert outcome.chunks == packed.pieces


@pytest.mark.parametrize("error", ["ReadError", "ReadTimeout", "RemoteProtocolError"])
def test_a_live_answer_breaks(kind: Kind, error: str) -> None:
    outcome, requests = live(kind, Break(2, error))

    assert outcome.seen == (200, PIECES[:2], error)
    assert requests == 1


def test_the_error_is_of_the_client_s_own_library(kind: Kind) -> None:
    def fail() -> None:
        with kind.family.Client(transport=FaultTransport(replay(), Refuse())) as client:
            client.post(URL)

    with pytest.raises(kind.family.ConnectError, match="connection refused") as caught:
        fail()
    assert str(caught.value.request.url) == URL


def test_a_refused_request_never_leaves(kind: Kind) -> None:
    outcome, requests = live(kind, Refuse())

    assert (outcome.error, requests) == ("ConnectError", 0)


def test_a_refusal_by_the_provider_is_answered_without_it(kind: Kind) -> None:
    outcome, requests = live(kind, Status(529))

    assert (outcome.status, outcome.error, requests) == (529, None, 0)


def test_an_unanswered_request_does_leave(kind: Kind) -> None:
    outcome, requests = live(kind, NoAnswer())

    assert (outcome.error, requests) == ("ReadError", 1)


def test_a_cut_answer_ends_properly(kind: Kind) -> None:
    outcome, _ = live(kind, Cut(15) | Rechunk(10))

    assert outcome.seen == (200, [b"data: one\n", b"\ndata"], None)


def test_a_compressed_answer_is_broken_where_it_speaks(kind: Kind) -> None:
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    outcome, _ = live(kind, Cut(6), Answer([gzip.compress(PIECES[0])], headers=headers))

    assert outcome.seen == (200, [b"data: "], None)


@pytest.mark.parametrize("ending", ["reset", "cut"])
def test_the_network_s_own_error_stays_what_it_is(kind: Kind, ending: str) -> None:
    answer = Answer([PIECES[0], 0.05], ending=ending)
    with serve({"/": answer}) as server:
        plain = kind.read(f"{server.url}/")

    assert live(kind, Drip(0.0), answer)[0].seen == plain.seen


def test_an_error_underneath_that_is_no_network_s_passes(kind: Kind) -> None:
    transport = FaultTransport(ReplayTransport(Cassette.of([])), Rechunk(1))
    outcome = kind.read(URL, transport=transport)

    assert outcome.error == UnrecordedRequestError.__name__


def test_what_came_before_an_error_of_ours_is_delivered(kind: Kind) -> None:
    outcome = kind.read(URL, transport=FaultTransport(replay(), Break(9)))

    assert outcome.error == FaultError.__name__
    assert len(outcome.chunks) == 6


# Time


def timed(kind: Kind, fault: Fault, *, read_timeout: float = 30.0) -> tuple[Outcome, float]:
    clock = VirtualClock()
    transport = FaultTransport(replay(), fault, clock=clock)
    return kind.read(URL, transport=transport, read_timeout=read_timeout), clock.elapsed


def test_a_stall_takes_its_time(kind: Kind) -> None:
    outcome, seconds = timed(kind, Stall(2, 29.0))

    assert (len(outcome.chunks), outcome.error, seconds) == (6, None, 29.0)


def test_a_stall_beyond_the_client_s_patience_is_its_timeout(kind: Kind) -> None:
    outcome, seconds = timed(kind, Stall(2, 31.0))

    assert (len(outcome.chunks), outcome.error, seconds) == (2, "ReadTimeout", 30.0)


def test_a_stall_runs_while_a_slow_client_is_busy() -> None:
    clock = VirtualClock()
    cassette = Cassette.of([answers.OPENAI], match_on=["method"])
    replayed = ReplayTransport(cassette, timing="recorded", clock=clock)
    transport = FaultTransport(replayed, Stall(2, 29.0), clock=clock)
    with httpx.Client(transport=transport, timeout=30) as client, client.stream("POST", URL) as response:
        for number, _ in enumerate(response.iter_raw()):
            if number == 1:
                clock.advance(10)  # which are 10 of the 29
    assert answers.OPENAI.response.timeline is not None
    assert clock.elapsed == pytest.approx((answers.OPENAI.response.timeline.ended_at or 0) + 29)


def test_slow_headers_are_waited_for_as_well(kind: Kind) -> None:
    assert timed(kind, SlowStart(31.0, headers=True))[0].seen == (0, [], "ReadTimeout")


def test_a_hanging_stream_is_left_by_a_patient_client_too(kind: Kind) -> None:
    outcome, seconds = timed(kind, Hang(1), read_timeout=7200.0)

    assert (len(outcome.chunks), outcome.error, seconds) == (1, "ReadError", 3600.0)


def test_pauses_add_to_those_underneath(kind: Kind) -> None:
    clock = VirtualClock()
    cassette = Cassette.of([answers.OPENAI], match_on=["path"])
    inner = ReplayTransport(cassette, timing="recorded", clock=clock)
    kind.read(URL, transport=FaultTransport(inner, Drip(10.0), clock=clock), read_timeout=30.0)

    assert clock.elapsed == 50.75  # the first chunk's moment, and five pauses


# Attempts


def test_attempts_are_counted_and_hit_by_number(kind: Kind) -> None:
    transport = FaultTransport(replay(), Refuse().on(1) | Status(429).on(2) | Break(1).on(4))
    outcomes = [kind.read(URL, transport=transport) for _ in range(5)]

    assert [(one.status, one.error) for one in outcomes] == [
        (0, "ConnectError"),
        (429, None),
        (200, None),
        (200, "ReadError"),
        (200, None),
    ]
    assert transport.requests == 5


# What becomes of the transport underneath


class Endless:
    """A response's stream that goes on for ever, and says whether it was closed."""

    def __init__(self) -> None:
        self.pulled = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.pulled += 1
        return PIECES[0]

    async def __anext__(self) -> bytes:
        return next(self)

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class Inner:
    """A transport that answers with an endless stream."""

    def __init__(self, kind: Kind) -> None:
        family = kind.family
        bases = (Endless, family.SyncByteStream, family.AsyncByteStream)
        self.stream: Any = type("Stream", bases, {})()
        self._family = family
        self.closed = False

    def handle_request(self, request: Any) -> Any:
        return self._family.Response(200, stream=self.stream, request=request)

    async def handle_async_request(self, request: Any) -> Any:
        return self.handle_request(request)

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None:
        self.closed = True

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *exc: object) -> None:
        self.closed = True


@pytest.mark.parametrize("fault", [Break(3), Cut(30), NoAnswer(), Hang(2)], ids=repr)
def test_a_broken_answer_is_closed_underneath(kind: Kind, fault: Fault) -> None:
    inner = Inner(kind)
    kind.read(URL, transport=FaultTransport(inner, fault, clock=VirtualClock()))

    assert inner.stream.closed
    assert inner.closed


def test_a_client_that_leaves_closes_what_is_underneath(kind: Kind) -> None:
    inner = Inner(kind)
    outcome = kind.read(URL, transport=FaultTransport(inner, Merge(2)), leave_after=3)

    assert (len(outcome.chunks), inner.stream.pulled, inner.stream.closed) == (3, 6, True)


def test_nothing_is_read_ahead(kind: Kind) -> None:
    inner = Inner(kind)
    kind.read(URL, transport=FaultTransport(inner, Drip(0.0)), leave_after=2)

    assert inner.stream.pulled == 2


def test_a_loop_may_be_endless() -> None:
    import httpx

    transport = FaultTransport(replay(), Loop(1, times=math.inf))
    with httpx.Client(transport=transport) as client, client.stream("POST", URL) as response:
        pieces = list(itertools.islice(response.iter_raw(), 5000))

    assert set(pieces[3:]) == {pieces[2]}


@pytest.mark.anyio
async def test_a_waiting_client_can_be_cancelled() -> None:
    import httpx

    transport = FaultTransport(replay(), Stall(0, 3600.0))
    with anyio.move_on_after(0.01) as scope:
        async with httpx.AsyncClient(transport=transport, timeout=None) as client:
            await client.post(URL)

    assert scope.cancelled_caught


# Recording and replaying


def test_what_is_broken_can_be_recorded(kind: Kind) -> None:
    with serve({"/": Answer([*PIECES])}) as server:
        broken = RecordTransport(FaultTransport(kind.network, Break(1)))
        kind.read(f"{server.url}/", transport=broken)
    (recorded,) = broken.cassette.interactions

    assert recorded.response.body == PIECES[0]
    assert recorded.response.timeline.end == "reset"


def saved(folder: Path) -> Path:
    path = folder / "weather.yaml"
    with serve({"/": Answer([*PIECES])}) as server:
        record = RecordTransport(_network(), path)
        Kind("httpx", "sync").read(f"{server.url}/", transport=record)
    return path


def _network() -> Any:
    return Kind("httpx", "sync").network


def asked(path: Path) -> str:
    return Cassette.load(path).interactions[0].request.uri


def test_a_cassette_in_use_is_broken(kind: Kind, tmp_path: Path) -> None:
    path = saved(tmp_path)
    with use_cassette(path, fault=Break(1).on(1), allow_playback_repeats=True):
        first, second = kind.read(asked(path)), kind.read(asked(path))

    assert first.seen == (200, PIECES[:1], "ReadError")
    assert second.seen == (200, PIECES, None)


def test_its_file_stays_whole(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    with use_cassette(path, fault=Cut(3)):
        Kind("httpx", "sync").read(asked(path))

    assert path.read_bytes() == before


def test_its_pauses_count_with_recorded_times(kind: Kind, tmp_path: Path) -> None:
    path, clock = saved(tmp_path), VirtualClock()
    with use_cassette(path, fault=Stall(1, 90.0), timing="recorded", clock=clock):
        outcome = kind.read(asked(path), read_timeout=30.0)

    assert outcome.seen == (200, PIECES[:1], "ReadTimeout")
    assert 30.0 <= clock.elapsed < 40.0


def test_a_decorated_function_counts_anew_each_time(tmp_path: Path) -> None:
    path = saved(tmp_path)

    @use_cassette(path, fault=Refuse().on(1))
    def ask() -> str | None:
        return Kind("httpx", "sync").read(asked(path)).error

    assert [ask(), ask()] == ["ConnectError", "ConnectError"]


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_nothing_is_recorded_under_a_fault(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    with (
        serve({"/": Answer([*PIECES])}) as server,
        pytest.raises(UnrecordedRequestError) as caught,
        use_cassette(path, record_mode=mode, fault=Cut(3)),
    ):
        Kind("httpx", "sync").read(f"{server.url}/")
    assert not server.requests
    assert path.read_bytes() == before
    assert "record_mode" not in str(caught.value)
    assert "a fault is in force" in str(caught.value)


# A fault of the stream is none of the bookkeeping


OTHER = "https://api.openai.com/v1/chat/completions"


def conversation(*turns: list[bytes], path: str = "/v1/chat/completions") -> Cassette:
    """A cassette of one conversation, a recording for each turn."""
    recorded = [
        replace(
            answers.interaction(*pieces),
            request=Request("POST", f"https://api.openai.com{path}", body=ask_turn(number)),
        )
        for number, pieces in enumerate(turns, start=1)
    ]
    return Cassette.of(recorded)


def ask_turn(number: int, **more: Any) -> bytes:
    said = [{"role": "user", "content": "Hi"}]
    for _ in range(number - 1):
        said += [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Go on"}]
    return json.dumps({"model": "m", "messages": said, **more}).encode()


def post(client: Any, number: int = 1, *, url: str = OTHER, **more: Any) -> list[Any]:
    """The status and the pieces of an answer, or the name of the error after them."""
    seen: list[Any] = []
    try:
        with client.stream("POST", url, content=ask_turn(number, **more)) as response:
            seen.append(response.status_code)
            seen += response.iter_raw()
    except httpx.HTTPError as error:
        seen.append(type(error).__name__)
    return seen


SAYS = [b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', b"data: [DONE]\n\n"]


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(),
        NoAnswer(),
        Status(429),
        HtmlPage(),
        Break(0),
        Break(1),
        CutEvents(1),
        Hang(1),
        Cut(5, "reset"),
    ],
    ids=repr,
)
def test_a_retry_gets_the_answer_that_the_fault_withheld(fault: Fault) -> None:
    clock = VirtualClock()
    with (
        use_cassette(conversation(SAYS), fault=fault.on(1), clock=clock, require_all_played=True),
        httpx.Client() as client,
    ):
        assert post(client) != [200, *SAYS]
        assert post(client) == [200, *SAYS]


def test_equal_requests_get_their_recordings_in_order_all_the_same() -> None:
    first, second = [b"data: 1\n\n"], [b"data: 2\n\n"]
    cassette = conversation(first, second)
    cassette = Cassette.of(
        [replace(one, request=cassette.interactions[0].request) for one in cassette.interactions]
    )
    with use_cassette(cassette, fault=Break(0).on(1)), httpx.Client() as client:
        assert [post(client) for _ in range(3)] == [[200, "ReadError"], [200, *first], [200, *second]]


def test_a_whole_answer_is_used_up_though_it_is_odd() -> None:
    seen: list[list[Any]] = []
    with (
        pytest.raises(UnrecordedRequestError, match="played already"),
        use_cassette(conversation(SAYS), fault=Rechunk(3)),
        httpx.Client() as client,
    ):
        seen += (post(client) for _ in range(2))
    assert [b"".join(one[1:]) for one in seen] == [b"".join(SAYS)]


def test_an_endless_loop_reaches_a_client_of_a_cassette() -> None:
    with use_cassette(conversation(SAYS), fault=Loop(0, times=math.inf)), httpx.Client() as client:  # noqa: SIM117
        with client.stream("POST", OTHER, content=ask_turn(1)) as response:
            assert set(itertools.islice(response.iter_raw(), 5000)) == {SAYS[0]}


# Aiming


def test_attempts_are_those_of_one_request() -> None:
    with use_cassette(conversation(SAYS, SAYS), fault=Refuse().on(1)), httpx.Client() as client:
        seen = [post(client, number) for number in (1, 1, 2, 2)]
    assert [one[0] for one in seen] == ["ConnectError", 200, "ConnectError", 200]


def test_a_retry_is_known_though_its_trace_id_differs() -> None:
    with (
        use_cassette(Cassette.of(conversation(SAYS).interactions, ignore=["trace"]), fault=Refuse().on(1)),
        httpx.Client() as client,
    ):
        assert [post(client, trace=n)[0] for n in (1, 2)] == ["ConnectError", 200]


def test_a_turn_is_that_of_its_own_conversation() -> None:
    other = replace(
        conversation(SAYS).interactions[0], request=Request("POST", OTHER, body=b'{"messages":["x"]}')
    )
    cassette = Cassette.of([*conversation(SAYS, SAYS).interactions, other])
    with use_cassette(cassette, fault=Break(0).where(turn=2)), httpx.Client() as client:
        assert post(client)[0] == 200
        assert client.post(OTHER, content=other.request.body).status_code == 200
        assert post(client, 2) == [200, "ReadError"]


def test_tools_and_token_counts_are_left_alone() -> None:
    tool = replace(answers.interaction(b"{}"), request=Request("GET", "https://weather.example/now"))
    count = replace(
        answers.interaction(b"{}"),
        request=Request("POST", "https://api.anthropic.com/v1/messages/count_tokens", body=ask_turn(1)),
    )
    cassette = Cassette.of([tool, count, *conversation(SAYS).interactions])
    with use_cassette(cassette, fault=Refuse().on(1)), httpx.Client() as client:
        assert client.get(tool.request.uri).content == b"{}"
        assert post(client, url=count.request.uri) == [200, b"{}"]
        assert post(client) == ["ConnectError"]


def test_a_tool_is_met_by_its_path() -> None:
    tool = replace(answers.interaction(b"{}"), request=Request("GET", "https://weather.example/v1/now"))
    with use_cassette(Cassette.of([tool]), fault=Refuse().where(path="/now")), httpx.Client() as client:  # noqa: SIM117
        with pytest.raises(httpx.ConnectError):
            client.get(tool.request.uri)


# A fault that doesn't happen


def swallowed(fault: Fault, *numbers: int, cassette: Cassette | None = None, leave: bool = False) -> None:
    """A client that takes every error for a lost connection."""
    with use_cassette(cassette or conversation(SAYS, SAYS), fault=fault), httpx.Client() as client:
        for number in numbers:
            with (
                contextlib.suppress(Exception),
                client.stream("POST", OTHER, content=ask_turn(number)) as one,
            ):
                if not leave:
                    one.read()


def test_an_aimed_fault_that_does_not_fit_is_raised_again_at_the_end() -> None:
    with pytest.raises(FaultError, match=r"Break\(after=9\) needs 10 network chunks"):
        swallowed(Break(9).on(1), 1)


def test_a_fault_that_fits_no_answer_is_raised_at_the_end() -> None:
    with pytest.raises(FaultError, match=r"Break\(after=9\) needs 10 network chunks"):
        swallowed(Break(9), 1, 2)


def test_a_fault_that_is_not_aimed_need_not_fit_all_answers() -> None:
    few_and_many = conversation([b"data: 1\n\n"], [b"data: 1\n\n"] * 5)
    with use_cassette(few_and_many, fault=Break(3)), httpx.Client() as client:
        assert post(client) == [200, b"data: 1\n\n"]
        assert post(client, 2)[-1] == "ReadError"


def test_each_of_two_faults_must_fit_some_answer() -> None:
    with pytest.raises(FaultError, match=r"^Break\(after=9\) needs 10 network chunks"):
        swallowed(Merge() | Break(9), 1)


@pytest.mark.parametrize(
    ("fault", "numbers", "leave", "reason"),
    [
        (Break(0), (), False, "no request was made"),
        (Break(0).on(2), (1, 2), False, "aimed at none of the 2 requests"),
        (Break(0).where(turn=3), (1, 2), False, "aimed at none of the 2 requests"),
        (Break(1), (1,), True, "the client left each answer before"),
    ],
)
def test_a_fault_that_broke_nothing_says_why(
    fault: Fault, numbers: tuple[int, ...], leave: bool, reason: str
) -> None:
    with pytest.raises(FaultError, match=rf"broke nothing: .*{reason}"):
        swallowed(fault, *numbers, leave=leave)


@pytest.mark.parametrize(
    "fault", [NoFault(), Break(1).on(1, 2), Break(0).on(1) | Status(429).on(7)], ids=repr
)
def test_a_fault_that_happened_has_nothing_to_complain_of(fault: Fault) -> None:
    swallowed(fault, 1)


def test_the_blocks_own_error_comes_first() -> None:
    def fail() -> None:
        with use_cassette(conversation(SAYS), fault=Break(9).on(1)):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        fail()
    assert "broke nothing: no request was made" in caught.value.__notes__[0]


def test_a_transport_complains_when_it_is_closed(kind: Kind) -> None:
    outcome = kind.read(URL, transport=FaultTransport(replay(), Break(0).where(turn=2)))

    assert (len(outcome.chunks), outcome.error) == (6, "FaultError")


# Behind an SDK


def test_an_sdk_s_own_retries_run() -> None:
    import httpx2
    import openai

    soon = (("retry-after-ms", "1"),)
    transport = FaultTransport(replay(), Status(500, headers=soon).on(1) | Status(429, headers=soon).on(2))
    client = openai.OpenAI(api_key="any", max_retries=2, http_client=httpx2.Client(transport=transport))
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=[], stream=True)

    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "It rains ☔ in Łódź."
    assert transport.requests == 3
