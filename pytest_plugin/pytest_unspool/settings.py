"""The settings of a test's cassette: of the command line, marker, project, ini file or default.

`resolve` is a pure function from these layers to one frozen value, which also has each setting's source. The
command line takes precedence over the marker, the marker over the fixture `unspool_config`, the fixture over
the ini file, and the ini file over the default. The exceptions:

- A marker's `record_mode="none"` can't be overridden. In CI, in a blocked network and under a fault nothing
  is recorded either.
- Hosts add up: those of the command line and of the ini file join those of the marker or the project.
- None on a marker hides the project's value, and stands for the ini file's or the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

COMMAND_LINE = "the command line"
MARKER = "the marker"
PROJECT = "unspool_config"
INI = "the ini file"
DEFAULT = "the default"
FAULT = "a fault"
CI = "CI in the environment"
BLOCKED = "a blocked network"

_OWN = frozenset(
    {
        "allowed_hosts",
        "fail_on_unplayed",
        "ignore_hosts",
        "ignore_localhost",
        "real_time",
        "record_mode",
        "timing",
    }
)


@dataclass(frozen=True, slots=True)
class Run:
    """The settings of a whole run of pytest.

    Attributes:
        command_line: the values of options, by the names of settings; None for an option that isn't given.
        ini: the values of ini keys; None for a key that isn't there.
        forbids_recording: why nothing may be recorded; None if recording is allowed.
    """

    command_line: Mapping[str, Any] = field(default_factory=dict)
    ini: Mapping[str, Any] = field(default_factory=dict)
    forbids_recording: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a test's cassette.

    Attributes:
        record_mode: when to record; None for `use_cassette`'s default.
        timing: `instant`, `recorded` or a factor.
        fail_on_unplayed: whether unplayed interactions fail the test.
        real_time: whether pauses take real time.
        allowed_hosts: the hosts that other sockets may reach; None for the default, which is this machine.
        more_hosts: hosts that the whole run allows besides.
        ignore_hosts: hosts whose requests are neither recorded nor answered.
        ignore_localhost: whether requests to this machine are ignored, too.
        options: all other options, for `use_cassette`, and the cassette's `name`.
        sources: where each setting comes from, by name. It contains also options that are None.
    """

    record_mode: str | None
    timing: Any
    fail_on_unplayed: bool
    real_time: bool
    allowed_hosts: frozenset[str] | None
    more_hosts: frozenset[str]
    ignore_hosts: frozenset[str]
    ignore_localhost: bool
    options: Mapping[str, Any]
    sources: Mapping[str, str]

    def without_recording(self) -> Settings:
        """Return these settings for a test under a fault: broken responses aren't recorded."""
        return replace(self, record_mode="none", sources={**self.sources, "record_mode": FAULT})

    def at_recorded_times(self) -> Settings:
        """Return these settings for a test under a fault, whose pauses count only where time passes.

        The command line, the marker and the project take precedence.
        """
        if self.sources["timing"] not in {INI, DEFAULT}:
            return self
        return replace(self, timing="recorded", sources={**self.sources, "timing": FAULT})

    def __str__(self) -> str:
        """Describe the settings that aren't defaults, each with its source."""
        values = {name: getattr(self, name) for name in ("record_mode", "timing", "fail_on_unplayed")}
        values |= {"real_time": self.real_time, **self.options}
        return ", ".join(
            f"{name}={value!r} ({self.sources[name]})"
            for name, value in values.items()
            if self.sources.get(name, DEFAULT) != DEFAULT
        )


def resolve(marker: Mapping[str, Any], project: Mapping[str, Any], run: Run) -> Settings:
    """Resolve the settings of a test's cassette.

    Args:
        marker: the options of the test's markers, or of a cassette in a fixture.
        project: the options of the fixture `unspool_config`.
        run: the command line and the ini file.
    """
    nearest = {**dict.fromkeys(project, PROJECT), **dict.fromkeys(marker, MARKER)}
    given = {**project, **marker}
    sources = dict(nearest)

    def chosen(name: str, default: Any = None) -> Any:
        layers = (
            (COMMAND_LINE, run.command_line.get(name)),
            (nearest.get(name, ""), given.get(name)),
            (INI, run.ini.get(name)),
            (DEFAULT, default),
        )
        sources[name], value = next((layer for layer in layers if layer[1] is not None), layers[-1])
        return value

    has_fault = given.get("fault") is not None
    record_mode = _word(chosen("record_mode"))
    if reason := run.forbids_recording or (FAULT if has_fault else None):
        record_mode, sources["record_mode"] = "none", reason
    elif _word(given.get("record_mode")) == "none":
        record_mode, sources["record_mode"] = "none", nearest["record_mode"]
    allowed = given.get("allowed_hosts")
    return Settings(
        record_mode=record_mode,
        timing=chosen("timing", "recorded" if has_fault else "instant"),
        fail_on_unplayed=bool(chosen("fail_on_unplayed")),
        real_time=bool(chosen("real_time")),
        allowed_hosts=None if allowed is None else frozenset(allowed),
        more_hosts=frozenset(
            (*_listed(run.command_line, "allowed_hosts"), *_listed(run.ini, "allowed_hosts"))
        ),
        ignore_hosts=frozenset((*_listed(given, "ignore_hosts"), *_listed(run.ini, "ignore_hosts"))),
        ignore_localhost=bool(chosen("ignore_localhost")),
        options={name: value for name, value in given.items() if name not in _OWN and value is not None},
        sources=sources,
    )


def _listed(values: Mapping[str, Any], name: str) -> Any:
    return values.get(name) or ()


def _word(mode: Any) -> Any:
    """Return a mode's word: vcrpy's modes are members of an enum."""
    return getattr(mode, "value", mode)
