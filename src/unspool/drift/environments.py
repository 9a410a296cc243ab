"""SDKs that read: those installed beside Unspool, or releases in throw-away environments made by uv."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from unspool.drift.sdks.seen import Seen
from unspool.errors import UnspoolError

SDKS = {
    "openai": "sdk_openai",
    "anthropic": "sdk_anthropic",
    "google-genai": "sdk_genai",
    "mistralai": "sdk_mistral",
    "cohere": "sdk_cohere",
    "ollama": "sdk_ollama",
    "groq": "sdk_groq",
    "botocore": "sdk_botocore",
}
"""The reader of each official SDK, by the name of its distribution."""

READS = {
    "openai": (
        "openai-chat",
        "openai-responses",
        "openai-completions",
        "openai-assistants",
        "openai-transcription",
    ),
    "anthropic": ("anthropic-messages", "anthropic-complete"),
    "google-genai": ("gemini-generate", "gemini-generate-jsonarray", "gemini-interactions"),
    "mistralai": ("openai-chat",),
    "cohere": ("cohere-v1", "cohere-v2"),
    "ollama": ("ollama-ndjson",),
    "groq": ("openai-chat",),
    "botocore": ("bedrock-converse", "bedrock-invoke", "bedrock-agent"),
}
"""The wire formats that each SDK reads; mistralai's and groq's only at their own addresses."""

OWN_PROVIDER = {"mistralai": "mistral", "groq": "groq"}

_WORKER = Path(__file__).parent / "sdks" / "worker.py"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LEADING = ("_API_KEY", "_BASE_URL", "_PROXY", "_API_URL", "_TOKEN")


class DriftError(UnspoolError):
    """The drift can't be determined: an SDK, uv or an argument is missing or wrong."""


@dataclass(frozen=True, slots=True)
class SDK:
    """A running SDK.

    Attributes:
        name: its distribution.
        release: its version.
        formats: the wire formats that it reads.
    """

    name: str
    release: str
    formats: frozenset[str]
    process: subprocess.Popen[str]

    @property
    def subject(self) -> str:
        """Its name in findings, as in `openai 3.57.0`."""
        return f"{self.name} {self.release}"

    def read(self, wire_format: str, body: bytes) -> Seen:
        """Read a stream.

        Raises:
            DriftError: the SDK's process has died.
        """
        asked = {"format": wire_format, "body": base64.b64encode(body).decode()}
        answer = self._ask(json.dumps(asked))
        return Seen(**answer)

    def _ask(self, line: str) -> Any:
        sent, received = self.process.stdin, self.process.stdout
        if sent is None or received is None:
            raise TypeError("expected a process with pipes")
        try:
            sent.write(f"{line}\n")
            sent.flush()
            return json.loads(received.readline())
        except (OSError, ValueError) as error:
            raise DriftError(f"{self.subject} ended while it read a stream; see its output above") from error


def installed() -> list[str]:
    """Return the SDKs that are installed beside Unspool."""
    return [name for name in SDKS if _installed_version(name) is not None]


def _installed_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@contextmanager
def installed_sdks() -> Iterator[list[SDK]]:
    """Start the installed SDKs; an SDK that can't be imported is an error."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_started(name, _installed_version(name) or "", sys.executable))
            for name in installed()
        ]


@contextmanager
def releases(requirements: Sequence[str]) -> Iterator[list[SDK]]:
    """Start releases of SDKs, each in an environment of its own, which is deleted afterwards.

    Args:
        requirements: as for pip: `openai==3.57.0`, `anthropic`, `openai[aiohttp]==2.54`.

    Raises:
        DriftError: there is no reader for an SDK, no uv, or no such release.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="unspool-drift-")))
        yield [
            stack.enter_context(_release(requirement, folder / str(number)))
            for number, requirement in enumerate(requirements)
        ]


@contextmanager
def _release(requirement: str, folder: Path) -> Iterator[SDK]:
    found = _NAME.match(requirement)
    name = re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""
    if name not in SDKS:
        raise DriftError(
            f"expected --with to name one of {', '.join(SDKS)}, as in --with openai==3.57.0; got"
            f" {requirement!r}"
        )
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    _uv("pip", "install", "--quiet", "--python", str(python), requirement)
    asked = f"from importlib.metadata import version; print(version({name!r}))"
    with _started(name, _run([str(python), "-c", asked]).strip(), str(python)) as sdk:
        yield sdk


def _uv(*arguments: str) -> None:
    path = shutil.which("uv")
    if path is None and find_spec("uv") is None:
        raise DriftError("--with makes environments with uv, which isn't installed: pip install uv")
    command = [path] if path else [sys.executable, "-m", "uv"]
    _run([*command, *arguments])


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - no shell reads it
    if done.returncode:
        raise DriftError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _started(name: str, release: str, python: str) -> Iterator[SDK]:
    process = subprocess.Popen(  # noqa: S603 - our own file, read by no shell
        [python, "-I", str(_WORKER), SDKS[name]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={key: value for key, value in os.environ.items() if not key.upper().endswith(_LEADING)},
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise DriftError(
                f"{name} {release} can't be imported, or has no such client; see its output above"
            )
        yield SDK(name, release, frozenset(json.loads(line)), process)
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()
