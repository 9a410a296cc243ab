"""A month with the plugin: first runs that fail, bad days, shared cassettes, and runs that are cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loopback import Answer, Loopback
from tests.plugin.conftest import ANSWER
from tests.plugin.project import Project

from unspool.cassette.outcomes import Marks
from unspool.cassette.store import load

ONE = "@pytest.mark.stream_cassette\ndef test_one():\n    assert 'rains' in ask()\n"
HOME = "tests/cassettes/test_it/test_one.yaml"


def statuses(project: Project, name: str = HOME) -> list[int]:
    return [one.response.status for one in load(project.folder / name).interactions]


def test_a_first_run_without_a_network_leaves_nothing(project: Project, server: Loopback) -> None:
    server.shutdown()
    server.server_close()
    project.write_tests(ONE)
    assert project.run().counts == {"failed": 1}
    assert project.cassettes == []


def test_a_refusal_is_recorded_and_said_with_the_way_to_record_it_anew(
    project: Project, server: Loopback
) -> None:
    server.answers["/"] = Answer.json({"error": "slow down"}, 429)
    project.write_tests("@pytest.mark.stream_cassette\ndef test_one():\n    ask()\n")
    for options in ([], ["--unspool-report"]):
        outcome = project.run("--unspool-record=all", *options)
        assert "tests/test_it.py::test_one recorded 429 POST" in outcome.text
        assert "pytest tests/test_it.py::test_one --unspool-record=rewrite" in outcome.text
    assert "recorded 429" not in project.run().text
    assert statuses(project) == [429]


@pytest.mark.parametrize("mode", ["all", "rewrite"])
@pytest.mark.parametrize("bad", ["assert False", "pytest.skip('later')", "pytest.exit('stop')", "500"])
def test_a_bad_run_leaves_a_good_file_and_names_its_own(
    project: Project, server: Loopback, mode: str, bad: str
) -> None:
    project.write_tests(ONE)
    project.run()
    before = (project.folder / HOME).read_bytes()
    if bad == "500":
        server.answers["/"] = Answer.json({"error": "oops"}, 500)
    body = "pass" if bad == "500" else bad
    project.write_tests(f"@pytest.mark.stream_cassette\ndef test_one():\n    ask()\n    {body}\n")
    outcome = project.run(f"--unspool-record={mode}")
    assert (project.folder / HOME).read_bytes() == before
    assert "test_one.failed.yaml" in outcome.text
    assert len(statuses(project, HOME.replace(".yaml", ".failed.yaml"))) == 1


def test_a_passing_run_replaces_the_file(project: Project, server: Loopback) -> None:
    project.write_tests(ONE)
    project.run()
    server.answers["/"] = Answer.events({"it": "rains again"})
    assert project.run("--unspool-record=rewrite").counts == {"passed": 1}
    assert b"rains again" in (project.folder / HOME).read_bytes()
    assert project.cassettes == [HOME]


def test_a_cassette_that_a_failing_test_began_grows_after_the_bug_is_fixed(
    project: Project, server: Loopback
) -> None:
    project.write_tests("@pytest.mark.stream_cassette\ndef test_one():\n    ask('1')\n    assert False\n")
    assert project.run().counts == {"failed": 1}
    project.write_tests("@pytest.mark.stream_cassette\ndef test_one():\n    ask('1')\n    ask('2')\n")
    assert project.run().counts == {"passed": 1}
    assert len(server.requests) == 2
    assert not Marks.of(load(project.folder / HOME).extra).unfinished
    project.write_tests("@pytest.mark.stream_cassette\ndef test_one():\n    ask('3')\n")
    assert project.run().counts == {"failed": 1}


SHARED = """
@pytest.mark.parametrize("who", ["a", "b"])
@pytest.mark.stream_cassette("shared")
def test_it(who):
    assert "rains" in ask(who)
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2", "-p", "xdist"]], ids=["alone", "xdist"])
def test_a_rewrite_of_a_shared_cassette_keeps_what_each_test_recorded(
    project: Project, server: Loopback, workers: list[str]
) -> None:
    shared = "tests/cassettes/test_it/shared.yaml"
    project.write_tests(SHARED.replace('"a", "b"', '"a", "b", "old"'))
    project.run("--unspool-record=new_episodes")
    project.write_tests(SHARED)
    server.answers["/"] = Answer.events({"it": "rains again"})
    outcome = project.run("--unspool-record=rewrite", *workers)
    assert outcome.counts == {"passed": 2}
    found = load(project.folder / shared).interactions
    assert sorted(one.request.body[-3:-2] for one in found) == [b"a", b"b"]
    assert all(b"again" in one.response.body for one in found)


def test_a_rewrite_of_one_test_drops_nothing_of_the_others(project: Project) -> None:
    project.write_tests(SHARED)
    project.run("--unspool-record=new_episodes")
    project.run("--unspool-record=rewrite", "tests/test_it.py::test_it[a]")
    found = load(project.folder / "tests/cassettes/test_it/shared.yaml").interactions
    assert sorted(one.request.body[-3:-2] for one in found) == [b"a", b"b"]


def test_names_that_would_share_a_file_are_an_error_at_collection(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
        @pytest.mark.parametrize("model", ["openai/gpt-4o", "openai-gpt-4o"])
        @pytest.mark.stream_cassette
        def test_it(model):
            ask(model)
        """
    )
    outcome = project.run()
    assert "would share the cassette" in outcome.text
    assert server.requests == []


def test_equal_classes_of_two_others_have_cassettes_of_their_own(project: Project) -> None:
    project.write_tests(
        """
        class TestA:
            class TestIn:
                @pytest.mark.stream_cassette
                def test_it(self): ask("a")
        class TestB:
            class TestIn:
                @pytest.mark.stream_cassette
                def test_it(self): ask("b")
        """
    )
    assert project.run().counts == {"passed": 2}
    assert [Path(name).name for name in project.cassettes] == [
        "TestA.TestIn.test_it.yaml",
        "TestB.TestIn.test_it.yaml",
    ]


def test_modules_share_a_cassette_by_its_path_and_a_marker_reads_several(
    project: Project, server: Loopback
) -> None:
    path = project.folder / "common" / "shared.yaml"
    project.write_tests(f"@pytest.mark.stream_cassette({str(path)!r})\ndef test_it(): ask('1')\n")
    project.write_tests(
        "from pathlib import Path\n@pytest.mark.stream_cassette('own', Path('../../../common/shared.yaml'))\n"
        "def test_it():\n    ask('1')\n    ask('2')\n",
        "tests/test_two.py",
    )
    outcome = project.run()
    assert outcome.counts == {"passed": 2}
    assert len(server.requests) == 2
    assert project.cassettes == ["common/shared.yaml", "tests/cassettes/test_two/own.yaml"]


def test_an_expected_miss_fails_nothing(project: Project) -> None:
    project.write_tests(
        """
        @pytest.mark.stream_cassette(record_mode="none")
        def test_marked():
            with pytest.raises(unspool.UnrecordedRequestError):
                ask()

        def test_block(tmp_path):
            with unspool.use_cassette(tmp_path / "a.yaml", record_mode="none"):
                with pytest.raises(unspool.UnrecordedRequestError):
                    ask()

        @pytest.mark.stream_cassette(record_mode="none")
        def test_any_error_is_no_expectation():
            with pytest.raises(Exception):
                ask()
        """
    )
    assert project.run().counts == {"passed": 2, "failed": 1}


FACTORY = """
import unspool
@pytest.fixture(scope="session")
def answer(stream_cassette_factory):
    with stream_cassette_factory("answer.yaml"):
        return httpx.post(URL, json={"ask": "me", "patient": "Erika Mustermann"}).text

@pytest.fixture(scope="module")
def unspool_redact():
    return unspool.Redactor(fields=unspool.Redactor().fields | {"patient"})

@pytest.fixture(scope="module")
def unspool_config():
    return {"match_on": ["method"]}

def test_it(answer):
    assert "rains" in answer
"""


def test_the_factory_honours_the_project_s_fixtures(project: Project) -> None:
    project.write_tests(FACTORY)
    assert project.run().counts == {"passed": 1}
    assert b"Mustermann" not in (project.folder / "answer.yaml").read_bytes()
    project.write_tests(FACTORY.replace('"me"', '"you"'))
    assert project.run("--unspool-record=none").counts == {"passed": 1}


def test_the_factory_s_messages_name_the_fixture_and_a_command(project: Project) -> None:
    project.write_tests(FACTORY)
    outcome = project.run("--unspool-record=none")
    assert outcome.counts == {"error": 1}
    assert "the fixture `answer` (tests/test_it.py:" in outcome.text
    assert "pytest tests/test_it.py::test_it --unspool-record=new_episodes" in outcome.text


def test_a_wrong_marker_is_one_error_of_one_test(project: Project) -> None:
    project.write_tests("@pytest.mark.stream_cassette(3)\ndef test_wrong(): ask()\n" + ONE)
    outcome = project.run("--unspool-report")
    assert outcome.counts == {"passed": 1, "error": 1}
    assert "INTERNALERROR" not in outcome.text


def test_an_interrupted_test_is_recorded_anew(project: Project, server: Loopback) -> None:
    server.answers["/slow"] = Answer([b"data: 1\n\n"], ending="stall")
    project.write_tests(
        """
        @pytest.mark.stream_cassette
        def test_one():
            with httpx.stream("POST", URL + "slow", json={}) as response:
                for text in response.iter_text():
                    open("began", "w").close()
        """
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "pytest_unspool.plugin"]
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with subprocess.Popen(command, cwd=project.folder, env=env, stdout=subprocess.PIPE, text=True) as child:
        while not (project.folder / "began").exists():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        text, _ = child.communicate(timeout=30)
    assert "interrupted" in text
    server.answers["/slow"] = ANSWER
    assert project.run().counts == {"passed": 1}
    assert [b"rains" in one.response.body for one in load(project.folder / HOME).interactions] == [True]


def test_forty_tests_of_one_cassette_are_one_line_of_the_report(project: Project) -> None:
    project.write_tests(SHARED.replace('["a", "b"]', "list('abcdefgh')"))
    project.run("--unspool-record=new_episodes")
    project.write_tests(SHARED.replace('["a", "b"]', "list('abcdefg')"))
    outcome = project.run("--unspool-report")
    assert outcome.text.count("shared.yaml") == 1
    assert "shared.yaml: 1" in outcome.text


def test_only_real_orphans_are_listed(project: Project) -> None:
    project.write_tests(ONE + ONE.replace("one", "two"))
    project.write_tests(ONE, "tests/test_other.py")
    for name in ("test_it/old", "shared/used_by_a_factory", "test_gone/gone", "test_other/old"):
        project.write(f"tests/cassettes/{name}.yaml", "interactions: []\nversion: 1\n")
    project.run()
    whole = project.run("--unspool-report").text
    assert "orphaned: 4 cassettes" in whole
    part = project.run("--unspool-report", "tests/test_it.py").text
    assert "test_it/old.yaml" in part
    assert "orphaned: 1 cassette\n" in part
    assert "test_two" not in project.run("--unspool-report", "-k", "one").text.partition("orphaned")[2]


@pytest.mark.parametrize("word", ["record", "record_mode"])
def test_the_mode_has_one_name_and_a_short_form_everywhere(project: Project, word: str) -> None:
    project.write_tests(
        f"""
        @pytest.mark.stream_cassette({word}="none")
        def test_marker(): ask()

        class TestConfig:
            @pytest.fixture
            def unspool_config(self):
                return {{"{word}": "none"}}

            @pytest.mark.stream_cassette
            def test_config(self): ask()

        def test_factory(stream_cassette_factory):
            with stream_cassette_factory("a.yaml", {word}="none"):
                ask()

        def test_block():
            with unspool.use_cassette("b.yaml", {word}="none"):
                ask()
        """
    )
    outcome = project.run()
    assert outcome.counts == {"failed": 4}
    project.write("pytest.ini", f"[pytest]\nunspool_{word} = none\n")
    project.write_tests(ONE)
    assert project.run().counts == {"failed": 1}


LATE = """
import threading, urllib.request
go, done = threading.Event(), threading.Event()

def work():
    go.wait(30)
    try:
        urllib.request.urlopen(URL, b"{}", timeout=5).close()
    finally:
        done.set()

@pytest.mark.stream_cassette
def test_one():
    threading.Thread(target=work, name="poller", daemon=True).start()
    assert "rains" in ask()

def test_two():
    go.set()
    assert done.wait(30)
"""


def test_a_request_of_a_late_thread_is_its_own_test_s(project: Project, server: Loopback) -> None:
    project.write_tests(LATE)
    outcome = project.run()
    assert outcome.counts == {"passed": 2}
    assert "tests/test_it.py::test_one: the thread 'poller' was started inside" in outcome.text
    assert "tests/test_it.py::test_two:" not in outcome.text
    assert len(server.requests) == 1
