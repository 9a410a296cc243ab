"""What `.ci/run` checks, in parts and on every Python there is: `nox -s lint types imports`."""

from __future__ import annotations

from pathlib import Path

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
    """Mypy, strict; what the pages print and a user's file, with mypy and pyright."""
    _install(session)
    session.run("mypy", "--strict", "src", "pytest_plugin")
    session.run("pytest", "tests/test_types.py")


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
    session.install("cohere", "google-genai", "groq", "mistralai", "ollama")
    session.run("pytest", "tests/conformance", "--streams", folder, *options)


@nox.session
def drift(session: nox.Session) -> None:
    """What releases of SDKs lose of the recorded streams in a folder, after the tests of every reader."""
    if not session.posargs:
        session.error("Which recordings? Name their folder: nox -s drift -- FOLDER [--write]")
    _install(session)
    session.install("cohere", "google-genai", "groq", "mistralai", "ollama")
    session.run("pytest", "tests/drift")
    session.run("python", "-m", "tests.drift", *session.posargs)


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


OLDEST_TESTS = (
    "tests/cassette",
    "tests/client",
    "tests/providers",
    "tests/streaming",
    "tests/transports",
    "tests/test_client.py",
    "tests/test_fake.py",
)
"""What runs on the oldest versions: whatever calls other people's code."""

NOT_ON_THE_OLDEST = (
    # An old vcrpy drops what isn't its own when it serializes.
    "tests/cassette/test_file_format.py::test_vcrpys_own_metadata_is_kept",
    # An old OpenAI SDK refuses httpx2's clients.
    "tests/transports/test_breaker.py::test_an_sdk_s_own_retries_run",
    # An old botocore has no model of one of these streams.
    "tests/providers/bedrock/test_errors.py::test_the_statuses_are_those_of_botocore_s_models",
    # vcrpy's own matcher of bodies raises for broken JSON before 9.
    "tests/cassette/test_vcr_compat.py::test_a_name_means_what_it_means_to_vcrpy",
)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """The tests that matter, on the oldest version of everything that pyproject.toml says will do."""
    session.install("uv")
    session.run(
        *("uv", "pip", "install", "--resolution", "lowest-direct", "--editable", ".[all]"),
        *("aiohttp>=3.10", "requests>=2.32", "trio>=0.27", "h2>=4.1", "regex>=2024.5"),
        *("openai>=2", "anthropic>=0.70", "pytest>=9", "pytest-xdist>=3.6", "inline-snapshot>=0.28"),
        *("syrupy>=4.7", "pytest-asyncio>=1", "pytest-trio>=0.8", "pytest-recording>=0.13.4"),
        *("tornado>=6.5", "uvloop>=0.21", "pycurl>=7.45.6", "pyreqwest>=0.10"),
        *("curl_cffi>=0.13", "httpx-curl-cffi>=0.1.5"),
    )
    session.run(
        *("pytest", *(session.posargs or OLDEST_TESTS)),
        *(f"--deselect={test}" for test in NOT_ON_THE_OLDEST),
        # Old releases of vcrpy leave a socket to the garbage collector.
        *("-W", "ignore::pytest.PytestUnraisableExceptionWarning"),
    )


VCRPY = ("7.0.0", "8.5.0", "9.4.2")


@nox.session
@nox.parametrize("version", VCRPY)
def vcrpy(session: nox.Session, version: str) -> None:
    """Plain vcrpy, without Unspool, replays a cassette of ours: the oldest that can, and the newest."""
    _install(session)
    session.run("python", "-m", "tests.cassette.plain_vcrpy", version, *session.posargs)


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
    session.install("litellm==1.110.2", "mcp")
    session.run("python", "-m", "tests.litellm_bodies", *session.posargs)


@nox.session
def differential(session: nox.Session) -> None:
    """Our wrapper and builder beside LiteLLM's: `nox -s differential [-- --streams FOLDER]`."""
    _install(session)
    python = Path(session.create_tmp()) / "litellm" / "bin" / "python"
    session.run("python", "-m", "venv", str(python.parent.parent))
    session.run(str(python), "-m", "pip", "install", "--quiet", "litellm==1.110.2", external=True)
    session.run("python", "-m", "tests.differential", "--litellm", str(python), *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """The same scripted agent in every SDK and framework: docs/frameworks.md."""
    session.install("uv")
    session.run("python", "-m", "tests.frameworks", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """How fast, next to its peers in the same run."""
    _install(session)
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def secrets(session: nox.Session) -> None:
    """Every kind of secret in every place, split and encoded: the figures of docs/security.md."""
    _install(session)
    session.run("python", "-m", "tests.secret_matrix.matrix", *session.posargs)


@nox.session
def codings(session: nox.Session) -> None:
    """Bodies under brotli and zstd, with each package that decodes them, and bombs of both."""
    _install(session)
    session.install("brotli", "brotlicffi", "zstandard", "backports.zstd")
    session.run("pytest", "tests/cassette/test_content_coding.py", *session.posargs)


@nox.session
def agents(session: nox.Session) -> None:
    """Agents of pydantic-ai, langgraph, openai-agents and litellm under every fault: `nox -s agents`."""
    _install(session)
    session.run("python", "-m", "tests.agents", *session.posargs)


@nox.session
def coding_agents(session: nox.Session) -> None:
    """Coding agents from npm, scripted, recorded, replayed and broken; needs Node and Linux."""
    session.install("-e", ".[server]")
    session.run("python", "-m", "tests.coding_agents", *session.posargs)


@nox.session
def node(session: nox.Session) -> None:
    """SDKs for JavaScript, as npm has them today, against a server of scripts. It needs Node and npm."""
    _install(session)
    session.run("python", "-m", "tests.node", *session.posargs)


@nox.session
def torture(session: nox.Session) -> None:
    """Agents of the openai and anthropic SDKs under every scenario of the catalogue."""
    _install(session)
    session.run("pytest", "tests/plugin/test_agents.py", "--exhaustive", *session.posargs)


@nox.session
def properties(session: nox.Session) -> None:
    """Every property, over a thousand examples where a run of the tests takes forty."""
    _install(session)
    options = ("--properties", "--hypothesis-profile", "thorough", "-n", "auto", "--dist", "worksteal")
    session.run("pytest", *options, *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Which changes of the source no test notices: `nox -s mutation -- player --sample 50`."""
    _install(session)
    session.install("cosmic-ray==8.7.0")
    session.run("python", "-m", "tests.mutation", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """A server under 100,000 streams, slow clients and resets: `nox -s load [-- --part 0.1]`. Linux only."""
    _install(session)
    session.run("python", "-m", "tests.server.load", *session.posargs)
