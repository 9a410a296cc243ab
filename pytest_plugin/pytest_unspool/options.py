"""The options of a run of pytest, `--unspool-…`, and their ini keys, `unspool_…`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_unspool import settings

RECORD_MODES = ("none", "once", "new_episodes", "all", "rewrite")

_HELP = {
    "record": "when to record: none, once (if there is no cassette yet; the default), new_episodes, all,"
    " rewrite. With CI in the environment nothing is recorded",
    "timing": "when recorded chunks arrive: instant (the default), recorded, or a factor such as 0.5. By"
    " default in virtual time, so that no test waits",
    "block_network": "block the network for the whole run: tests, fixtures, imports and hooks reach only this"
    " machine, and nothing is recorded",
    "fail_on_unplayed": "fail a test if interactions of its cassette were not played",
    "misses": "write the requests without a recording to this file, for `unspool drift --misses`",
    "report": "report at the end what was recorded and replayed, and which cassettes no test uses",
}
_FLAGS = ("block_network", "fail_on_unplayed", "report")


def add_options(parser: pytest.Parser) -> None:
    """Add the options. Each has an ini key of its name, which applies if the option isn't given."""
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
        "hosts whose requests are neither recorded nor replayed: names, addresses, networks",
        type="args",
        default=[],
    )
    parser.addini(
        "unspool_ignore_localhost",
        "whether requests to this machine are neither recorded nor replayed",
        type="bool",
        default=False,
    )
    parser.addini(
        "unspool_alias_litellm",
        "make `import litellm` import Unspool for the whole session, whether or not LiteLLM is installed",
        type="bool",
        default=False,
    )
    hosts = "hosts to reach while the network is blocked, besides this machine: names, *.example.com,"
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
    """Return an option of the command line; None if it isn't given."""
    return config.getoption(f"unspool_{name}")


def setting(config: pytest.Config, name: str) -> Any:
    """Return an option of the command line, or else of the ini file; None if it's in neither."""
    given = flag(config, name)
    return setting_in_ini(config, name) if given is None else given


def setting_in_ini(config: pytest.Config, name: str) -> Any:
    """Return an ini key's value; None if it isn't there."""
    if name == "record":
        return config.getini("unspool_record_mode") or config.getini("unspool_record") or None
    written = config.getini(f"unspool_{name}")
    return None if written == "" else written  # pytest 7 has no None for a key that isn't there


def run_of(config: pytest.Config) -> settings.Run:
    """Return the settings of the run: the layers below and above a test's own."""
    from pytest_unspool import settings  # noqa: PLC0415 - only a test with a cassette needs it

    ini = {name: setting_in_ini(config, name) for name in ("record", "timing", "fail_on_unplayed")}
    return settings.Run(
        command_line={
            "record_mode": flag(config, "record"),
            "timing": flag(config, "timing"),
            "fail_on_unplayed": flag(config, "fail_on_unplayed"),
            "allowed_hosts": allowed_hosts(config),
        },
        ini={
            "record_mode": ini["record"],
            "timing": ini["timing"],
            "fail_on_unplayed": ini["fail_on_unplayed"] or None,
            "ignore_hosts": config.getini("unspool_ignore_hosts"),
            "ignore_localhost": config.getini("unspool_ignore_localhost") or None,
        },
        forbids_recording=settings.CI if is_ci() else settings.BLOCKED if blocks_network(config) else None,
    )


def allowed_hosts(config: pytest.Config) -> list[str]:
    """Return the hosts that the command line and the ini file allow, beside this machine."""
    given = getattr(config.known_args_namespace, "unspool_allowed_hosts", None) or ()
    named = [host.strip() for text in given for host in text.split(",")]
    return [*filter(None, named), *config.getini("unspool_allowed_hosts")]


def blocks_network(config: pytest.Config) -> bool:
    """Whether the network is blocked for the whole run; known before the first conftest is loaded.

    A run that was started inside a closed block is, as are workers of pytest-xdist.
    """
    given = getattr(config.known_args_namespace, "unspool_block_network", None)
    inherited = "UNSPOOL_BLOCK_NETWORK" in os.environ
    return bool(config.getini("unspool_block_network") if given is None else given) or inherited


def check(config: pytest.Config) -> None:
    """Check the options once, before they fail in each test.

    Raises:
        UsageError: there is no such mode or timing; or the mode records where recording is forbidden.
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
            f"--unspool-record={mode} has no effect: with CI in the environment nothing is recorded."
            " Record on your machine, and commit the cassettes; or take CI out of the environment"
        )


def timing_of(text: str | float) -> Any:
    """Return a timing as `use_cassette` takes it.

    Raises:
        UsageError: it isn't one.
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
