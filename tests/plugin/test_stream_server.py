"""`stream_server` from outside."""

from __future__ import annotations

from tests.plugin.project import Project

CLIENT = """
import httpx, pytest, subprocess, sys
from unspool.faults import Break
from unspool.script import text

CODE = '''
import openai, sys
stream = openai.OpenAI(max_retries=0).chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": sys.argv[1]}], stream=True
)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
'''

def ask(server, question="Hey, how's it going?"):
    command = [sys.executable, "-c", CODE, question]
    return subprocess.run(command, capture_output=True, text=True, env=dict(server.environment))
"""

TESTS = """
def test_a_sample(stream_server):
    server = stream_server("openai/text")
    assert ask(server).stdout.startswith("Hello! I'm doing well")
    (entry,) = server.requests
    assert (entry.status, entry.outcome, entry.pieces) == (200, "whole", 16)

def test_a_script(stream_server):
    server = stream_server(text("Rain."))
    assert ask(server).stdout == "Rain.\\n"
    assert server.script.calls[0].user == "Hey, how's it going?"

def test_a_fault(stream_server):
    assert ask(stream_server("openai/text", fault=Break(2))).returncode == 1

def test_a_miss(stream_server):
    ask(stream_server("openai/text"), "Something else")

def test_a_turn_left_over(stream_server):
    stream_server(text("Rain."))

def test_nothing(stream_server):
    stream_server()

def test_no_such_cassette(stream_server):
    stream_server("none")
"""


def test_a_child_s_sdk_asks_it(project: Project) -> None:
    project.write("tests/test_it.py", CLIENT + TESTS)

    outcome = project.run()

    assert outcome.counts == {"passed": 3, "failed": 4}
    assert "test_a_miss: the cassette in memory has no recording for POST" in outcome.text
    assert "the server at http://127.0.0.1:" in outcome.text
    assert "1. POST /v1/chat/completions 404 missed" in outcome.text
    assert "test_a_turn_left_over: turn 0 was not asked for: text('Rain.')" in outcome.text
    assert "expected cassettes or turns" in outcome.text
    assert "no cassette 'none'" in outcome.text
