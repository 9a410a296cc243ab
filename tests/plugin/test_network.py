"""A run, or a test, that is kept from the network."""

from __future__ import annotations

import pytest
from tests.plugin.project import Project

REACH = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=1)"
BLOCK = "--unspool-block-network"

IN_CLASS = f"""
import unittest
def reach():
    {REACH}
class TestIt(unittest.TestCase):
    setUpClass = classmethod(lambda cls: reach())
    def test_it(self): pass
"""
PLACES = {
    "conftest": ("conftest.py", REACH),
    "module": ("tests/test_reach.py", f"{REACH}\ndef test_it(): pass"),
    "fixture": (
        "tests/test_reach.py",
        f"import pytest\n@pytest.fixture(scope='session')\ndef wide():\n    {REACH}\ndef test_it(wide): pass",
    ),
    "setUpClass": ("tests/test_reach.py", IN_CLASS),
    "teardown": (
        "tests/test_reach.py",
        f"import pytest\n@pytest.fixture\ndef late():\n    yield\n    {REACH}\ndef test_it(late): pass",
    ),
    "hook": ("conftest.py", f"def pytest_collection_finish():\n    {REACH}"),
}


@pytest.mark.parametrize(("name", "text"), PLACES.values(), ids=PLACES)
def test_nothing_of_a_blocked_run_reaches_another_machine(project: Project, name: str, text: str) -> None:
    project.write(name, text)
    project.write_tests("def test_quiet(): pass")
    assert "192.0.2.1:443, and the network is blocked" in str(project.run(BLOCK))


def test_a_blocked_run_records_nothing(project: Project) -> None:
    project.write_tests("""
        @pytest.mark.stream_cassette(record="all")
        def test_marked(): ask()
        def test_block(tmp_path):
            with unspool.use_cassette(tmp_path / "a.yaml", record_mode="all"): ask()
    """)
    assert project.run(BLOCK).counts == {"failed": 2}
    assert project.cassettes == []


def test_blocking_and_recording_on_one_command_line_is_an_error(project: Project) -> None:
    project.write_tests("def test_quiet(): pass")
    assert "exclude each other" in str(project.run(BLOCK, "--unspool-record=all"))


def test_the_ini_files_record_mode_gives_way(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nunspool_record = all\n")
    project.write_tests("@pytest.mark.stream_cassette\ndef test_marked(): ask()")
    assert project.run(BLOCK).counts == {"failed": 1}


def test_hosts_may_be_allowed_on_the_command_line(project: Project) -> None:
    project.write_tests(f"""
        import socket
        def test_it():
            with pytest.raises(OSError):
                {REACH}
    """)
    assert project.run(BLOCK, "--unspool-allowed-hosts=192.0.2.0/24,*.example.com").counts == {"passed": 1}


def test_a_marker_blocks_one_test(project: Project) -> None:
    project.write_tests(f"""
        @pytest.mark.block_network
        def test_blocked():
            {REACH}
        @pytest.mark.block_network(allowed_hosts=["192.0.2.1"])
        def test_allowed():
            with pytest.raises(OSError):
                {REACH}
        @pytest.mark.block_network
        @pytest.mark.stream_cassette
        def test_recorded(): ask()
    """)
    outcome = project.run()
    assert outcome.counts == {"failed": 2, "passed": 1}
    assert "test_blocked: something reached for 192.0.2.1:443" in str(outcome)
    assert project.cassettes == []
