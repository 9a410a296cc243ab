"""The public names, and what it costs to get at them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import unspool


def run(code: str, **environment: str) -> str:
    env = {"PYTHONPATH": str(Path(unspool.__file__).parents[1]), **environment}
    return subprocess.run(
        [sys.executable, "-B", "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout


def test_all_is_sorted_and_complete() -> None:
    source = ast.parse(Path(unspool.__file__).read_text("utf-8"))
    block = next(node for node in source.body if isinstance(node, ast.If))
    declared = {
        alias.asname or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    settings = {
        "REPEATED_STREAMING_CHUNK_LIMIT",
        "callbacks",
        "custom_provider_map",
        "disable_streaming_logging",
        "drop_params",
        "failure_callback",
        "input_callback",
        "raise_on_incomplete",
        "success_callback",
    }
    assert set(unspool.__all__) == declared | settings
    assert unspool.__all__ == sorted(
        unspool.__all__, key=lambda name: (not name.isupper(), name.islower(), name)
    )


def test_every_public_name_is_there() -> None:
    assert set(unspool.__all__) <= set(dir(unspool))
    assert [name for name in unspool.__all__ if not hasattr(unspool, name)] == []


def test_a_name_comes_from_where_the_type_checker_thinks() -> None:
    source = ast.parse(Path(unspool.__file__).read_text("utf-8"))
    block = next(node for node in source.body if isinstance(node, ast.If))
    homes = {
        alias.name: node.module.removeprefix("unspool.")
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "unspool"
        for alias in node.names
    }
    assert homes == unspool._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'unspool' has no attribute 'nope'"):
        _ = unspool.nope


def test_it_knows_its_version() -> None:
    assert unspool.__version__ == "0.1.0"


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"anyio", "asyncio", "httpx", "httpx2", "pydantic", "pytest", "vcr", "yaml"}
    assert run(f"import sys, unspool; print(*{heavy} & set(sys.modules))").split() == []


def test_the_wrapper_needs_neither_a_client_nor_cassettes() -> None:
    heavy = {"httpx", "httpx2", "pytest", "vcr", "yaml"}
    assert (
        run(
            f"import sys; from unspool import CustomStreamWrapper; print(*{heavy} & set(sys.modules))"
        ).split()
        == []
    )


def test_a_cassette_in_use_needs_no_models() -> None:
    code = "import sys; from unspool import use_cassette; print('unspool.models' in sys.modules)"
    assert run(code) == "False\n"


def test_the_limit_may_come_from_the_environment() -> None:
    code = "import unspool; print(unspool.REPEATED_STREAMING_CHUNK_LIMIT)"
    assert run(code, REPEATED_STREAMING_CHUNK_LIMIT="7") == "7\n"
    assert run(code) == "100\n"


@pytest.mark.parametrize("wrong", ["", "abc", "5.0", "0", "-1"])
def test_a_wrong_limit_in_the_environment_is_named_at_once(wrong: str) -> None:
    code = "try: import unspool\nexcept ValueError as error: print(error)"
    assert "REPEATED_STREAMING_CHUNK_LIMIT to be a whole number from 1, got" in run(
        code, REPEATED_STREAMING_CHUNK_LIMIT=wrong
    )


@pytest.mark.parametrize("name", ["strategies", "verdict"])
def test_packages_that_the_reference_names_are_attributes(name: str) -> None:
    code = f"import unspool; print(unspool.{name}.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"unspool.{name}"
