"""What `.ci/run` checks, in parts and on every Python there is: `nox -s lint types imports`."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lint", "types", "imports"]


def _install(session: nox.Session) -> None:
    session.install("-e", ".", "-r", "requirements-dev.txt")


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The tests; arguments go to pytest."""
    _install(session)
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's rules and its layout."""
    _install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    _install(session)
    session.run("mypy", "--strict", "src", "pytest_plugin")


@nox.session
def imports(session: nox.Session) -> None:
    """Who imports whom."""
    _install(session)
    session.run("lint-imports")


@nox.session
def conformance(session: nox.Session) -> None:
    """Every recorded stream in a folder of yours, read by us and by the providers' own SDKs."""
    if not session.posargs:
        session.error("Which recordings? Name their folder: nox -s conformance -- FOLDER")
    folder, *options = session.posargs
    _install(session)
    session.run("pytest", "tests/conformance", "--streams", folder, *options)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Every recorded stream in a folder of yours, broken by chance: `nox -s fuzz -- FOLDER --minutes 30`."""
    if not session.posargs:
        session.error("Which recordings? Name their folder: nox -s fuzz -- FOLDER [--minutes 30]")
    _install(session)
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def splits(session: nox.Session) -> None:
    """The streams in a folder of yours, their bytes cut in every way there is time for."""
    if not session.posargs:
        session.error("Which recordings? Name their folder: nox -s splits -- FOLDER")
    _install(session)
    session.run("python", "-m", "tests.conformance.splits", *session.posargs)


@nox.session
def plugin(session: nox.Session) -> None:
    """The pytest plugin on the oldest pytest and the newest, and beside other plugins."""
    _install(session)
    session.run("python", "-m", "tests.plugin", *session.posargs)


@nox.session
@nox.parametrize("version", ["1.110.2", "1.106.2", "1.81.15"])
def litellm(session: nox.Session, version: str) -> None:
    """Canned streams in litellm's own wrapper, on the releases between which it changed."""
    session.install("-e", ".[pytest]", f"litellm=={version}", "hypothesis", "trio")
    session.run("pytest", "tests/plugin/test_litellm_stream.py", *session.posargs)


@nox.session
def requests(session: nox.Session) -> None:
    """What is sent, next to what LiteLLM sends for the same calls."""
    _install(session)
    session.install("litellm==1.106.2", "mcp")
    session.run("python", "-m", "tests.litellm_bodies", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """How fast, next to its peers in the same run."""
    _install(session)
    session.run("python", "-m", "benchmarks", *session.posargs)
