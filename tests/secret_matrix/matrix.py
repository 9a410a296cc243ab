"""The matrix of secrets: kinds, places, splits and encodings, none of which may be found in what is written.

`nox -s secrets` tries all of it, and prints the figures of docs/security.md; the ordinary tests try a sample.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from tests.cassette.test_secrets import ESCAPED, INNOCENT, INNOCENT_JSON, KEYS

from unspool.cassette.file_format import Document, dumps
from unspool.cassette.journal import Journal
from unspool.cassette.known_values import KnownValues, environment_values, sent_values
from unspool.cassette.model import End, Headers, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.redact import Redactor
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

KNOWN = {
    "Mistral": "q8Zt2LmX0cVb7Ns4Rk1YpWd6Jh3Gf5Aq",
    "Cohere": "Jx7Kp2Wm9Rt4Yb1Nc6Vd3Zf8Hg5Qs0LaEuTiOyPk",
    "Together, old": "9c1f4e7a2b8d3f6a0e5c7b1d4f8a2e6c9b3d7f1a5e8c2b6d0f4a7e1c5b9d3f8a",
    "Azure, old": "7e1b4d9f2a6c8e0b3d5f7a9c1e4b6d8f",
    "with signs": "pA9/x+Qz=7Lk!wE2@tR5#yU8",
}
"""Keys without a shape: known because the client sends them, or because its environment holds them."""

SSE: Headers = (("content-type", "text/event-stream"),)
JSON: Headers = (("content-type", "application/json"),)
AWS: Headers = (("content-type", "application/vnd.amazon.eventstream"),)
OK = 200


@dataclass(frozen=True)
class Case:
    """One secret in one place.

    Attributes:
        name: kind, place, split and encoding.
        secret: what must not be found.
        interaction: holds it.
        known: the client sent it, or its environment holds it.
    """

    name: str
    secret: str
    interaction: Interaction
    known: str | None = None


def request(body: bytes = b"", headers: Headers = JSON, uri: str = "https://api.example.com/v1") -> Request:
    return Request("POST", uri, headers, body)


def answer(pieces: list[bytes], headers: Headers = SSE) -> Response:
    chunks = tuple(NetworkChunk(len(piece), 0.1) for piece in pieces)
    return Response(
        OK, "OK", headers, b"".join(pieces), Timeline(chunks=chunks, headers_at=0.1, ended_at=0.2)
    )


def events(make: Callable[[str], object], parts: list[str]) -> list[bytes]:
    return [b"data: %b\n\n" % json.dumps(make(part)).encode() for part in parts]


CHANNELS: dict[str, Callable[[str], object]] = {
    "content": lambda text: {"choices": [{"index": 0, "delta": {"content": text}}]},
    "reasoning": lambda text: {"choices": [{"index": 0, "delta": {"reasoning_content": text}}]},
    "tool call": lambda text: {
        "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}}]
    },
    "Anthropic": lambda text: {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "t", "thinking": text},
    },
    "Responses": lambda text: {"type": "response.output_text.delta", "item_id": "m", "delta": text},
    "Gemini": lambda text: {"candidates": [{"index": 0, "content": {"parts": [{"text": text}]}}]},
    "Ollama": lambda text: {"message": {"content": text}, "done": False},
    "transcript": lambda text: {"type": "transcript.text.delta", "delta": text},
}

STREAMS: dict[str, Callable[[list[str]], Response]] = {
    **{
        name: (lambda parts, make=make: answer(events(make, parts)))  # type: ignore[misc]
        for name, make in CHANNELS.items()
    },
    "lines of JSON": lambda parts: answer(
        [json.dumps({"response": part}).encode() + b"\n" for part in parts]
    ),
    "AWS frames": lambda parts: answer(
        [
            encode_aws(
                WireEvent(name="c", data=json.dumps({"contentBlockIndex": 0, "delta": {"text": part}}))
            )
            for part in parts
        ],
        AWS,
    ),
    "gzip": lambda parts: answer(
        [gzip.compress(b"".join(events(CHANNELS["content"], parts)))], (*SSE, ("content-encoding", "gzip"))
    ),
    "deflate with bytes behind it": lambda parts: answer(
        [zlib.compress(b"".join(events(CHANNELS["content"], parts))) + "".join(parts).encode()],
        (*SSE, ("content-encoding", "deflate")),
    ),
    "gzip that doesn't say so": lambda parts: answer(
        [gzip.compress(json.dumps("".join(parts)).encode())], JSON
    ),
}

PLACES: dict[str, Callable[[str], Interaction]] = {
    "request body": lambda text: Interaction(
        request(json.dumps({"q": f"Use {text} now"}).encode()), answer([])
    ),
    "tool result": lambda text: Interaction(
        request(json.dumps({"messages": [{"role": "tool", "content": json.dumps({"out": text})}]}).encode()),
        answer([]),
    ),
    "query": lambda text: Interaction(
        request(uri=f"https://api.example.com/v1?note={quote(text, safe='')}"), answer([])
    ),
    "error": lambda text: Interaction(
        request(), answer([json.dumps({"error": f"Bad: {text}."}).encode()], JSON)
    ),
    "header": lambda text: Interaction(
        request(), answer([b"{}"], (*JSON, ("x-request-id", text.replace("\n", "-")), ("x-own", text)))
    ),
    "cookie": lambda text: Interaction(
        request(), answer([b"{}"], (*JSON, ("set-cookie", f"sid={quote(text)}; Path=/")))
    ),
}

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda text: text,
    "quoted": lambda text: quote(text, safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64, shifted": lambda text: b64encode(b"k:" + text.encode() + b"!").decode(),
    "hex": lambda text: text.encode().hex(),
}
SPLITS = {"whole": 10_000, "two": 0, "every 7": 7, "every 3": 3, "letters": 1}


def parts_of(text: str, split: str) -> list[str]:
    size = SPLITS[split] or max(1, len(text) // 2)
    return [text[a:b] for a, b in pairwise([*range(0, len(text), size), len(text)])]


def cases() -> Iterator[Case]:
    """All of the matrix."""
    for (kind, secret), (place, stream), split in product(
        {**KEYS, **ESCAPED}.items(), STREAMS.items(), SPLITS
    ):
        yield Case(f"{kind} · {place} · {split}", secret, exchange(stream, secret, split))
    for (kind, secret), (place, plant) in product(KEYS.items(), PLACES.items()):
        yield Case(f"{kind} · {place}", secret, plant(secret))
    for (kind, secret), (name, encode) in product(KNOWN.items(), ENCODINGS.items()):
        text = encode(secret)
        for (place, stream), split in product(STREAMS.items(), SPLITS):
            yield Case(f"{kind} · {place} · {split} · {name}", text, exchange(stream, text, split), secret)
        for place, plant in PLACES.items():
            yield Case(f"{kind} · {place} · {name}", text, plant(text), secret)


def exchange(stream: Callable[[list[str]], Response], text: str, split: str) -> Interaction:
    return Interaction(request(), stream(["It is ", *parts_of(text, split), " as I said."]))


def leaks(case: Case, folder: Path) -> list[str]:
    """Where a case's secret is found: in the cassette, in the journal at any moment, in the joined texts."""
    redactor = Redactor()
    known = KnownValues()
    if case.known is not None:
        known.add(environment_values({"ACME_API_KEY": case.known}))
        known.add(sent_values(request(headers=(("authorization", f"Bearer {case.known}"),)), redactor.names))
    redactor = redactor.knowing(known)
    clean = redactor.interaction(case.interaction)
    found = {"cassette": dumps(Document((clean,), {}), json=True).decode("utf-8", "replace")}
    found["text"] = "".join(spoken(clean.response))
    found["journal"] = journalled(case.interaction, redactor, folder)
    return [where for where, text in found.items() if holds(text, core_of(case.secret))]


def core_of(secret: str) -> str:
    """The longest word of a secret, which is its random part."""
    return max(re.findall(r"[A-Za-z0-9]+", secret.replace("\\n", " ")), key=len)


def holds(text: str, core: str) -> bool:
    """Whether most of a secret's random part stands in a text."""
    size = max(12, len(core) * 2 // 3)
    return any(core[at : at + size] in text for at in range(max(1, len(core) - size + 1)))


def spoken(response: Response) -> Iterator[str]:
    """The texts of a stream's channels, joined, and what its frames and compressed bytes hold."""
    body = response.body
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    yield body.decode("latin-1")
    yield "".join(_STRINGS.sub(r"\1", line)[1:] for line in [body.decode("latin-1")])
    texts = re.findall(
        r'"(?:content|reasoning_content|arguments|thinking|delta|text|response)": "((?:[^"\\]|\\.)*)"',
        body.decode("latin-1"),
    )
    yield "".join(texts)


_STRINGS = re.compile(r'[^"]*"((?:[^"\\]|\\.)*)"')


def journalled(interaction: Interaction, redactor: Redactor, folder: Path) -> str:
    """All that a journal has held while the response was recorded."""
    journal = Journal(folder / "matrix.yaml", redactor=redactor)
    response = interaction.response
    journal.begin(0, redactor.request(interaction.request), 5.0)
    journal.head(0, response.status, response.reason, response.headers, "HTTP/1.1", 0.1)
    at = 0
    for chunk in response.timeline.chunks if response.timeline else ():
        journal.chunk(0, response.body[at : at + chunk.size], 0.2)
        at += chunk.size
    journal.end(0, End.COMPLETE, None, 0.3)
    (file,) = folder.glob(".matrix*")
    raw = file.read_text()
    records = [json.loads(line) for line in raw.splitlines()]
    written = "".join(record.get("text", "") for record in records)
    binary = b"".join(b64decode(record.get("base64", "")) for record in records).decode("latin-1")
    journal.discard()
    return raw + "".join(spoken(Response(OK, body=written.encode("utf-8", "replace")))) + binary


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Try all of it, and print the figures."""
    everything = list(cases())
    if len(sys.argv) > 1:
        everything = random.Random(1).sample(everything, int(sys.argv[1]))
    with TemporaryDirectory() as folder:
        found = [(case.name, where) for case in everything if (where := leaks(case, Path(folder)))]
    for name, where in found[:50]:
        say(f"{name}: {where}")
    redactor = Redactor()
    looks = [*INNOCENT, *map(json.dumps, INNOCENT_JSON)]
    changed = [text for text in looks if redactor.same_length(text.encode()) != text.encode()]
    say(f"{len(everything):,} secrets in their places, {len(found)} found")
    say(f"{len(looks)} look-alikes, {len(changed)} changed")
    return 1 if found or changed else 0


if __name__ == "__main__":
    sys.exit(main())
