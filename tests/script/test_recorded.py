"""Scripts from cassettes, and cassettes from scripts."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.script.asking import ask, rebuilt

from unspool import Cassette, ReplayTransport, sample_names, sample_path
from unspool import script as public
from unspool.script import Script, call, text, use_script
from unspool.script.recorded import turns_of

CHAT = "https://api.openai.com/v1/chat/completions"


def evaluated(code: str) -> Script:
    from unspool import faults

    names = {name: getattr(public, name) for name in public.__all__}
    names |= {name: getattr(faults, name) for name in faults.__all__}
    made: Script = eval(code, names)
    return made


@pytest.mark.parametrize(
    "name", [name for name in sample_names() if name.startswith(("openai/", "anthropic/"))]
)
def test_a_sample_becomes_a_script_that_says_the_same(name: str) -> None:
    path = sample_path(name)
    recorded = Cassette.load(path).interactions[0]
    script = Script.from_cassette(path)
    kind = "anthropic" if name.startswith("anthropic") else "openai"
    assert turns_of([recorded]) == [evaluated(repr(script))[0].turn]
    if script[0].turn.failure is None:
        made = rebuilt(evaluated(repr(script)), kind).choices[0].message
        assert made.content or made.tool_calls or made.get("refusal")


def test_a_played_script_is_saved_as_made(tmp_path: Path) -> None:
    path = tmp_path / "made.yaml"
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    with use_script("Hello.") as script:
        said = httpx.post(CHAT, json=body, headers={"authorization": "Bearer sk-secret"}).text
    script.save(path)
    assert "made: by a script" in path.read_text()
    assert "sk-secret" not in path.read_text()
    with httpx.Client(transport=ReplayTransport(path)) as client:
        assert client.post(CHAT, json=body).text == said
    assert Cassette.load(path).interactions[0].recorded_at is None


def test_a_script_from_a_saved_one_is_the_same(tmp_path: Path) -> None:
    script = Script(call("search", q="☔") + call("find"), text("Done."))
    ask(script, "anthropic")
    script.save(tmp_path / "made.yaml")
    again = Script.from_cassette(tmp_path / "made.yaml")
    assert again[0].turn.parts == script[0].turn.parts


def test_an_argument_that_is_a_keyword_of_python_s_prints_as_code() -> None:
    made = call("move", {"from": "Oslo", "to": "Rome"})

    assert eval(repr(made), {"call": call}) == made
