"""`python worker.py READER`: read streams with an SDK; a JSON line in for each, and one out.

It runs as a file, in any environment that has the SDK: Unspool needn't be installed there. A line in has
the `format` and the `body` in base64; a line out is a `Seen`. The first line out names the SDK's wire
formats. The network is closed: an SDK that tries to connect fails.
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


def _close_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise ConnectionError(f"an SDK that reads a recording tried to reach the network: {arguments!r:.200}")


def _name_package() -> None:
    """Make `unspool.drift.sdks` importable without running `unspool/__init__.py`, which needs libraries."""
    package = ModuleType("unspool")
    package.__path__ = [str(Path(__file__).resolve().parents[2])]
    sys.modules["unspool"] = package


def main() -> None:
    sys.addaudithook(_close_network)
    _name_package()
    out, sys.stdout = sys.stdout, sys.stderr  # what an SDK prints mustn't get between the lines
    readers = import_module(f"unspool.drift.sdks.{sys.argv[1]}").readers()
    print(json.dumps(sorted(readers)), file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        seen = readers[asked["format"]](base64.b64decode(asked["body"]))
        print(json.dumps(asdict(seen)), file=out, flush=True)


if __name__ == "__main__":
    main()
