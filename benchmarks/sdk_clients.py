"""What making a client of the OpenAI SDK costs: as the plugin's fixtures make it, and as everybody does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.peers import is_installed
from benchmarks.rounds import Contest, Prepared, timed

_CLIENTS = 10  # in a round


def contests() -> Iterator[Contest]:
    if is_installed("openai"):
        sides = {name: partial(timed, _prepare, name) for name in ("handed a transport", "with its own")}
        yield Contest("a client of the OpenAI SDK", _CLIENTS, sides, unit="ms")


def _prepare(name: str) -> Prepared:
    import openai

    from unspool.transports.transport import InUseTransport

    def make() -> object:
        if name == "with its own":
            return openai.OpenAI(api_key="any")
        http = openai.DefaultHttpxClient(transport=InUseTransport())
        return openai.OpenAI(api_key="any", http_client=http)

    return lambda: [make() for _ in range(_CLIENTS)]
