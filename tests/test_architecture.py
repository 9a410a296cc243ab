"""The rules of the house that import-linter can't hold: it checks the layers, this the purity.

import-linter wants every module of a contract to exist and forgives no type-checking import; here the
syntax trees are read, so that a module which is still to come is checked from its first line on.
"""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "unspool"
PLUGIN = ROOT / "pytest_plugin" / "pytest_unspool"

PURE = (
    "headers",
    "builder",
    "cassette.conversation",
    "convert",
    "cassette.other_recorders",
    "cassette.difference",
    "cassette.content_coding",
    "cassette.vcr_format",
    "cassette.failures",
    "cassette.held_text",
    "cassette.ignore_paths",
    "cassette.journal_lines",
    "cassette.match",
    "cassette.miss_advice",
    "cassette.model",
    "cassette.outcomes",
    "cassette.boundaries",
    "cassette.player",
    "cassette.channels",
    "cassette.known_values",
    "cassette.secret_names",
    "cassette.stand_ins",
    "cassette.redact",
    "cassette.body",
    "cassette.request_headers",
    "cassette.rules",
    "cassette.secrets",
    "cassette.recording",
    "chunk_makers",
    "counts",
    "moved",
    "error_mapping",
    "errors",
    "faults",
    "graphemes",
    "guards",
    "joins",
    "models",
    "pipeline",
    "providers",
    "streaming.compact",
    "streaming.core",
    "streaming.items",
    "streaming.owned",
    "script.choose",
    "script.code",
    "script.echo",
    "script.encode",
    "script.schema",
    "script.seen",
    "script.side",
    "script.turns",
    "script.wanted",
    "script.when",
    "tokens",
    "verdict.judge",
    "verdict.log",
    "verdict.reading",
    "verdict.verdict",
    "wire",
)
"""Modules and packages that do no input or output and don't know what time it is."""

CLOCKS_AND_LOOPS = {"anyio", "asyncio", "threading", "time", "trio"}
FILES_AND_SOCKETS = {"httpx", "httpx2", "pathlib", "socket", "vcr", "yaml"}
IMPURE = CLOCKS_AND_LOOPS | FILES_AND_SOCKETS | {"pytest"}


def files_of(name: str) -> list[Path]:
    """The file of a module, or all the files of a package; none if it's still to come."""
    path = SOURCE.joinpath(*name.split("."))
    module = path.with_suffix(".py")
    return [module] if module.exists() else sorted(path.rglob("*.py"))


def imports_of(tree: ast.AST) -> Iterator[str]:
    """The full names of what is imported anywhere in it, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_pure(imported: str) -> bool:
    """Whether a module of ours is one of the pure ones."""
    return any(f"{imported}.".startswith(f"unspool.{name}.") for name in PURE)


PURE_FILES = [path for name in PURE for path in files_of(name)]


def test_there_are_pure_modules() -> None:
    assert SOURCE / "wire" / "event.py" in PURE_FILES


@pytest.fixture(scope="module")
def imported_by_pure_files() -> list[tuple[str, str]]:
    """Each pure file with each name that it imports."""
    return [
        (path.relative_to(SOURCE).as_posix(), name)
        for path in PURE_FILES
        for name in sorted(set(imports_of(ast.parse(path.read_text("utf-8")))))
    ]


def test_a_pure_module_knows_no_socket_and_no_clock(imported_by_pure_files: list[tuple[str, str]]) -> None:
    assert [one for one in imported_by_pure_files if one[1].partition(".")[0] in IMPURE] == []


def test_a_pure_module_leans_on_pure_modules_only(imported_by_pure_files: list[tuple[str, str]]) -> None:
    ours = [one for one in imported_by_pure_files if one[1].startswith("unspool.")]

    assert [one for one in ours if not is_pure(one[1])] == []


def test_loading_the_plugin_loads_nothing_heavy() -> None:
    heavy = {"httpx", "httpx2", "pydantic", "unspool", "vcr"}
    code = f"import sys, pytest_unspool.plugin; print(*{heavy} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={"PYTHONPATH": str(PLUGIN.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == []


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {name_of(line) for line in project["dependencies"]}
    declared |= {name_of(line) for extra in project["optional-dependencies"].values() for line in extra}

    assert {name for name in distributions_imported() if name not in declared} == set()


def name_of(requirement: str) -> str:
    """The normalised name in a requirement, without its extras, versions and markers."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def distributions_imported() -> set[str]:
    """The distributions that our packages import, in functions too; our own is not among them."""
    paths = [*SOURCE.rglob("*.py"), *PLUGIN.rglob("*.py")]
    imported = {name for path in paths for name in imports_of(ast.parse(path.read_text("utf-8")))}
    outside = (
        {name.partition(".")[0] for name in imported}
        - sys.stdlib_module_names
        - {"unspool", "pytest_unspool"}
    )
    installed = packages_distributions()
    found = {name_of(dist) for name in outside for dist in installed.get(name, [name])}
    return found - {"pydantic-core"}  # pydantic pins it exactly: the two are one


@pytest.mark.parametrize("package", [SOURCE, PLUGIN], ids=lambda path: path.name)
def test_a_package_says_that_it_is_typed(package: Path) -> None:
    assert (package / "py.typed").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "api.openai.com", "2001:db8::1"])
def test_a_test_reaches_no_other_machine(host: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="tests may only talk to this machine"):
        socket.create_connection((host, 443), timeout=1)


NUMBERED = re.compile(
    r"\b[Dd]ecisions? D?\d|\(D\d|\b[Cc]ontract, (?:section )?[a-d][,):]|\bsection [a-d]\b|§"
)


def test_no_text_speaks_of_decisions_and_sections_by_number() -> None:
    """A reader has no list of them: what is meant stands there."""
    places = [(SOURCE, "*.py"), (PLUGIN, "*.py"), (ROOT / "docs", "*.md"), (ROOT / "examples", "*.md")]
    found = [
        f"{path}:{number}"
        for folder, pattern in places
        for path in folder.rglob(pattern)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if NUMBERED.search(line)
    ]

    assert found == []
