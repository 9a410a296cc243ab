"""The plugin as such: what it says of itself, and of what it lacks."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["stream_wrapper", "looping_stream", "rebuilt", "unspool_cassette_dir"])
def test_a_fixture_says_what_it_is_for(pytester: pytest.Pytester, name: str) -> None:
    result = pytester.runpytest(
        "--fixtures", "-v", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:recording"
    )
    result.stdout.fnmatch_lines([f"{name} *-- *", "    [A-Z]*"], consecutive=True)


def test_without_litellm_its_wrapper_is_refused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        sitecustomize="""
        import importlib.util

        found = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "litellm" else found(name, *rest)
        """,
        test_downstream="def test_refused(stream_wrapper): stream_wrapper('a', implementation='litellm')",
    )
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    result = pytester.runpytest_subprocess("-p", "no:asyncio")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *ImportError: *needs litellm*pip install litellm*"])
