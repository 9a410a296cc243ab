"""`use_cassette`: any client, wherever it was made, in whatever task or thread."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from tests.loopback import Answer, Loopback, serve
from tests.transports.clients import Kind

from unspool.cassette.cassette import Cassette
from unspool.clock import VirtualClock
from unspool.errors import CassetteError, UnplayedInteractionsError, UnrecordedRequestError
from unspool.transports.use_cassette import use_cassette

PIECES = [b"data: one\n\n", b"data: two\n\n"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serve({"/": Answer([*PIECES]), "/long": Answer([PIECES[0], 0.1, PIECES[1]])}) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weather.yaml"


def ask(server: Loopback, question: Any = "me", client: Any = httpx) -> str:
    text: str = client.post(f"{server.url}/", **as_json({"ask": question})).text
    return text


def as_json(value: Any) -> dict[str, Any]:
    """What sends a value as JSON without blanks; `json=` has some in httpx 0.27."""
    data = json.dumps(value, separators=(",", ":")).encode()
    return {"content": data, "headers": {"content-type": "application/json"}}


def test_what_is_recorded_is_replayed_without_the_server(kind: Kind, path: Path) -> None:
    with serve({"/": Answer([*PIECES])}) as server:
        url = f"{server.url}/"
        with use_cassette(path):
            live = kind.read(url)
    with use_cassette(path) as cassette:
        assert kind.read(url).seen == live.seen
    assert cassette.all_played


def test_a_client_made_before_is_inside_too(server: Loopback, path: Path) -> None:
    with httpx.Client() as client, httpx2.Client() as client2:
        with use_cassette(path):
            ask(server, 1, client)
            ask(server, 2, client2)
        with use_cassette(path, record_mode="none") as cassette:
            ask(server, 1, client)
            ask(server, 2, client2)
    assert cassette.play_count == 2
    assert len(server.requests) == 2


def test_after_the_block_classes_are_as_they_were_and_requests_are_sent(server: Loopback, path: Path) -> None:
    before = (http.client.HTTPConnection, http.client.HTTPSConnection)
    with use_cassette(path):
        assert http.client.HTTPConnection is not before[0]
    assert (http.client.HTTPConnection, http.client.HTTPSConnection) == before
    for ask_by in (httpx.get, httpx2.get):
        assert ask_by(f"{server.url}/").is_success
    assert len(server.requests) == 2


def test_in_process_transports_are_left_alone(path: Path) -> None:
    mock = httpx.MockTransport(lambda request: httpx.Response(200, text="mocked"))
    with use_cassette(path, record_mode="none"), httpx.Client(transport=mock) as client:
        assert client.get("https://api.example.com").text == "mocked"


# Modes


def test_once_records_all_if_there_is_no_cassette(server: Loopback, path: Path) -> None:
    with use_cassette(path, record_mode="once"):
        ask(server, 1)
        ask(server, 1)
    assert len(Cassette.load(path).interactions) == 2


def test_once_records_nothing_into_a_cassette(server: Loopback, path: Path) -> None:
    with use_cassette(path, record_mode="once"):
        ask(server, 1)
    with pytest.raises(UnrecordedRequestError), use_cassette(path, record_mode="once"):
        ask(server, 2)
    assert len(server.requests) == 1


def test_none_without_a_cassette_complains_of_requests_only(server: Loopback, path: Path) -> None:
    with use_cassette(path, record_mode="none"):
        pass
    with (
        pytest.raises(UnrecordedRequestError, match="there is none yet"),
        use_cassette(path, record_mode="none"),
    ):
        ask(server)
    assert not path.exists()


def test_new_episodes_are_added(server: Loopback, path: Path) -> None:
    for question in (1, 2):
        with use_cassette(path, record_mode="new_episodes"):
            ask(server, 1)
            ask(server, question)
    assert len(server.requests) == 3  # the first run's two, and the second question
    bodies = [one.request.body for one in Cassette.load(path).interactions]
    assert bodies == [b'{"ask":1}', b'{"ask":1}', b'{"ask":2}']


def test_all_takes_the_place_of_what_is_recorded_anew(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        ask(server, 1)
        ask(server, 2)
    server.answers["/"] = Answer([b"data: new\n\n"])
    with use_cassette(path, record_mode="all"):
        assert ask(server, 1) == "data: new\n\n"
    bodies = {one.request.body: one.response.body for one in Cassette.load(path).interactions}
    assert bodies == {b'{"ask":1}': b"data: new\n\n", b'{"ask":2}': b"".join(PIECES)}


def test_all_leaves_what_a_matcher_tells_from_what_is_recorded_anew(server: Loopback, path: Path) -> None:
    def same_question(came: Any, recorded: Any) -> bool:
        return bool(came.body == recorded.body)

    for question in (1, 2):
        with use_cassette(path, record_mode="all", match_on=["method", same_question]):
            ask(server, question)
    assert len(Cassette.load(path).interactions) == 2


def test_rewrite_leaves_nothing_else(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        ask(server, 1)
        ask(server, 2)
    with use_cassette(path, record_mode="rewrite"):
        ask(server, 1)
    assert [one.request.body for one in Cassette.load(path).interactions] == [b'{"ask":1}']


def test_rewrite_keeps_the_cassette_where_nothing_was_recorded(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        ask(server)
    with pytest.raises(ZeroDivisionError), use_cassette(path, record_mode="rewrite"):
        _ = 1 / 0
    assert len(Cassette.load(path).interactions) == 1


def test_under_ci_nothing_is_recorded(server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(UnrecordedRequestError, match=r"weather\.yaml"), use_cassette(path):
        ask(server)
    assert not server.requests
    assert not path.exists()


# Misses


def test_a_miss_that_the_client_swallowed_is_raised_at_the_end(server: Loopback, path: Path) -> None:
    def swallowing() -> None:
        with suppress(UnrecordedRequestError):
            ask(server)

    with pytest.raises(UnrecordedRequestError), use_cassette(path, record_mode="none"):
        swallowing()


def test_a_miss_is_noted_on_the_error_it_caused(server: Loopback, path: Path) -> None:
    def asked() -> None:
        try:
            ask(server)
        except UnrecordedRequestError as error:
            raise ConnectionError("Connection error.") from error

    with pytest.raises(ConnectionError) as caught, use_cassette(path, record_mode="none"):
        asked()
    assert "UnrecordedRequestError" in caught.value.__notes__[0]


def test_what_was_not_played_can_fail(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        ask(server, 1)
        ask(server, 2)
    with (
        pytest.raises(UnplayedInteractionsError, match="1 of 2 interactions"),
        use_cassette(path, require_all_played=True),
    ):
        ask(server, 1)


def test_the_blocks_own_error_comes_before_what_was_not_played(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        ask(server)
    with pytest.raises(ZeroDivisionError), use_cassette(path, require_all_played=True):
        _ = 1 / 0


# As a decorator


def test_a_function_is_decorated(server: Loopback, path: Path) -> None:
    @use_cassette(path)
    def asked(question: int, *, times: int = 1) -> list[str]:
        return [ask(server, question) for _ in range(times)]

    assert asked(1, times=2) == asked(1, times=2) == ["".join(map(bytes.decode, PIECES))] * 2
    assert len(server.requests) == 2
    assert asked.__name__ == "asked"


@pytest.mark.anyio
async def test_a_coroutine_function_is_decorated(server: Loopback, path: Path) -> None:
    @use_cassette(path)
    async def asked() -> str:
        async with httpx.AsyncClient() as client:
            return (await client.post(f"{server.url}/")).text

    assert await asked() == await asked()
    assert len(server.requests) == 1


def test_a_generator_function_is_decorated(server: Loopback, path: Path) -> None:
    @use_cassette(path)
    def asked() -> Iterator[str]:
        yield ask(server, 1)
        yield ask(server, 2)

    assert list(asked()) == list(asked())
    assert len(server.requests) == 2


@pytest.mark.anyio
async def test_an_async_generator_function_is_decorated(server: Loopback, path: Path) -> None:
    @use_cassette(path)
    async def asked() -> Any:
        async with httpx.AsyncClient() as client:
            yield (await client.post(f"{server.url}/")).text

    assert [text async for text in asked()] == [text async for text in asked()]
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_an_async_generator_that_is_left_cleans_up_inside(server: Loopback, path: Path) -> None:
    @use_cassette(path)
    async def asked() -> Any:
        async with httpx.AsyncClient() as client:
            try:
                yield "something"
            finally:
                await client.post(f"{server.url}/")

    for _ in range(2):
        async with aclosing(asked()) as items:
            assert await anext(items) == "something"
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_it_is_an_async_context_manager_too(server: Loopback, path: Path) -> None:
    async with use_cassette(path), httpx.AsyncClient() as client:
        await client.post(f"{server.url}/")
    assert len(Cassette.load(path).interactions) == 1


@pytest.mark.anyio
async def test_tasks_may_share_a_context_manager(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        ask(server)
    shared = use_cassette(path)
    first_is_in, second_is_in, first_is_out = anyio.Event(), anyio.Event(), anyio.Event()

    async def first() -> None:
        with shared:
            first_is_in.set()
            await second_is_in.wait()
            ask(server)
        first_is_out.set()

    async def second() -> None:
        await first_is_in.wait()
        with shared:
            second_is_in.set()
            await first_is_out.wait()
            ask(server)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        tasks.start_soon(second)
    assert len(server.requests) == 1


def test_a_decorated_function_may_call_itself(server: Loopback, path: Path) -> None:
    @use_cassette(path)
    def asked(depth: int) -> None:
        if depth:
            asked(depth - 1)
        ask(server, depth)

    asked(2)
    assert {one.request.body for one in Cassette.load(path).interactions} == {
        b'{"ask":0}',
        b'{"ask":1}',
        b'{"ask":2}',
    }


# Nested, and at once


def test_the_inner_cassette_gets_the_requests(server: Loopback, tmp_path: Path) -> None:
    with use_cassette(tmp_path / "outer.yaml"):
        ask(server, "out")
        with use_cassette(tmp_path / "inner.yaml"):
            ask(server, "in")
        ask(server, "out again")
    assert [one.request.body for one in Cassette.load(tmp_path / "inner.yaml").interactions] == [
        b'{"ask":"in"}'
    ]
    assert len(Cassette.load(tmp_path / "outer.yaml").interactions) == 2


def test_threads_each_have_their_own(server: Loopback, tmp_path: Path) -> None:
    def work(name: int) -> None:
        with use_cassette(tmp_path / f"{name}.yaml"):
            together.wait()
            ask(server, [name, 1])
            together.wait()
            ask(server, [name, 2])

    together = threading.Barrier(4)
    threads = [threading.Thread(target=work, args=[name]) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in range(4):
        bodies = [one.request.body for one in Cassette.load(tmp_path / f"{name}.yaml").interactions]
        assert bodies == [b'{"ask":[%d,1]}' % name, b'{"ask":[%d,2]}' % name]


def test_tasks_each_have_their_own(server: Loopback, tmp_path: Path, anyio_backend: str) -> None:
    async def work(name: int) -> None:
        with use_cassette(tmp_path / f"{name}.yaml"):
            async with httpx2.AsyncClient() as client:
                for turn in (1, 2):
                    await client.post(f"{server.url}/long", **as_json({"ask": [name, turn]}))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for name in range(4):
                tasks.start_soon(work, name)

    anyio.run(main, backend=anyio_backend)
    for name in range(4):
        bodies = [one.request.body for one in Cassette.load(tmp_path / f"{name}.yaml").interactions]
        assert bodies == [b'{"ask":[%d,1]}' % name, b'{"ask":[%d,2]}' % name]


def test_tasks_in_one_cassette_each_get_their_own_answers(path: Path, anyio_backend: str) -> None:
    questions = ["slow", "fast"]
    answers = {
        "/slow": Answer([b"data: slow\n\n", 0.1, b"data: slow\n\n"]),
        "/fast": Answer([b"data: fast\n\n"]),
    }

    async def ask_all(url: str) -> dict[str, str]:
        texts: dict[str, str] = {}

        async def one(client: httpx.AsyncClient, name: str) -> None:
            texts[name] = (await client.post(f"{url}/{name}")).text

        async with httpx.AsyncClient() as client, anyio.create_task_group() as tasks:
            for name in questions:
                tasks.start_soon(one, client, name)
        return texts

    with serve(answers) as server:
        url = server.url
        with use_cassette(path):
            live = anyio.run(ask_all, url, backend=anyio_backend)
    with use_cassette(path):
        assert anyio.run(ask_all, url, backend=anyio_backend) == live


def test_interactions_stand_in_the_order_in_which_they_were_issued(path: Path) -> None:
    async def main(url: str) -> None:
        async with httpx.AsyncClient() as client, anyio.create_task_group() as tasks:
            tasks.start_soon(client.post, f"{url}/slow")
            await anyio.sleep(0.05)
            tasks.start_soon(client.post, f"{url}/fast")

    with serve({"/slow": Answer([0.3, b"x"]), "/fast": Answer([b"y"])}) as server, use_cassette(path):
        anyio.run(main, server.url)
    assert [one.response.body for one in Cassette.load(path).interactions] == [b"x", b"y"]


def test_a_thread_started_inside_is_inside(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        thread = threading.Thread(target=ask, args=[server])
        thread.start()
        thread.join()
        with ThreadPoolExecutor() as pool:
            pool.submit(ask, server).result()
    assert len(Cassette.load(path).interactions) == 2


def test_a_thread_that_outlives_the_block_is_outside_again(server: Loopback, path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with use_cassette(path):
            pool.submit(ask, server, 1).result()
        pool.submit(ask, server, 2).result()
    assert len(Cassette.load(path).interactions) == 1
    assert len(server.requests) == 2


def test_a_thread_from_before_is_inside_the_only_cassette(server: Loopback, path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with use_cassette(path):
            pool.submit(ask, server).result()
    assert len(Cassette.load(path).interactions) == 1


def test_a_thread_from_before_belongs_to_none_of_several_cassettes(server: Loopback, tmp_path: Path) -> None:
    def other() -> None:
        with use_cassette(tmp_path / "other.yaml"):
            opened.set()
            closing.wait(5)

    opened, closing = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        thread = threading.Thread(target=other)
        thread.start()
        opened.wait(5)
        with (
            use_cassette(tmp_path / "mine.yaml"),
            pytest.raises(CassetteError, match="2 cassettes are in use"),
        ):
            pool.submit(ask, server).result()
        closing.set()
        thread.join()
    assert not server.requests


# Times


def test_recorded_times_are_replayed_in_virtual_time(server: Loopback, path: Path) -> None:
    with use_cassette(path):
        httpx.post(f"{server.url}/long")
    clock = VirtualClock()
    with use_cassette(path, timing="recorded", clock=clock):
        httpx.post(f"{server.url}/long")
    assert 0.1 <= clock.elapsed < 5


def test_a_cassette_object_is_used_as_it_is(server: Loopback) -> None:
    cassette = Cassette(record_mode="new_episodes")
    with use_cassette(cassette):
        ask(server)
    assert len(cassette) == 1


def test_a_cassette_object_is_saved_after_each_block(server: Loopback, path: Path) -> None:
    cassette = Cassette(path)
    for question in ("first", "second"):
        with use_cassette(cassette):
            ask(server, question)
    bodies = [interaction.request.body for interaction in Cassette.load(path).interactions]
    assert bodies == [b'{"ask":"first"}', b'{"ask":"second"}']
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_cassette_object_takes_no_options(server: Loopback) -> None:
    with pytest.raises(TypeError, match="has its options already, got record_mode"):
        use_cassette(Cassette(), record_mode="all")


# httpx2 in httpx's place


@pytest.mark.skipif(not hasattr(httpx2, "alias_httpx"), reason="this httpx2 can't stand in for httpx")
def test_an_aliased_httpx_is_recorded_and_replayed(server: Loopback, path: Path) -> None:
    code = f"""
import httpx2
httpx2.alias_httpx()
import httpx
import unspool
for mode in ("once", "none"):
    with unspool.use_cassette({str(path)!r}, record_mode=mode) as cassette:
        with httpx.stream("POST", "{server.url}/") as response:
            assert isinstance(response, httpx2.Response)
            print([len(chunk) for chunk in response.iter_raw()])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str([len(piece) for piece in PIECES])] * 2
    assert len(server.requests) == 1


def test_plays_tell_how_far_a_stream_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": Answer([b"a", b"b", b"c"])}) as server:
        with use_cassette(path):
            httpx.get(f"{server.url}/")
        with use_cassette(path) as cassette, httpx.stream("GET", f"{server.url}/") as response:
            next(response.iter_raw())
    assert [play.pieces for play in cassette.plays] == [1]


def test_recording_takes_the_networks_time(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve({"/": Answer([b"a", 0.05, b"b"])}) as server, use_cassette(path, clock=VirtualClock()):
        httpx.get(f"{server.url}/")
    (one,) = Cassette.load(path).interactions
    assert one.response.timeline is not None
    first, last = one.response.timeline.chunks
    assert last.at - first.at > 0.04


def test_who_is_told_of_misses_may_raise_something_else(tmp_path: Path) -> None:
    def told(error: CassetteError) -> None:
        raise SystemExit(str(error))

    with (
        pytest.raises(SystemExit, match="has no recording"),
        use_cassette(tmp_path / "a.yaml", record_mode="none", on_miss=told),
    ):
        httpx.get("http://127.0.0.1:9/")
