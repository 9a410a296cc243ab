"""What becomes a recording, over several runs: failures, refusals, interruptions, and good files."""
# ruff: noqa: PT012, PT031, SIM117 - a block that fails while it records is what these tests are about

from __future__ import annotations

import signal
import subprocess
import sys
import warnings
from pathlib import Path

import httpx
import pytest
from tests.loopback import Answer, Loopback, serve

from unspool import Cassette, CassetteWarning, RecordTransport, UnrecordedRequestError, use_cassette
from unspool.cassette.file_format import Document
from unspool.cassette.model import End, Failure, Interaction, Request, Response, Timeline
from unspool.cassette.outcomes import Marks, is_interrupted
from unspool.cassette.store import load, write

GOOD = Answer.events({"text": "good"})
OTHER = Answer.events({"text": "other"})


def bodies(path: Path) -> list[bytes]:
    return [one.response.body for one in load(path).interactions]


def unfinished(path: Path) -> tuple[str, ...]:
    return Marks.of(load(path).extra).unfinished


def record(path: Path, *urls: str, mode: str = "once", **options: object) -> None:
    with use_cassette(path, record_mode=mode, **options):
        for url in urls:
            httpx.post(url)


def refused_url() -> str:
    with serve({}) as server:
        return f"{server.url}/"


def test_a_run_without_a_network_leaves_no_cassette(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with pytest.raises(httpx.ConnectError), use_cassette(path, record_mode="once"):
        httpx.post(refused_url())
    assert not path.exists()


def test_the_successful_retry_of_a_failure_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    answers = [Answer(ending="silent"), GOOD]
    with serve({"/": answers}) as server, use_cassette(path, record_mode="once"):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/", timeout=0.3)
        httpx.post(f"{server.url}/")
    assert bodies(path) == [b"".join(bytes(piece) for piece in GOOD.pieces if isinstance(piece, bytes))]


def test_failures_that_were_asked_for_are_replayed_without_a_warning(tmp_path: Path) -> None:
    path, url = tmp_path / "a.yaml", refused_url()
    for _ in range(2):
        with use_cassette(path, record_mode="once", record_failures=True), pytest.raises(httpx.ConnectError):
            httpx.post(url)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(Cassette(path).interactions) == 1


def test_an_old_cassette_that_holds_failures_says_so_and_how_to_mend_it(tmp_path: Path) -> None:
    timeline = Timeline(end=End.RESET, failure=Failure("ConnectError", "refused"))
    path = tmp_path / "old.yaml"
    failed = Interaction(Request("GET", "http://a.example/"), Response(599, timeline=timeline))
    write(path, Document((failed,), {}))
    with pytest.warns(CassetteWarning, match=r"old\.yaml contains 1 request.*record_mode='rewrite'"):
        Cassette(path)


@pytest.mark.parametrize("text", ["", "interactions: []\nversion: 1\n"], ids=["empty", "none"])
def test_a_cassette_that_holds_nothing_counts_as_absent(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with serve({"/": GOOD}) as server:
        record(path, f"{server.url}/")
    assert len(bodies(path)) == 1


@pytest.mark.parametrize("mode", ["all", "rewrite"])
@pytest.mark.parametrize("how", ["error", "500", "refused", "skip"])
def test_a_good_file_is_not_replaced_by_a_bad_run(tmp_path: Path, mode: str, how: str) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": GOOD, "/two": GOOD}) as server:
        url = f"{server.url}/"
        record(path, url, f"{url}two")
        before = path.read_bytes()
        server.answers["/"] = Answer.json({"error": "no"}, 500) if how == "500" else OTHER
        if how == "refused":
            server.answers["/"] = Answer(ending="silent")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            again(path, url, mode, how)
    assert path.read_bytes() == before
    beside = tmp_path / "a.failed.yaml"
    assert str(beside) in str(caught[-1].message)
    assert len(bodies(beside)) == (1 if how == "refused" else 2)


def again(path: Path, url: str, mode: str, how: str) -> None:
    try:
        with use_cassette(path, record_mode=mode):
            httpx.post(f"{url}two")
            try:
                httpx.post(url, timeout=0.3)
            except httpx.ReadTimeout:
                assert how == "refused"
            if how == "skip":
                pytest.skip("not today")
            assert how != "error"
    except (AssertionError, pytest.skip.Exception):
        pass


def test_a_server_error_that_the_old_file_holds_too_is_no_bad_run(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    failing = Answer.json({"error": "overloaded"}, 503)
    with serve({"/": [failing, GOOD, failing, OTHER]}) as server:
        for mode in ("once", "rewrite"):
            record(path, f"{server.url}/", f"{server.url}/", mode=mode)
    assert b"other" in bodies(path)[1]


def test_a_retry_that_succeeds_makes_a_good_run(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": [GOOD, Answer.json({}, 503), OTHER]}) as server:
        record(path, f"{server.url}/")
        record(path, f"{server.url}/", f"{server.url}/", mode="rewrite")
    assert b"other" in bodies(path)[1]


def test_a_cassette_that_a_failing_block_began_stays_extendable(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/1": GOOD, "/2": OTHER}) as server:
        with pytest.raises(ZeroDivisionError), use_cassette(path, record_mode="once"):
            httpx.post(f"{server.url}/1")
            raise ZeroDivisionError
        assert unfinished(path)
        record(path, f"{server.url}/1", f"{server.url}/2")
        assert len(server.requests) == 2
    assert not unfinished(path)
    with pytest.raises(UnrecordedRequestError):
        record(path, f"{server.url}/3")


def test_a_failing_block_leaves_a_finished_cassette_finished(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": GOOD}) as server:
        record(path, f"{server.url}/")
        before = path.read_bytes()
        with pytest.raises(ZeroDivisionError), use_cassette(path, record_mode="once"):
            raise ZeroDivisionError
    assert path.read_bytes() == before


def test_a_stream_that_a_failing_block_left_is_recorded_again(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": Answer([b"data: 1\n\n", 0.05, b"data: 2\n\n"])}) as server:
        with pytest.raises(ZeroDivisionError), use_cassette(path, record_mode="once"):
            with httpx.stream("POST", f"{server.url}/") as response:
                next(response.iter_raw())
                raise ZeroDivisionError
        record(path, f"{server.url}/")
    assert bodies(path) == [b"data: 1\n\ndata: 2\n\n"]


INTERRUPTED = """
import sys, httpx, unspool
url, path = sys.argv[1:]
with unspool.use_cassette(path, record_mode="once"):
    httpx.post(f"{url}/whole")
    with httpx.stream("POST", f"{url}/stalled") as response:
        for chunk in response.iter_raw():
            print(len(chunk), flush=True)
"""
INTERRUPTED_ASYNC = """
import asyncio, sys, httpx, unspool
url, path = sys.argv[1:]
async def main():
    with unspool.use_cassette(path, record_mode="once"):
        async with httpx.AsyncClient() as client:
            await client.post(f"{url}/whole")
            async with client.stream("POST", f"{url}/stalled") as response:
                async for chunk in response.aiter_raw():
                    print(len(chunk), flush=True)
asyncio.run(main())
"""


def end_it(server: Loopback, path: Path, script: str, how: signal.Signals) -> None:
    command = [sys.executable, "-c", script, server.url, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"9\n"
        child.send_signal(how)
        child.wait(20)


@pytest.mark.parametrize("script", [INTERRUPTED, INTERRUPTED_ASYNC], ids=["sync", "async"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_what_an_interruption_cut_off_is_recorded_again(
    tmp_path: Path, script: str, how: signal.Signals
) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/whole": GOOD, "/stalled": Answer([b"data: 1\n\n"], ending="stall")}) as server:
        end_it(server, path, script, how)
        server.answers["/stalled"] = Answer([b"data: 1\n\n", b"data: 2\n\n"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CassetteWarning)
            record(path, f"{server.url}/whole", f"{server.url}/stalled")
        assert [request.path for request in server.requests] == ["/whole", "/stalled", "/stalled"]
    assert bodies(path)[1:] == [b"data: 1\n\ndata: 2\n\n"]
    assert not any(map(is_interrupted, load(path).interactions))
    assert [found.name for found in tmp_path.iterdir()] == ["a.yaml"]


def test_an_interrupted_answer_is_not_replayed_as_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/whole": GOOD, "/stalled": Answer([b"data: 1\n\n"], ending="stall")}) as server:
        end_it(server, path, INTERRUPTED, signal.SIGINT)
        with pytest.raises(UnrecordedRequestError, match="contains only the beginning"):
            record(path, f"{server.url}/stalled", mode="none")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_answer_is_interrupted_though_the_interruption_is_caught(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": Answer([b"data: 1\n\n"], ending="stall")}) as server, use_cassette(path):
        with pytest.raises(error), httpx.stream("POST", f"{server.url}/") as response:
            next(response.iter_raw())
            raise error
    assert [is_interrupted(one) for one in load(path).interactions] == [True]


def test_a_journal_beside_a_finished_cassette_is_named_with_its_command(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/whole": GOOD, "/stalled": Answer([b"data: 1\n\n"], ending="stall")}) as server:
        record(path, f"{server.url}/whole")
        end_it(server, path, INTERRUPTED.replace("once", "rewrite"), signal.SIGKILL)
        with pytest.warns(CassetteWarning, match="unspool recover"):
            record(path, f"{server.url}/whole")


def test_a_damaged_journal_is_named_and_the_cassette_stays_extendable(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/whole": GOOD, "/stalled": Answer([b"data: 1\n\n"], ending="stall")}) as server:
        end_it(server, path, INTERRUPTED, signal.SIGKILL)
        (journal,) = tmp_path.glob(".*.part")
        data = journal.read_bytes()
        journal.write_bytes(data.replace(b'"status":200', b'"status":2O0', 1))
        with pytest.warns(CassetteWarning, match=r"checksum is wrong.* Delete or move ") as warned:
            record(path, f"{server.url}/whole")
        assert str(journal) in str(warned[0].message)
        assert [request.path for request in server.requests] == ["/whole", "/stalled", "/whole"]


def test_a_transport_keeps_a_good_file_when_its_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": [GOOD, OTHER]}) as server:
        record(path, f"{server.url}/")
        before = path.read_bytes()
        with pytest.warns(CassetteWarning, match="unchanged"), pytest.raises(ZeroDivisionError):
            with httpx.Client(transport=RecordTransport(httpx.HTTPTransport(), path)) as client:
                client.post(f"{server.url}/")
                raise ZeroDivisionError
    assert path.read_bytes() == before


def test_nothing_is_saved_on_an_exception_if_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": GOOD}) as server, pytest.raises(ZeroDivisionError):
        with use_cassette(path, record_mode="once", record_on_exception=False):
            httpx.post(f"{server.url}/")
            raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_unused_recordings_are_dropped_if_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/1": GOOD, "/2": OTHER}) as server:
        record(path, f"{server.url}/1", f"{server.url}/2")
        record(path, f"{server.url}/2", drop_unused_requests=True)
    assert [one.request.uri for one in load(path).interactions] == [f"{server.url}/2"]


def test_several_cassettes_answer_and_the_first_is_written(tmp_path: Path) -> None:
    shared, own = tmp_path / "shared.yaml", tmp_path / "own.yaml"
    with serve({"/1": GOOD, "/2": OTHER}) as server:
        record(shared, f"{server.url}/1")
        record(own, f"{server.url}/1", f"{server.url}/2", read_also=[shared])
        assert len(server.requests) == 2
    assert [one.request.uri for one in load(own).interactions] == [f"{server.url}/2"]
