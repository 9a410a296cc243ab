"""Plain vcrpy of some version, without Unspool, replays cassettes of ours.

    python -m tests.cassette.plain_vcrpy 7.0.0

It runs in an environment of its own that is thrown away, once with PyYAML's loader in C and once in Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from unspool.cassette.file_format import Document, dumps
from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline

URL = "http://127.0.0.1:9/v1/chat/completions"
TEXTS = {
    "plain": 'data: {"a": 1}\n\ndata: [DONE]\n\n',
    "scripts": "data: ☔ “quoted” 日本語 שלום 👩\u200d👧\n\ndata: [DONE]\n\n",
    "crlf": "data: ☔\r\n\r\ndata: [DONE]\r\n\r\n",
    "controls": "data: \x00\x1b\x7f\x85\x9f\u2028\u2029\ufeff\u202e\uffff ☔\n\n \n",
    "binary": "",
}
REPLAY = """
import json, sys, httpx, vcr, yaml
if sys.argv[1] == "python":
    import vcr.serializers.yamlserializer as serializer
    serializer.Loader = yaml.Loader
for name, (path, url, body) in json.load(sys.stdin).items():
    with vcr.use_cassette(path, record_mode="none"):
        assert httpx.post(url).content == bytes.fromhex(body), name
print("vcrpy", vcr.__version__, sys.argv[1], "replays them all")
"""


def main(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder) / "venv", version)
        jobs = {
            f"{name}{' in ASCII' if ascii_only else ''}": _cassette(Path(folder), name, ascii_only=ascii_only)
            for name in TEXTS
            for ascii_only in (False, True)
        }
        for loader in ("c", "python"):
            command = [python, "-X", "utf8", "-c", REPLAY, loader]
            subprocess.run(command, input=json.dumps(jobs), text=True, check=True)
        in_ascii = {name: job for name, job in jobs.items() if name.endswith("in ASCII")}
        command = [python, "-X", "utf8=0", "-c", REPLAY, "c"]
        environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
        subprocess.run(command, input=json.dumps(in_ascii), text=True, check=True, env=environment)


def _environment(folder: Path, version: str) -> str:
    subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", str(folder)], check=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    subprocess.run([*install, f"vcrpy=={version}", "httpx"], check=True)
    return python


def _cassette(folder: Path, name: str, *, ascii_only: bool) -> tuple[str, str, str]:
    body = TEXTS[name].encode() or bytes(range(256))
    timeline = Timeline((NetworkChunk(len(body), 0.1),), headers_at=0.1, recorded_at=1.0)
    headers = (("content-type", "text/event-stream"),)
    interaction = Interaction(Request("POST", URL), Response(200, "OK", headers, body, timeline))
    path = folder / f"{name}-{ascii_only}.yaml"
    path.write_bytes(dumps(Document((interaction,)), ascii=ascii_only))
    return str(path), URL, body.hex()


if __name__ == "__main__":
    main(sys.argv[1])
