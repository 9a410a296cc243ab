"""What a run of pytest is told: by options that begin with `--unspool-`, or by ini keys with `unspool_`."""

from __future__ import annotations

import os
from typing import Any

import pytest

RECORD_MODES = ("none", "once", "new_episodes", "all", "rewrite")

_HELP = {
    "record": "when to record: none, once (if there is no cassette yet; the default), new_episodes, all,"
    " rewrite. With CI in the environment nothing is recorded",
    "timing": "when recorded chunks come: instant (the default), recorded, or a factor such as 0.5. By"
    " default that is virtual time, for which nobody waits",
    "block_network": "nothing in this run may reach another machine, neither tests nor fixtures, imports or"
    " hooks, and nothing is recorded",
    "fail_on_unplayed": "a test fails if interactions of its cassette were not played",
    "report": "say at the end what was recorded and replayed, and which cassettes no test uses",
}
_FLAGS = ("block_network", "fail_on_unplayed", "report")


def add_options(parser: pytest.Parser) -> None:
    """Each option has an ini key of its name, which holds where the option isn't given."""
    group = parser.getgroup("unspool", "recorded and scripted LLM streams (Unspool)")
    for name, text in _HELP.items():
        option = f"--unspool-{name.replace('_', '-')}"
        aliases = [f"{option}-mode"] if name == "record" else []
        if name in _FLAGS:
            group.addoption(option, action="store_true", default=None, dest=f"unspool_{name}", help=text)
            parser.addini(f"unspool_{name}", text, type="bool", default=False)
        else:
            group.addoption(option, *aliases, metavar=name.upper(), dest=f"unspool_{name}", help=text)
            parser.addini(f"unspool_{name}", text, default=None)
    parser.addini("unspool_record_mode", "the same as unspool_record", default=None)
    parser.addini(
        "unspool_ignore_hosts",
        "hosts whose requests are neither recorded nor answered: names, addresses, networks",
        type="args",
        default=[],
    )
    parser.addini(
        "unspool_ignore_localhost",
        "requests to this machine are neither recorded nor answered",
        type="bool",
        default=False,
    )
    parser.addini(
        "unspool_alias_litellm",
        "`import litellm` is Unspool for the whole session, whether or not LiteLLM is installed",
        type="bool",
        default=False,
    )
    hosts = "what may be reached though the network is blocked, beside this machine: names, *.example.com,"
    hosts += " re:regular-expression, addresses, networks"
    group.addoption(
        "--unspool-allowed-hosts",
        metavar="HOSTS",
        dest="unspool_allowed_hosts",
        action="append",
        help=f"{hosts}; separated by commas, or given several times",
    )
    parser.addini(
        "unspool_allowed_hosts",
        hosts,
        type="args",
        default=[],
    )


def flag(config: pytest.Config, name: str) -> Any:
    """What the command line says; None if it doesn't."""
    return config.getoption(f"unspool_{name}")


def setting(config: pytest.Config, name: str) -> Any:
    """What the command line says, or else the ini file; None if neither does."""
    said = flag(config, name)
    if said is not None:
        return said
    if name == "record":
        return config.getini("unspool_record_mode") or config.getini("unspool_record") or None
    written = config.getini(f"unspool_{name}")
    return None if written == "" else written  # pytest 7 has no None for a key that isn't there


def allowed_hosts(config: pytest.Config) -> list[str]:
    """Return the hosts that the command line and the ini file allow, beside this machine."""
    given = getattr(config.known_args_namespace, "unspool_allowed_hosts", None) or ()
    named = [host.strip() for text in given for host in text.split(",")]
    return [*filter(None, named), *config.getini("unspool_allowed_hosts")]


def blocks_network(config: pytest.Config) -> bool:
    """Whether the whole run is kept from the network; known before the first conftest is loaded.

    A run that was started inside a closed block is, as are workers of pytest-xdist.
    """
    given = getattr(config.known_args_namespace, "unspool_block_network", None)
    inherited = "UNSPOOL_BLOCK_NETWORK" in os.environ
    return bool(config.getini("unspool_block_network") if given is None else given) or inherited


def check(config: pytest.Config) -> None:
    """Complain at once of what would otherwise come up in each test.

    Raises:
        UsageError: a mode or a timing that doesn't exist; or one that records, where nothing may be.
    """
    mode, timing = setting(config, "record"), setting(config, "timing")
    if mode is not None and mode not in RECORD_MODES:
        raise pytest.UsageError(
            f"expected --unspool-record to be one of {', '.join(RECORD_MODES)}; got {mode!r}"
        )
    if timing is not None:
        timing_of(timing)
    if flag(config, "block_network") and flag(config, "record") not in {None, "none"}:
        raise pytest.UsageError(
            f"--unspool-block-network and --unspool-record={mode} exclude each other: where the network is"
            " blocked nothing is recorded. Leave one of them out"
        )
    if is_ci() and flag(config, "record") not in {None, "none"}:
        raise pytest.UsageError(
            f"--unspool-record={mode} can't be had: with CI in the environment nothing is recorded."
            " Record on your machine, and commit the cassettes; or take CI out of the environment"
        )


def timing_of(text: str | float) -> str | float:
    """A timing as `use_cassette` takes it.

    Raises:
        UsageError: it's none.
    """
    if text in {"instant", "recorded"}:
        return text
    try:
        factor = float(text)
    except ValueError:
        factor = -1.0
    if not 0 <= factor < float("inf"):
        raise pytest.UsageError(
            f"expected --unspool-timing to be instant, recorded or a factor such as 0.5; got {text!r}"
        )
    return factor


def is_ci() -> bool:
    """Whether this is a machine on which nothing is recorded."""
    return bool(os.environ.get("CI"))
